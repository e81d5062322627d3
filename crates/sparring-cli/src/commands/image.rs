//! `sparring image`: one file a sub-command.

pub(crate) mod sample;
mod score;
mod train;

use crate::context::Context;
use crate::image_args::{Image, ReadingPictures};
use sparring_pictures::ReadOptions;

/// Runs a sub-command.
pub(crate) fn run(context: &Context, image: &Image) -> anyhow::Result<()> {
    match image {
        Image::Train(args) => train::run(context, args),
        Image::Sample(args) => sample::run(context, args),
        Image::Score(args) => score::run(context, args),
    }
}

fn options(reading: &ReadingPictures) -> ReadOptions {
    ReadOptions {
        resize: reading.resize,
        limit: reading.limit,
        stacked: reading.stacked,
    }
}
