//! Wide and sparse neural layers: as wide as a catalogue, fed by sparse histories.
//!
//! Every layer has a `forward` and a `backward` written by hand; results are the same bits at any
//! number of threads.

mod activation;
mod adagrad;
mod adam;
mod categorical;
mod clip;
mod dense;
mod dropout;
mod ema;
mod gemm;
mod ghost;
mod init;
mod losses;
mod math;
mod matrix;
mod negatives;
mod output_head;
mod parallel;
mod seed;
mod sgd;
mod simd;
mod sparse;
mod sparse_linear;

#[cfg(test)]
mod rows_tests;
#[cfg(test)]
mod step_tests;

pub use activation::{Activation, sigmoid};
pub use adagrad::{Adagrad, AdagradState};
pub use adam::{Adam, AdamState};
pub use categorical::{draw_by_logits, draw_by_weights};
pub use clip::clip_by_global_norm;
pub use dense::{Dense, DenseGradient, add_to_rows, sum_rows};
pub use dropout::dropout;
pub use ema::Ema;
pub use gemm::{Beta, gemm, gemm_nt, gemm_tn};
pub use ghost::{GhostNorms, scale_rows};
pub use init::{normal, xavier_uniform};
pub use losses::{multinomial, sigmoid_cross_entropy, squared_error};
pub use math::{exp, log1p_exp};
pub use matrix::Matrix;
pub use negatives::{NO_ITEM, softmax_draws};
pub use output_head::{HeadRows, OutputHead};
pub use seed::{Seed, Stream};
pub use sgd::{Sgd, SgdState};
pub use simd::{instruction_set, vectorised};
pub use sparse::SparseRows;
pub use sparse_linear::{RowGradient, SparseLinear};
