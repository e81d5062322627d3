//! The models: one file each, named as in its paper.
//!
//! A new model is one file with its configuration, `impl Fit`, `Tune`, `Recommender`, `Weights`
//! and `recommender_contract!`, then two lines here: `mod x;` and `"x" => X(x::XConfig)`.

#[cfg(test)]
#[macro_use]
mod contract;
mod registry;

mod apr;
mod factors;
mod ganmf;
mod irgan;
mod keeper;
mod pairwise;

mod pop;

pub use registry::{ConfigError, Family};

registry::models! {
    "pop" => Pop(pop::PopConfig) in Baseline: "popularity",
    "ganmf" => Ganmf(ganmf::GanmfConfig) in Adversarial:
        "matrix factorisation against an autoencoder",
    "apr" => Apr(apr::AprConfig) in Adversarial: "pairwise ranking against perturbed embeddings",
    "irgan" => Irgan(irgan::IrganConfig) in Adversarial: "a generator that picks items, by policy gradient",
}
