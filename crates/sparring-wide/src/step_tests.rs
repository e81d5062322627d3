//! A whole training step: the same bits at any number of threads and on any instruction set.

use rand::RngExt;

use crate::{
    Activation, Adagrad, AdagradState, Adam, AdamState, Dense, DenseGradient, Ema, GhostNorms,
    HeadRows, Matrix, OutputHead, RowGradient, Seed, SparseLinear, SparseRows, clip_by_global_norm,
    dropout, scale_rows,
};

const BATCH: usize = 40;
const ITEMS: usize = 700;
const HIDDEN: usize = 70;

/// An autoencoder `I -> H -> H -> I` and its optimisers.
struct Net {
    first: SparseLinear,
    middle: Dense,
    head: OutputHead,
    adam: [AdamState; 4],
    adagrad: AdagradState,
    ema: Ema,
}

fn net() -> Net {
    let seed = Seed(11);
    let first = SparseLinear::new(ITEMS, HIDDEN, seed.derive("first"));
    Net {
        ema: Ema::new(0.9, &first.weight.data),
        middle: Dense::new(HIDDEN, HIDDEN, seed.derive("middle")),
        head: OutputHead::new(HIDDEN, ITEMS, seed.derive("head")),
        adam: [ITEMS * HIDDEN, HIDDEN, HIDDEN * HIDDEN, ITEMS].map(AdamState::new),
        adagrad: AdagradState::new(ITEMS * HIDDEN),
        first,
    }
}

fn batch(step: u64) -> SparseRows {
    let mut stream = Seed(12).stream_at("batch", step);
    let mut rows = SparseRows::new();
    let items = u32::try_from(ITEMS).expect("few items");
    for row in 0..BATCH {
        rows.push_row((0..row).map(|_| stream.random_range(0..items)));
    }
    rows
}

/// One step by all logits on even steps and by few of them on odd ones.
fn step(net: &mut Net, step: u64) {
    let adam = Adam {
        weight_decay: 0.01,
        ..Adam::default()
    };
    let targets = batch(step);
    let mut input = targets.clone();
    input.l2_normalise();
    input.dropout(0.3, Seed(13), step);
    let [mut h, mut m, mut z] = [(); 3].map(|()| Matrix::default());
    net.first.forward(&input, &mut h);
    Activation::Tanh.forward(&mut h.data);
    net.middle.forward(&h, &mut m);
    Activation::Sigmoid.forward(&mut m.data);
    dropout(&mut m, 0.2, Seed(14), step);

    let (mut dm, mut dh) = (Matrix::default(), Matrix::default());
    let mut ghosts = GhostNorms::new(BATCH);
    if step.is_multiple_of(2) {
        net.head.forward(&m, &mut z);
        Activation::Softplus.forward(&mut z.data);
        let mut dz = z.clone();
        Activation::Softplus.backward(&z.data, &mut dz.data);
        let mut gradient = DenseGradient::default();
        net.head.backward(&m, &dz, &mut gradient);
        net.head.input_gradient(&dz, &mut dm);
        ghosts.add_dense(&m, &dz);
        let data = &gradient.weight.data;
        net.adagrad
            .step(&Adagrad::default(), &mut net.head.weight.data, data);
        net.adam[3].step(&adam, &mut net.head.bias, &gradient.bias);
    } else {
        let mut dz = targets;
        net.head.forward_at(&m, &mut dz);
        let mut gradient = HeadRows::default();
        net.head.backward_at(&m, &dz, &mut gradient);
        net.head.input_gradient_at(&dz, &mut dm);
        ghosts.add_head_at(&m, &dz);
        let (weight, rows) = (&mut net.head.weight.data, &gradient.weight);
        net.adagrad
            .step_rows(&Adagrad::default(), weight, HIDDEN, rows);
        net.adam[3].step(&adam, &mut net.head.bias, &gradient.bias);
    }
    dropout(&mut dm, 0.2, Seed(14), step);
    Activation::Sigmoid.backward(&m.data, &mut dm.data);
    ghosts.add_dense(&h, &dm);
    scale_rows(&mut dm, &ghosts.clip_factors(1.0));
    net.middle.input_gradient(&dm, &mut dh);
    Activation::Tanh.backward(&h.data, &mut dh.data);
    let mut middle = DenseGradient::default();
    net.middle.backward(&h, &dm, &mut middle);
    let (mut rows, mut bias) = (RowGradient::default(), Vec::new());
    net.first.backward(&input, &dh, &mut rows, &mut bias);
    clip_by_global_norm(
        &mut [&mut rows.data, &mut bias, &mut middle.weight.data],
        0.1,
    );
    net.adam[0].step_rows(&adam, &mut net.first.weight.data, HIDDEN, &rows);
    net.adam[1].step(&adam, &mut net.first.bias, &bias);
    net.adam[2].step(&adam, &mut net.middle.weight.data, &middle.weight.data);
    net.ema.update(&net.first.weight.data);
}

/// The bits of all weights after four steps.
fn trained(threads: usize) -> Vec<u32> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("a small pool").install(|| {
        let mut net = net();
        (0..4).for_each(|at| step(&mut net, at));
        let tensors = [
            &net.first.weight.data[..],
            &net.first.bias,
            &net.middle.weight.data,
            &net.head.weight.data,
            &net.head.bias,
            net.ema.average(),
        ];
        let all = tensors.into_iter().flatten();
        all.map(|weight| weight.to_bits()).collect()
    })
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let one = trained(1);
    assert!(one.iter().all(|bits| f32::from_bits(*bits).is_finite()));
    for threads in [2, 3] {
        assert!(trained(threads) == one, "{threads} threads differ");
    }
}

#[test]
fn the_portable_loops_give_the_same_bits() {
    let best = trained(1);
    assert!(crate::simd::portably(|| trained(1)) == best);
}
