//! The hot pieces of a CFGAN step: batch 64, 3,706 items, 400 hidden units, 132 ones a profile.
//!
//! ```text
//! cargo bench -p sparring-wide --bench step
//! ```

use divan::{Bencher, black_box};
use sparring_wide::{
    Activation, Adam, AdamState, Beta, Matrix, RowGradient, Seed, SparseLinear, SparseRows, gemm,
    gemm_nt, gemm_tn, normal, softmax_draws,
};

const BATCH: usize = 64;
const ITEMS: usize = 3706;
const HIDDEN: usize = 400;
/// Of 132 ones.
const ONES: usize = 132;
/// And with seven tenths of the zeros beside them.
const MASKED: usize = 2600;

fn main() {
    divan::main();
}

fn matrix(rows: usize, cols: usize) -> Matrix {
    normal(rows, cols, 0.1, Seed(1))
}

/// Profiles of `ones` items: of every possible one, far apart and without order.
fn profiles(ones: usize) -> SparseRows {
    let mut rows = SparseRows::new();
    for row in 0..BATCH {
        // 1009 is prime to 3706, so that no item comes twice.
        let item = |i| u32::try_from((i * 1009 + row * 577) % ITEMS).expect("a small number");
        rows.push_row((0..ones).map(item));
    }
    rows
}

/// `h W`, `[64, 400] [400, 3706]`.
#[divan::bench]
fn gemm_head_forward(bencher: Bencher) {
    let (h, w, mut out) = (
        matrix(BATCH, HIDDEN),
        matrix(HIDDEN, ITEMS),
        Matrix::default(),
    );
    bencher.bench_local(|| gemm(black_box(&h), &w, Beta::Replace, &mut out));
}

/// `h V'`, `[64, 400] [3706, 400]'`.
#[divan::bench]
fn gemm_nt_head_forward(bencher: Bencher) {
    let (h, w, mut out) = (
        matrix(BATCH, HIDDEN),
        matrix(ITEMS, HIDDEN),
        Matrix::default(),
    );
    bencher.bench_local(|| gemm_nt(black_box(&h), &w, Beta::Replace, &mut out));
}

/// `h' dz`, `[64, 400]' [64, 3706]`.
#[divan::bench]
fn gemm_tn_head_gradient(bencher: Bencher) {
    let (h, dz, mut out) = (
        matrix(BATCH, HIDDEN),
        matrix(BATCH, ITEMS),
        Matrix::default(),
    );
    bencher.bench_local(|| gemm_tn(black_box(&h), &dz, Beta::Replace, &mut out));
}

/// `dz W'`, `[64, 3706] [400, 3706]'`.
#[divan::bench]
fn gemm_nt_head_input_gradient(bencher: Bencher) {
    let (dz, w, mut out) = (
        matrix(BATCH, ITEMS),
        matrix(HIDDEN, ITEMS),
        Matrix::default(),
    );
    bencher.bench_local(|| gemm_nt(black_box(&dz), &w, Beta::Replace, &mut out));
}

/// `dz V`, `[64, 3706] [3706, 400]`.
#[divan::bench]
fn gemm_head_input_gradient(bencher: Bencher) {
    let (dz, w, mut out) = (
        matrix(BATCH, ITEMS),
        matrix(ITEMS, HIDDEN),
        Matrix::default(),
    );
    bencher.bench_local(|| gemm(black_box(&dz), &w, Beta::Replace, &mut out));
}

#[divan::bench(args = [ONES, MASKED])]
fn sparse_forward(bencher: Bencher, ones: usize) {
    let (layer, x) = (SparseLinear::new(ITEMS, HIDDEN, Seed(1)), profiles(ones));
    let mut y = Matrix::default();
    bencher.bench_local(|| layer.forward(black_box(&x), &mut y));
}

#[divan::bench(args = [ONES, MASKED])]
fn sparse_backward(bencher: Bencher, ones: usize) {
    let (layer, x) = (SparseLinear::new(ITEMS, HIDDEN, Seed(1)), profiles(ones));
    let (dy, mut rows, mut bias) = (matrix(BATCH, HIDDEN), RowGradient::default(), Vec::new());
    bencher.bench_local(|| layer.backward(black_box(&x), &dy, &mut rows, &mut bias));
}

#[divan::bench]
fn adam_dense(bencher: Bencher) {
    let (mut w, g) = (matrix(ITEMS, HIDDEN), matrix(ITEMS, HIDDEN));
    let mut state = AdamState::new(w.data.len());
    bencher.bench_local(|| state.step(&Adam::default(), &mut w.data, black_box(&g.data)));
}

#[divan::bench]
fn adam_rows(bencher: Bencher) {
    let mut layer = SparseLinear::new(ITEMS, HIDDEN, Seed(1));
    let (mut rows, mut bias) = (RowGradient::default(), Vec::new());
    layer.backward(
        &profiles(ONES),
        &matrix(BATCH, HIDDEN),
        &mut rows,
        &mut bias,
    );
    let mut state = AdamState::new(layer.weight.data.len());
    let adam = Adam::default();
    bencher.bench_local(|| {
        state.step_rows(&adam, &mut layer.weight.data, HIDDEN, black_box(&rows));
    });
}

#[divan::bench]
fn sigmoid(bencher: Bencher) {
    let mut z = matrix(BATCH, ITEMS);
    bencher.bench_local(|| Activation::Sigmoid.forward(black_box(&mut z.data)));
}

/// 64 negatives a row from the softmax of its own logits: beside `gemm_nt_head_forward`, the product
/// that makes those logits.
#[divan::bench]
fn negatives_of_own_scores(bencher: Bencher) {
    let (logits, known, mut draws) = (matrix(BATCH, ITEMS), profiles(ONES), Vec::new());
    bencher.bench_local(|| {
        softmax_draws(black_box(&logits), &known, (64, 1.0), Seed(2), &mut draws);
    });
}
