//! `sparring image train`: a generator of pictures in a folder.

use std::time::Instant;

use sparring::artifact::Artifact;
use sparring::experiment::Audience;
use sparring::gan::{Annealing, Schedule, Stopped};
use sparring::recommend::Run;
use sparring_pictures::{
    Augmentation, Captions, PictureConfig, Pictures, Recipe, Session, Told, names, read,
};
use sparring_words::Encoder;

use super::options;
use crate::commands::imagine::taste;
use crate::context::Context;
use crate::image_args::{Augment, ImageTrain, RecipeName};

/// Trains, or goes on with a training that was stopped.
pub(crate) fn run(context: &Context, args: &ImageTrain) -> anyhow::Result<()> {
    let pictures = read(&args.data, &context.cache, options(&args.reading))?;
    let (pictures, told) = told(context, args, pictures)?;
    let session = Session {
        config: settings(args),
        pictures: &pictures,
        told: told.as_ref(),
        name: &args.data,
        folder: &args.out,
    };
    context.bars.stage(&format!("train on {}", args.data));
    let start = Instant::now();
    let outcome = session.run(&Run {
        observer: &context.bars,
        ..Run::quiet(context.seed(), &context.cancel)
    })?;
    let secs = start.elapsed().as_secs_f64();
    context.bars.clear();
    let done = outcome.epochs - outcome.resumed_from;
    if outcome.stopped == Stopped::Request {
        context
            .out
            .note("stopped on request: the same command goes on from the last whole epoch");
    }
    context.out.line(format!(
        "{} epochs of {} pictures ({}) in {secs:.0} s, {:.0} pictures a second; in {}",
        outcome.epochs,
        outcome.rows,
        pictures.kind(),
        (done * outcome.rows) as f64 / secs.max(1e-9),
        args.out.display()
    ));
    if outcome.groups > 0 {
        context.out.line(format!(
            "both networks were told which of {} groups of pictures that look alike",
            outcome.groups
        ));
    }
    if outcome.resumed_from > 0 {
        context
            .out
            .line(format!("{} of them were done before", outcome.resumed_from));
    }
    if let Some(health) = &outcome.health {
        context.out.line(format!(
            "health of the adversarial training: {}",
            health.verdict
        ));
    }
    context.out.json(&serde_json::json!({
        "data": args.data, "out": args.out, "epochs": outcome.epochs, "pictures": outcome.rows,
        "groups": outcome.groups,
        "resumed_from": outcome.resumed_from, "secs": secs,
        "stopped": outcome.stopped == Stopped::Request,
        "health": outcome.health, "applied": outcome.applied,
    }))
}

/// What both networks are told, and the pictures of which something can be.
fn told(
    context: &Context,
    args: &ImageTrain,
    pictures: Pictures,
) -> anyhow::Result<(Pictures, Option<Told>)> {
    if args.conditional {
        let told = Told::classes(&pictures, &args.data)?;
        return Ok((pictures, Some(told)));
    }
    if let Some(file) = &args.captions {
        let names = names(&args.data, &context.cache, &pictures)?;
        let captions = Captions::read(file, &names)?;
        context.bars.stage("the encoder of sentences");
        let encoder = Encoder::open(args.encoding.encoder.as_deref())?;
        let vectors = encoder.encode(&captions.texts)?;
        let told = captions.told(&vectors, encoder.name(), &pictures)?;
        return Ok((pictures, Some(told)));
    }
    if let Some(folder) = &args.taste {
        let artifact = Artifact::load(folder)?;
        let names = names(&args.data, &context.cache, &pictures)?;
        let (which, told) = taste(&artifact)?.told(&names.pictures)?;
        let without = pictures.len() - which.len();
        if without > 0 {
            context.out.note(format!(
                "{without} of {} pictures are left out: nobody has had the item, or it is not of the model",
                pictures.len()
            ));
        }
        return Ok((pictures.some(&which), Some(told)));
    }
    Ok((pictures, None))
}

/// The settings of the recipe with what the command line says.
fn settings(args: &ImageTrain) -> PictureConfig {
    let mut config = PictureConfig::of(match args.recipe {
        RecipeName::Reference => Recipe::Reference,
        RecipeName::Modern => Recipe::Modern,
    });
    config.width = args.width.unwrap_or(config.width);
    config.noise_dim = args.noise_dim.unwrap_or(config.noise_dim);
    config.groups = args.groups.unwrap_or(config.groups);
    let scaled = |schedule: &mut Schedule, from: Option<f32>| {
        if let Some(from) = from {
            let constant = schedule.annealing == Annealing::Constant;
            schedule.to = if constant { from } else { from / 10.0 };
            schedule.from = from;
        }
    };
    scaled(&mut config.penalty, args.penalty);
    scaled(&mut config.learning_rate, args.learning_rate);
    let critic = &mut config.discriminator_learning_rate;
    scaled(critic, args.discriminator_learning_rate);
    config.augmentation = match args.augment {
        // The reference is what it is in the paper unless told otherwise.
        Augment::Auto => config.augmentation,
        Augment::On => Augmentation::On,
        Augment::Off => Augmentation::Off,
    };
    config.bout.epochs = args.epochs;
    config.bout.batch_size = args.batch_size;
    config.bout.auto = args.auto;
    config
}
