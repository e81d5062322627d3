//! The models: one file each, named as in its paper.
//!
//! A new model is one file with its configuration, `impl Fit`, `Tune`, `Recommender`, `Weights`
//! and `recommender_contract!`, then two lines here: `mod x;` and `"x" => X(x::XConfig)`.

#[cfg(test)]
#[macro_use]
mod contract;
#[macro_use]
mod delegate;
mod registry;

mod apr;
mod caae;
mod cfgan;
mod clusters;
mod cold;
mod contributions;
mod directions;
mod factors;
mod ganmf;
mod irgan;
mod keeper;
mod memory;
mod pairwise;
mod probed;
mod product;
mod tensor;

pub(crate) mod check;
mod item_item;
mod profiles;
mod ridge;
mod subspace;
mod symmetric;
mod tall;

mod bprmf;
mod coldgan;
mod contentknn;
mod contentridge;
mod dropoutnet;
mod ease;
mod edlae;
mod eventgan;
mod gru4rec;
mod ials;
mod itemknn;
mod markov;
mod multvae;
mod pop;
mod puresvd;
mod random;
mod sasrec;
mod sequential;
mod sparring;

pub use memory::available_memory;
pub use registry::{ConfigError, Family};

pub(crate) use registry::{from_table, nearest, shorten};

pub use clusters::Clusters;

// What the rooms to the right build on too.
pub(crate) use clusters::closest;
pub(crate) use directions::Directions;
pub(crate) use eventgan::judge;
pub(crate) use memory::Room;
pub(crate) use profiles::Profiles;
#[cfg(test)]
pub(crate) use profiles::tests::log;
pub(crate) use sparring::{Batch, Neural};
pub(crate) use subspace::{Leading, Search, leading, memory_of, orthogonalise};
pub(crate) use symmetric::eigen;
pub(crate) use tall::{Scaled, Tall};

registry::models! {
    "sparring" => Sparring(sparring::SparringConfig) in Adversarial:
        "regression, factors and a network trained against what it gets wrong, in one score",
    "pop" => Pop(pop::PopConfig) in Baseline: "popularity",
    "random" => Random(random::RandomConfig) in Baseline: "a list drawn by lot",
    "itemknn" => ItemKnn(itemknn::ItemKnnConfig) in Baseline: "nearest items by shrunk cosine",
    "puresvd" => PureSvd(puresvd::PureSvdConfig) in Baseline:
        "projection on the leading singular vectors",
    "ease" => Ease(ease::EaseConfig) in Baseline: "regression of every item on all the others",
    "edlae" => Edlae(edlae::EdlaeConfig) in Baseline: "the same, trained as if with dropout",
    "ials" => Ials(ials::IalsConfig) in Baseline: "alternating least squares on all pairs",
    "bprmf" => BprMf(bprmf::BprMfConfig) in Baseline: "matrix factorisation for pairwise ranking",
    "multvae" => MultVae(multvae::MultvaeConfig) in Baseline:
        "a variational autoencoder with a multinomial likelihood",
    "markov" => Markov(markov::MarkovConfig) in Baseline: "what followed the last event in all users",
    "gru4rec" => Gru4rec(gru4rec::Gru4recConfig) in Baseline: "a recurrent network over events",
    "sasrec" => Sasrec(sasrec::SasrecConfig) in Baseline: "self-attention over events",
    "eventgan" => Eventgan(eventgan::EventganConfig) in Adversarial:
        "whole events: what users do next, when, how they like it, when they stop",
    "ganmf" => Ganmf(ganmf::GanmfConfig) in Adversarial:
        "matrix factorisation against an autoencoder",
    "caae" => Caae(caae::CaaeConfig) in Adversarial: "two autoencoders against a pairwise ranker",
    "cfgan" => Cfgan(cfgan::CfganConfig) in Adversarial:
        "whole profiles against a discriminator that knows the true one",
    "apr" => Apr(apr::AprConfig) in Adversarial: "pairwise ranking against perturbed embeddings",
    "contentknn" => ContentKnn(contentknn::ContentKnnConfig) in Baseline:
        "nearest items by what is known of them, those that nobody has too",
    "contentridge" => ContentRidge(contentridge::ContentRidgeConfig) in Baseline:
        "a recommender, and a regression from facts for items that nobody has",
    "dropoutnet" => DropoutNet(dropoutnet::DropoutNetConfig) in Baseline:
        "a recommender, and a perceptron that learns to do without an item's place",
    "coldgan" => ColdGan(coldgan::ColdGanConfig) in Adversarial:
        "a recommender, and a generator of places from facts for items that nobody has",
    "irgan" => Irgan(irgan::IrganConfig) in Adversarial: "a generator that picks items, by policy gradient",
}

impl ModelConfig {
    /// The models whose scores are logarithms of the chances of the next item, up to a constant.
    pub const NEXT: &[&str] = &["markov", "gru4rec", "sasrec", "eventgan"];

    /// The models that take facts of items and place those that nobody has.
    pub const COLD: &[&str] = &["contentknn", "contentridge", "dropoutnet", "coldgan"];

    /// The models that can tell which items of a history carried a recommendation
    /// ([`explain`](crate::recommend::Recommender::explain)).
    pub const EXPLAINING: &[&str] = &[
        "sparring",
        "itemknn",
        "puresvd",
        "ease",
        "edlae",
        "ials",
        "contentknn",
        "contentridge",
        "dropoutnet",
        "coldgan",
    ];
}
