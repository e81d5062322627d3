//! `sparring imagine`: pictures from words, or of what a user would like.

use sparring::artifact::Artifact;
use sparring::data::ItemIx;
use sparring_pictures::{Kind, PictureError, Saved, Table, Taste};
use sparring_wide::Matrix;
use sparring_words::Encoder;

use super::image::sample::write;
use super::load;
use crate::cli::{Encoding, Imagine};
use crate::context::Context;
use crate::failure::WrongUse;

/// Items whose places stand for what a user would like.
const LIKED: usize = 20;

/// Draws what was asked for.
pub(crate) fn run(context: &Context, args: &Imagine) -> anyhow::Result<()> {
    if args.n == 0 || args.candidates == 0 {
        return Err(WrongUse {
            finding: "-n and --candidates: there is nothing to draw".to_owned(),
            hint: "give 1 or more",
        }
        .into());
    }
    let saved = Saved::load(&args.model)?;
    let kind = saved.table.as_ref().map(|table: &Table| &table.kind);
    let vectors = match &args.text {
        Some(text) => said(context, kind, (&args.encoding, &[text.as_str()]))?,
        None => liked(kind, args)?,
    };
    let pictures = saved.imagine(&vectors, (args.n, args.candidates), context.seed())?;
    write(context, &pictures, &args.out)
}

/// The vectors of texts, for a generator that was told sentences under the same encoder.
pub(crate) fn said(
    context: &Context,
    kind: Option<&Kind>,
    (encoding, texts): (&Encoding, &[&str]),
) -> anyhow::Result<Matrix> {
    let Some(Kind::Words { encoder: wanted }) = kind else {
        return Err(WrongUse {
            finding: "this generator was not told sentences".to_owned(),
            hint: "train one with `sparring image train --captions`",
        }
        .into());
    };
    let encoder = Encoder::open(encoding.encoder.as_deref())?;
    if encoder.name() != wanted {
        return Err(PictureError::Classes {
            finding: format!(
                "this generator was told sentences under the encoder {wanted}, not {}",
                encoder.name()
            ),
        }
        .into());
    }
    for doubt in texts.iter().filter_map(|text| encoder.doubt(text)) {
        context.out.note(doubt);
    }
    Ok(encoder.encode(texts)?)
}

/// The places of items that a new user would like.
fn liked(kind: Option<&Kind>, args: &Imagine) -> anyhow::Result<Matrix> {
    let folder = args.taste.as_ref().expect("--history requires --taste");
    let artifact = Artifact::load(folder)?;
    let taste = taste(&artifact)?;
    if kind != Some(&taste.kind()) {
        return Err(WrongUse {
            finding: "this generator was not told the items of that recommender".to_owned(),
            hint: "give the folder that `sparring image train --taste` was given, unchanged",
        }
        .into());
    }
    let history: Vec<ItemIx> = load::history(&artifact, &args.history)?;
    Ok(taste.wanted(&history, LIKED)?)
}

/// The places of the items of a model that has some.
pub(crate) fn taste(artifact: &Artifact) -> Result<Taste<'_>, WrongUse> {
    let model = artifact.model.factored().ok_or_else(|| WrongUse {
        finding: format!("{}: its items have no places", artifact.config.name()),
        hint: "train a model of factors: `sparring train --model ials`",
    })?;
    Ok(Taste {
        model,
        items: &artifact.items,
    })
}
