//! The command line, from which the help, the completions and the man page are made too.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand};

pub(crate) use crate::audit_args::Audit;
pub(crate) use crate::data_args::{Data, SimulateArgs, SplitArgs, ThinArgs};
pub(crate) use crate::image_args::{Encoding, Image, Imagine};
pub(crate) use crate::predict_args::Predict;
pub(crate) use crate::privacy_args::Privacy;
use crate::release_args::ReleaseArgs;
pub(crate) use crate::serve_args::Serve;
pub(crate) use crate::simulate_args::Simulate;
use crate::whose_args::Whose;

/// Generative adversarial networks for recommender systems, beside tuned baselines.
#[derive(Debug, Parser)]
#[command(
    name = "sparring",
    version,
    propagate_version = true,
    arg_required_else_help = true
)]
#[command(after_help = "Exit codes: 0 done, 1 failed, 2 wrong use.\n\
    A data argument is a named set (ml-100k, planted), a file or a folder.")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// Settings from a TOML file.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// One setting over those of the file, for example model.ease.l2=200.
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Seed of everything random [default: 1].
    #[arg(long, global = true, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Number of threads [default: all cores]; changes no number.
    #[arg(long, global = true, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// What one fit may take, such as 8GiB or 500MiB [default: what the system can give]; models
    /// in closed form give way to it or refuse.
    #[arg(long, global = true, value_name = "SIZE")]
    pub(crate) memory: Option<String>,
    /// Where dense layers of deep models are trained: cpu, and wgpu or cuda where they are built in
    /// [default: cpu].
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) device: Option<String>,
    /// Print one JSON document on stdout and nothing else there.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say less: no progress, no notes.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Say more; twice for everything.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Where fetched data sets are kept [default: the user's cache folder].
    #[arg(long, global = true, env = "SPARRING_DATA", value_name = "DIR")]
    pub(crate) cache: Option<PathBuf>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The whole tour on real data: baselines and adversarial models, a leaderboard, recommendations.
    Playground(Playground),
    /// Look at data, fetch named sets, split a log.
    #[command(subcommand)]
    Data(Data),
    /// Fit one model and save it.
    Train(Train),
    /// Measure a saved model on a test part.
    Evaluate(Evaluate),
    /// Fit several models, tuned with the same budget, and rank them with intervals.
    Compare(Compare),
    /// Fit models on clean and on attacked training parts; what is lost, and who is served least.
    Robustness(Robustness),
    /// Make users that never lived, like those of a log.
    Synthesize(Synthesize),
    /// Add generated users or interactions to a training log, if a validation part says that they
    /// help.
    Augment(Augment),
    /// Compare synthetic users with real ones: likeness, copies, and what they are good for.
    Fidelity(Fidelity),
    /// Attack synthetic users, or a private release with canaries; fails if the claim is refuted.
    Audit(Audit),
    /// What noisy releases cost their users: epsilon of events, noise for an epsilon.
    #[command(subcommand)]
    Privacy(Privacy),
    /// Find good settings for one model on a validation part.
    Tune(Tune),
    /// Recommend items with a saved model.
    Recommend(Recommend),
    /// Predict what users do next, with the chances of it, by a model of the next item: markov, gru4rec,
    /// sasrec, or eventgan, which knows when, too, and how they like it.
    Predict(Predict),
    /// Draw users who behave as a model of events has learnt (eventgan), from nothing or after real
    /// histories; let them answer the lists of recommenders.
    Simulate(Simulate),
    /// Train a generator of pictures, draw with it, compare what it draws with real pictures.
    #[command(subcommand)]
    Image(Image),
    /// Draw pictures from words, or of what a user would like, with a generator of `image train`.
    Imagine(Imagine),
    /// Serve recommendations in real time over HTTP, and keep the events that come.
    Serve(Serve),
    /// List the models and synthesizers, or show the settings of one.
    Models(Models),
    /// Check this machine: processor, threads, memory, cache folder, clients for data sets.
    Doctor,
    /// Print the JSON schema of config files.
    Schema,
    /// Print shell completions.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Write the man pages.
    Man {
        /// The folder to write them to.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

/// How files are read.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Reading")]
pub(crate) struct Reading {
    /// Format of the files [default: recognised by content].
    #[arg(long, value_name = "NAME")]
    pub(crate) format: Option<String>,
    /// What to do when a user has an item twice: refuse, first, last, all.
    #[arg(long, value_name = "RULE", default_value = "refuse")]
    pub(crate) duplicates: String,
    /// Keep only events rated at least this.
    #[arg(long, value_name = "RATING")]
    pub(crate) min_rating: Option<f32>,
    /// Read a column of kinds of events as ratings: these kinds, the least telling first, are 1, 2 and so
    /// on (--scale view,cart,buy). Without it such a column is not looked at.
    #[arg(long, value_delimiter = ',', value_name = "KIND,KIND")]
    pub(crate) scale: Vec<String>,
    /// What to do with users of a test file that training does not know: refuse, skip.
    #[arg(long, value_name = "RULE", default_value = "refuse")]
    pub(crate) unknown_users: String,
}

impl Reading {
    /// For a log that was read before: of a pair that stands twice the last counts.
    pub(crate) fn lenient(min_rating: Option<f32>, scale: &[String]) -> Self {
        let (duplicates, unknown_users) = ("last".to_owned(), "refuse".to_owned());
        Self {
            format: None,
            duplicates,
            min_rating,
            scale: scale.to_vec(),
            unknown_users,
        }
    }
}

/// What is known of items beside the log.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Facts {
    /// An item file with kinds and years (movies.dat, u.item, or CSV with item, genres, year): sasrec,
    /// gru4rec and eventgan learn what items of a kind have in common; other models leave it out.
    #[arg(long, value_name = "FILE")]
    pub(crate) facts: Option<PathBuf>,
}

/// The parts of a log.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Data")]
pub(crate) struct Parts {
    /// The training part.
    #[arg(long, value_name = "FILE")]
    pub(crate) train: String,
    /// The validation part, disjoint from training or a part of it [default: a tenth of training].
    #[arg(long, value_name = "FILE")]
    pub(crate) valid: Option<String>,
    /// The test part.
    #[arg(long, value_name = "FILE")]
    pub(crate) test: String,
    #[command(flatten)]
    pub(crate) facts: Facts,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// What is measured.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Measuring")]
pub(crate) struct Measuring {
    /// Lengths of the lists [default: 5,10,20].
    #[arg(long, value_delimiter = ',', value_name = "K,K")]
    pub(crate) at: Vec<usize>,
    /// Whose definitions of the metrics: default, recbole, lenskit, rectools, implicit, ranx.
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The metric that ranks, and that tuning and stopping watch (the default is ndcg@20).
    #[arg(long, value_name = "METRIC")]
    pub(crate) metric: Option<String>,
}

/// Which items are ranked.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Measuring")]
pub(crate) struct Among {
    /// The items that may be listed and are wanted: all, cold (nobody has them in training) or warm
    /// [default: all].
    #[arg(long, value_name = "WHICH")]
    pub(crate) among: Option<String>,
}

/// `sparring playground`
#[derive(Debug, Args)]
pub(crate) struct Playground {
    /// Folder for the leaderboard and the models.
    #[arg(long, value_name = "DIR", default_value = "out/playground")]
    pub(crate) out: PathBuf,
    /// The data set to play with [default: ml-100k, else planted data].
    #[arg(long, value_name = "D")]
    pub(crate) data: Option<String>,
    /// End after the tour. This version has no server yet, so it always does.
    #[arg(long)]
    pub(crate) no_serve: bool,
}

/// `sparring train`
#[derive(Debug, Args)]
pub(crate) struct Train {
    /// The log: a named set, a file or a folder.
    #[arg(long, visible_alias = "train", value_name = "D")]
    pub(crate) data: String,
    /// A validation part: training keeps the best weights on it.
    #[arg(long, value_name = "FILE")]
    pub(crate) valid: Option<String>,
    /// The model.
    #[arg(long, value_name = "NAME", default_value = "sparring")]
    pub(crate) model: String,
    /// Folder to write the model to.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Folder for the state of the training (sasrec, gru4rec): stopped at any moment, the same
    /// command goes on from there to the same weights.
    #[arg(long, value_name = "DIR")]
    pub(crate) checkpoint: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) facts: Facts,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) measuring: Measuring,
    #[command(flatten)]
    pub(crate) among: Among,
}

/// `sparring evaluate`
#[derive(Debug, Args)]
pub(crate) struct Evaluate {
    /// Folder of a saved model.
    #[arg(long, value_name = "DIR")]
    pub(crate) model: PathBuf,
    /// What the users are known to have done; left out of their lists.
    #[arg(long, value_name = "FILE")]
    pub(crate) train: String,
    /// The test part.
    #[arg(long, value_name = "FILE")]
    pub(crate) test: String,
    /// Write the figures of each user to this CSV file.
    #[arg(long, value_name = "FILE")]
    pub(crate) per_user: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) measuring: Measuring,
    #[command(flatten)]
    pub(crate) among: Among,
}

/// `sparring compare`
#[derive(Debug, Args)]
pub(crate) struct Compare {
    #[command(flatten)]
    pub(crate) parts: Parts,
    /// The models [default: the config file's, else all but markov, gru4rec and sasrec].
    #[arg(long, value_delimiter = ',', value_name = "NAME,NAME")]
    pub(crate) models: Vec<String>,
    /// Number of seeds.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) seeds: u64,
    /// Settings tried for each model without settings in the config file; 0 for the defaults.
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub(crate) trials: usize,
    /// Folder for leaderboard.json, .csv and .html.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) measuring: Measuring,
    #[command(flatten)]
    pub(crate) among: Among,
}

/// `sparring robustness`
#[derive(Debug, Args)]
pub(crate) struct Robustness {
    #[command(flatten)]
    pub(crate) parts: Parts,
    /// The models, with the settings of the config file or their defaults [default: the config
    /// file's].
    #[arg(long, value_delimiter = ',', value_name = "NAME,NAME")]
    pub(crate) models: Vec<String>,
    /// The attacks: fake profiles (random, average, bandwagon), noise.
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "NAME,NAME",
        default_value = "random,average,bandwagon,noise"
    )]
    pub(crate) attacks: Vec<String>,
    /// Fake users for each real one, or share of events that noise replaces, each above 0 and at
    /// most 1.
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "SHARE,SHARE",
        default_value = "0.01,0.05",
        allow_negative_numbers = true
    )]
    pub(crate) rates: Vec<f64>,
    /// Number of unpopular items that fake profiles push.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) targets: usize,
    /// Number of seeds of the fits and the attacks.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seeds: u64,
    /// Folder for robustness.json, .csv and .html.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) measuring: Measuring,
}

/// `sparring synthesize`
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("origin").required(true).args(["data", "from"])))]
pub(crate) struct Synthesize {
    /// The log of real users: a named set, a file or a folder.
    #[arg(long, value_name = "D")]
    pub(crate) data: Option<String>,
    /// The synthesizer; `sparring models` lists them [default: profilegan, private with --epsilon].
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// Number of users [default: as many as there are real ones].
    #[arg(long, value_name = "N")]
    pub(crate) users: Option<u64>,
    /// A table of what the real users are, such as age and occupation, with a header or the users
    /// first: the synthetic ones are given the like in users.csv.
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub(crate) attributes: Option<PathBuf>,
    /// Draw under differential privacy, with noise for this epsilon: from one release (private), or
    /// trained further against a critic by DP-SGD (dpgan).
    #[arg(
        long,
        value_name = "E",
        allow_negative_numbers = true,
        conflicts_with_all = ["from", "attributes"]
    )]
    pub(crate) epsilon: Option<f64>,
    /// What items are, as anybody may know it, as a prior under differential privacy: a table with
    /// the header item,genres,year (genres separated by bars), movies.dat or u.item.
    #[arg(long, value_name = "FILE", requires = "epsilon")]
    pub(crate) public: Option<PathBuf>,
    /// Folder for interactions.csv, users.csv, summary.json and report.html, and ledger.json where
    /// there is a guarantee.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Save the fitted synthesizer in this folder.
    #[arg(long, value_name = "DIR", conflicts_with = "from")]
    pub(crate) save: Option<PathBuf>,
    /// Draw from a saved synthesizer instead of fitting one.
    #[arg(long, value_name = "DIR", conflicts_with = "model")]
    pub(crate) from: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) release: ReleaseArgs,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// `sparring augment`
#[derive(Debug, Args)]
pub(crate) struct Augment {
    /// The training part.
    #[arg(long, value_name = "FILE")]
    pub(crate) train: String,
    /// The validation part, which decides [default: a tenth of training].
    #[arg(long, value_name = "FILE")]
    pub(crate) valid: Option<String>,
    /// The test part, for the report alone.
    #[arg(long, value_name = "FILE")]
    pub(crate) test: Option<String>,
    /// What is known of validation users who are not in training.
    #[arg(long, value_name = "FILE")]
    pub(crate) valid_known: Option<String>,
    /// What is known of test users who are not in training.
    #[arg(long, value_name = "FILE")]
    pub(crate) test_known: Option<String>,
    /// The recommender.
    #[arg(long, value_name = "NAME", default_value = "ease")]
    pub(crate) model: String,
    /// What to add: completion (interactions of the users there are), users, sequences (for models that
    /// know order).
    #[arg(long, value_name = "WHAT", default_value = "completion")]
    pub(crate) with: String,
    /// The generators; the first decides, the others are for comparison [default: adversarial,
    /// autoencoder, own for completions, gaussian for users, backwards, exchanged, repeated for sequences].
    #[arg(long, value_delimiter = ',', value_name = "NAME,NAME")]
    pub(crate) synth: Vec<String>,
    /// Folder for augment.json, augment.html, best.toml and, if adding helps, interactions.csv.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) measuring: Measuring,
}

/// `sparring fidelity`
#[derive(Debug, Args)]
pub(crate) struct Fidelity {
    /// The users that the synthetic ones were made from.
    #[arg(long, value_name = "D")]
    pub(crate) real: String,
    /// The synthetic users.
    #[arg(long, value_name = "D")]
    pub(crate) synthetic: String,
    /// Real users whom the synthesizer has not seen: for the membership attack and the floors.
    #[arg(long, value_name = "D")]
    pub(crate) holdout: Option<String>,
    /// The recommenders that are trained on real and on synthetic users and tested on the holdout,
    /// with the settings of the config file or their defaults [default: pop, itemknn, puresvd, ease,
    /// edlae, ials, bprmf, multvae].
    #[arg(long, value_delimiter = ',', value_name = "NAME,NAME")]
    pub(crate) models: Vec<String>,
    /// A file with the id of an item in each line: items that synthetic users may have though no real
    /// one does.
    #[arg(long, value_name = "FILE")]
    pub(crate) catalogue: Option<PathBuf>,
    /// Folders of earlier comparisons with the same real and held-out users, whose figures are shown
    /// beside.
    #[arg(long, value_delimiter = ',', value_name = "DIR,DIR")]
    pub(crate) beside: Vec<PathBuf>,
    /// Folder with the item file of a known set, for titles [default: the real log's].
    #[arg(long, value_name = "DIR")]
    pub(crate) titles: Option<PathBuf>,
    /// Folder for fidelity.json and .html.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// `sparring tune`
#[derive(Debug, Args)]
pub(crate) struct Tune {
    /// The training part.
    #[arg(long, value_name = "FILE")]
    pub(crate) train: String,
    /// The validation part, disjoint from training or a part of it [default: a tenth of training].
    #[arg(long, value_name = "FILE")]
    pub(crate) valid: Option<String>,
    /// The model.
    #[arg(long, value_name = "NAME", default_value = "sparring")]
    pub(crate) model: String,
    /// Number of settings to try; for a model in parts, in each part.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) trials: usize,
    /// TOML file for the best settings.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) facts: Facts,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) measuring: Measuring,
    #[command(flatten)]
    pub(crate) among: Among,
}

/// `sparring recommend`
#[derive(Debug, Args)]
pub(crate) struct Recommend {
    #[command(flatten)]
    pub(crate) whose: Whose,
    /// Length of a list.
    #[arg(short, long, value_name = "K", default_value_t = 10)]
    pub(crate) k: usize,
    /// Name for each recommendation the N items of the history that carried it most.
    #[arg(long, value_name = "N")]
    pub(crate) explain: Option<usize>,
    /// What is wanted in words: items whose titles and kinds mean something near come first.
    #[arg(long, value_name = "WORDS")]
    pub(crate) text: Option<String>,
    /// Share of the words in the mix with taste, between 0 and 1.
    #[arg(long, value_name = "W", default_value_t = 0.5, requires = "text")]
    pub(crate) text_weight: f32,
    /// An item file with titles and kinds that --text is compared with [default: the titles beside the
    /// training log].
    #[arg(long, value_name = "FILE", requires = "text")]
    pub(crate) facts: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) encoding: Encoding,
    /// CSV file for the lists: user,item,rank,score; explanations go beside recs.csv into
    /// recs.explained.csv: user,item,because,contribution.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// `sparring models`
#[derive(Debug, Args)]
pub(crate) struct Models {
    /// The model or synthesizer whose settings are shown.
    pub(crate) name: Option<String>,
}
