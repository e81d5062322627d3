//! Wide and sparse neural layers: as wide as a catalogue, fed by sparse histories.
//!
//! Every layer has a `forward` and a `backward` written by hand; results are the same bits at any
//! number of threads.

mod activation;
mod gemm;
mod math;
mod matrix;
mod parallel;
mod seed;
mod simd;

pub use activation::{Activation, sigmoid};
pub use gemm::{Beta, gemm, gemm_nt, gemm_tn};
pub use math::{exp, log1p_exp};
pub use matrix::Matrix;
pub use seed::{Seed, Stream};
pub use simd::instruction_set;
