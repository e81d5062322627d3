//! The arguments of `sparring image`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `sparring image`
#[derive(Debug, Subcommand)]
pub(crate) enum Image {
    /// Train a generator of pictures; goes on from the checkpoint in --out if there is one.
    Train(Box<ImageTrain>),
    /// Draw pictures with a trained generator.
    Sample(ImageSample),
    /// Compare generated pictures with real ones: likeness, variety, copies.
    Score(ImageScore),
}

/// How pictures are read.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Reading")]
pub(crate) struct ReadingPictures {
    /// Bring all pictures to squares of this side: 28, 32 or 64.
    #[arg(long, value_name = "SIDE")]
    pub(crate) resize: Option<usize>,
    /// Read the first N pictures only.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Make N colour pictures, the colours of each three of the grey ones drawn by lot: their modes, all
    /// triples of classes, are counted by `image score`.
    #[arg(long, value_name = "N")]
    pub(crate) stacked: Option<usize>,
}

/// Which encoder turns sentences into vectors.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Words")]
pub(crate) struct Encoding {
    /// Folder of a sentence encoder of the BERT family (config.json, tokenizer.json, model.safetensors)
    /// [default: a small English one that is built in].
    #[arg(long, value_name = "DIR")]
    pub(crate) encoder: Option<PathBuf>,
}

/// Networks and losses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RecipeName {
    /// DCGAN with batch norm and the non-saturating loss.
    Reference,
    /// Relativistic pairing with R1 and R2, no batch statistics, an average of the generator.
    Modern,
}

/// Whether the critic sees changed pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Augment {
    /// If there are fewer than 5,000 pictures.
    Auto,
    /// Yes.
    On,
    /// No.
    Off,
}

/// `sparring image train`
#[derive(Debug, Args)]
pub(crate) struct ImageTrain {
    /// The pictures: an IDX file, a folder of PNG or JPEG files (sub-folders are classes), or one of
    /// mnist, fashion-mnist, quickdraw-cat.
    #[arg(long, value_name = "D")]
    pub(crate) data: String,
    /// Folder for the checkpoint, sheets of pictures and report.html.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Networks and losses.
    #[arg(long, value_enum, default_value = "modern")]
    pub(crate) recipe: RecipeName,
    /// Tell both networks the classes, so that single classes can be drawn.
    #[arg(long, group = "told")]
    pub(crate) conditional: bool,
    /// Tell them sentences, so that `imagine` draws from words: a CSV file with the columns class (a
    /// sub-folder or a number) or picture (a file or a number), and caption; or the built-in ones of
    /// fashion-mnist or mnist.
    #[arg(long, value_name = "FILE", group = "told")]
    pub(crate) captions: Option<String>,
    /// Tell them whom an item would please, so that `imagine` draws for a history: the folder of an ials
    /// model whose items the pictures are named after.
    #[arg(long, value_name = "DIR", group = "told")]
    pub(crate) taste: Option<PathBuf>,
    /// Tell them nothing but which of N groups of pictures that look alike, found before training; 0 for
    /// nothing at all [default: 32, or 0 for the reference].
    #[arg(long, value_name = "N", group = "told")]
    pub(crate) groups: Option<usize>,
    /// Passes over the pictures.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) epochs: usize,
    /// Pictures of a step.
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub(crate) batch_size: usize,
    /// Channels at full size, twice as many at each lower resolution [default: 16, or 32 for the
    /// reference].
    #[arg(long, value_name = "N")]
    pub(crate) width: Option<usize>,
    /// Numbers of noise a picture [default: 64, or 100 for the reference].
    #[arg(long, value_name = "N")]
    pub(crate) noise_dim: Option<usize>,
    /// Weight of R1 and R2 at the beginning; falls to a tenth [default: 1, or 0 for the reference].
    #[arg(long, value_name = "W", allow_negative_numbers = true)]
    pub(crate) penalty: Option<f32>,
    /// The generator's learning rate at the beginning [default: 0.0005, or 0.0002 for the reference].
    #[arg(long, value_name = "R", allow_negative_numbers = true)]
    pub(crate) learning_rate: Option<f32>,
    /// The critic's [default: 0.001, or 0.0002 for the reference].
    #[arg(long, value_name = "R", allow_negative_numbers = true)]
    pub(crate) discriminator_learning_rate: Option<f32>,
    /// Whether the critic sees pictures moved and with holes, which helps where they are few.
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) augment: Augment,
    /// Let training treat what its health panel finds.
    #[arg(long)]
    pub(crate) auto: bool,
    #[command(flatten)]
    pub(crate) encoding: Encoding,
    #[command(flatten)]
    pub(crate) reading: ReadingPictures,
}

/// `sparring image sample`
#[derive(Debug, Args)]
pub(crate) struct ImageSample {
    /// Folder of a trained generator.
    #[arg(long, value_name = "DIR")]
    pub(crate) model: PathBuf,
    /// Number of pictures.
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub(crate) n: usize,
    /// Draw this class only.
    #[arg(long, value_name = "N")]
    pub(crate) class: Option<u32>,
    /// A PNG file for one sheet, or a folder for a PNG file each.
    #[arg(long, value_name = "PATH")]
    pub(crate) out: PathBuf,
}

/// `sparring image score`
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["model", "pictures"])))]
pub(crate) struct ImageScore {
    /// The real pictures, as for `image train`.
    #[arg(long, value_name = "D")]
    pub(crate) real: String,
    /// Folder of a trained generator.
    #[arg(long, value_name = "DIR")]
    pub(crate) model: Option<PathBuf>,
    /// Generated pictures in files, instead of a generator.
    #[arg(long, value_name = "D")]
    pub(crate) pictures: Option<String>,
    /// Pictures on each side of the comparison, at most; never more than half of the real ones.
    #[arg(long, value_name = "N", default_value_t = 5000)]
    pub(crate) n: usize,
    /// Draw from prompts that training has not seen, and count how many pictures show what was asked for
    /// by a classifier of the real ones: a CSV file with class and caption, or fashion-mnist or mnist.
    #[arg(long, value_name = "FILE", requires = "model")]
    pub(crate) prompts: Option<String>,
    /// Pictures of each prompt.
    #[arg(long, value_name = "N", default_value_t = 100, requires = "prompts")]
    pub(crate) each: usize,
    /// Pictures drawn for each of a prompt that is kept, as for `imagine`.
    #[arg(long, value_name = "N", default_value_t = 4, requires = "prompts")]
    pub(crate) candidates: usize,
    #[command(flatten)]
    pub(crate) encoding: Encoding,
    /// Folder for score.json and copies.png: pictures over the nearest real ones.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: ReadingPictures,
}

/// `sparring imagine`
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("asked").required(true).args(["text", "history"])))]
pub(crate) struct Imagine {
    /// Folder of a generator trained with --captions or --taste.
    #[arg(long, value_name = "DIR")]
    pub(crate) model: PathBuf,
    /// What the pictures shall show.
    #[arg(long, value_name = "WORDS")]
    pub(crate) text: Option<String>,
    /// Items that a user has had: draws what this user would like.
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "ITEM,ITEM",
        requires = "taste"
    )]
    pub(crate) history: Vec<String>,
    /// Folder of the recommender that the generator was trained with.
    #[arg(long, value_name = "DIR")]
    pub(crate) taste: Option<PathBuf>,
    /// Number of pictures.
    #[arg(short, long, value_name = "N", default_value_t = 8)]
    pub(crate) n: usize,
    /// Pictures drawn for each that is kept: the critic keeps those that fit best.
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub(crate) candidates: usize,
    #[command(flatten)]
    pub(crate) encoding: Encoding,
    /// A PNG file for one sheet, or a folder for a PNG file each.
    #[arg(long, value_name = "PATH")]
    pub(crate) out: PathBuf,
}
