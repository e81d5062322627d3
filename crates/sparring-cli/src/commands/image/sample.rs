//! `sparring image sample`: pictures of a trained generator as PNG.

use std::path::Path;

use sparring::data::write_atomically;
use sparring_pictures::{Pictures, Saved, grid};

use crate::context::Context;
use crate::failure::WrongUse;
use crate::image_args::ImageSample;

/// Pictures in a row of a sheet.
const COLUMNS: usize = 8;
/// Pictures of one sheet at most.
const SHEET: usize = 10_000;

/// Draws pictures, on one sheet or in a file each.
pub(crate) fn run(context: &Context, args: &ImageSample) -> anyhow::Result<()> {
    if args.n == 0 {
        return Err(WrongUse {
            finding: "--n 0: there is nothing to draw".to_owned(),
            hint: "give 1 or more",
        }
        .into());
    }
    let saved = Saved::load(&args.model)?;
    let pictures = saved.sample(args.n, args.class, context.seed())?;
    write(context, &pictures, &args.out)
}

/// Writes pictures on one sheet if the path ends in `.png`, else into a folder, a file each.
pub(crate) fn write(context: &Context, pictures: &Pictures, out: &Path) -> anyhow::Result<()> {
    let one = out.extension().is_some_and(|end| end == "png");
    if one && pictures.len() > SHEET {
        return Err(WrongUse {
            finding: format!("{} pictures: a sheet holds {SHEET}", pictures.len()),
            hint: "give a folder instead of a PNG file",
        }
        .into());
    }
    if one {
        let sheet = grid(&pictures.bytes, pictures.shape, COLUMNS, 2);
        write_atomically(out, &sheet.to_png())?;
    } else {
        for at in 0..pictures.len() {
            let path = out.join(format!("{at:06}.png"));
            write_atomically(&path, &pictures.png(at))?;
        }
    }
    context.out.line(format!(
        "{} pictures ({}) in {}",
        pictures.len(),
        pictures.kind(),
        out.display()
    ));
    context
        .out
        .json(&serde_json::json!({ "pictures": pictures.len(), "out": out }))
}
