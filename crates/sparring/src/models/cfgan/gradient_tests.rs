//! Gradients of both steps against central differences of losses computed entry by entry.

use sparring_wide::Seed;

use super::networks::{Discriminator, Generator, Shape};
use super::opponents::{Batch, Losses, Opponents, sample};
use super::rows::Rows;
use super::stack::Activation;
use crate::data::ItemIx;
use crate::models::tensor::{Adam, Tensor};

const WIDTH: usize = 9;
const SEED: Seed = Seed(11);

fn rows(rows: &[&[u32]]) -> Rows {
    let row = |row: &&[u32]| -> Vec<ItemIx> { row.iter().map(|&item| ItemIx(item)).collect() };
    Rows::new(
        WIDTH,
        rows.iter()
            .map(row)
            .map(Vec::into_iter)
            .collect::<Vec<_>>()
            .into_iter(),
    )
}

fn batch() -> Batch {
    Batch {
        real: rows(&[&[0, 4, 7], &[1], &[2, 4, 5, 8]]),
        condition: rows(&[&[0, 7], &[], &[2, 4, 5, 8]]).normalised(),
    }
}

fn bout(mask: f32) -> Opponents {
    let shape = |hidden, activation| Shape {
        width: WIDTH,
        hidden,
        layers: 2,
        activation,
    };
    let (g, d) = (shape(4, Activation::Tanh), shape(3, Activation::Sigmoid));
    let mut bout = Opponents {
        generator: Generator::new(g, 2, &mut Seed(1).stream("g")),
        discriminator: Discriminator::new(d, &mut Seed(2).stream("d")),
        losses: Losses {
            adversarial: 0.7,
            zero: (0.3, 0.6),
            one: 0.2,
            mask,
        },
        output: Activation::Sigmoid,
    };
    for (at, value) in bout.generator.output_bias.value.iter_mut().enumerate() {
        *value = 0.1 * at as f32 - 0.3;
    }
    bout
}

/// Entry by entry: generated profiles, and which zeros are drawn.
fn profiles(bout: &Opponents, batch: &Batch, noise: &[f32]) -> Vec<Vec<f64>> {
    let generator = &bout.generator;
    let trace = generator.encode(&batch.condition, noise);
    let sum = |top: &[f32], item: usize| {
        let row = &generator.output.value[item * 4..][..4];
        let inner: f64 = top.iter().zip(row).map(|(a, b)| f64::from(a * b)).sum();
        1.0 / (1.0 + (-inner - f64::from(generator.output_bias.value[item])).exp())
    };
    let tops = trace.top().chunks(4);
    tops.map(|top| (0..WIDTH).map(|item| sum(top, item)).collect())
        .collect()
}

fn drawn(label: &str, probability: f32) -> Vec<bool> {
    let mut hits = vec![false; WIDTH * 3];
    sample(
        WIDTH * 3,
        probability,
        &mut SEED.stream_at(label, 0),
        |at| hits[at] = true,
    );
    hits
}

/// Logits for profiles given as entries.
fn logits(bout: &Opponents, batch: &Batch, entries: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let d = &bout.discriminator;
    let mut z = batch.real.sum_rows(&d.condition.value, 3);
    for (row, z) in z.chunks_mut(3).enumerate() {
        for item in 0..WIDTH {
            for (z, p) in z.iter_mut().zip(&d.profile.value[item * 3..][..3]) {
                let sum = f64::from(*z) + entries(row, item) * f64::from(*p);
                #[expect(clippy::cast_possible_truncation, reason = "sums are single precision")]
                let sum = sum as f32;
                *z = sum;
            }
        }
    }
    d.logits(&d.stack.forward(z))
        .into_iter()
        .map(f64::from)
        .collect()
}

fn softplus(x: f64) -> f64 {
    x.exp().ln_1p()
}

fn losses(bout: &Opponents) -> [f64; 2] {
    let batch = batch();
    let noise = bout.generator.draw_noise(3, &mut SEED.stream("noise"));
    let x = profiles(bout, &batch, &noise);
    let one = |row: usize, item: usize| {
        let items = batch.real.row(row);
        items.iter().any(|i| i.at() == item)
    };
    let (mask, zeros) = (
        drawn("mask", bout.losses.mask),
        drawn("zeros", bout.losses.zero.1),
    );
    let seen = |row, item| {
        let sees = one(row, item) || mask[item * 3 + row];
        if sees { x[row][item] } else { 0.0 }
    };
    let fake = logits(bout, &batch, seen);
    let real = logits(bout, &batch, |row, item| {
        f64::from(u8::from(one(row, item)))
    });
    let d = real.iter().map(|l| softplus(-l)).sum::<f64>()
        + fake.iter().map(|l| softplus(*l)).sum::<f64>();
    let mut g = f64::from(bout.losses.adversarial) * fake.iter().map(|l| softplus(-l)).sum::<f64>();
    for (row, x) in x.iter().enumerate() {
        for (item, x) in x.iter().enumerate() {
            if one(row, item) {
                g += f64::from(bout.losses.one) * (x - 1.0).powi(2);
            } else if zeros[item * 3 + row] {
                g += f64::from(bout.losses.zero.0) * x * x;
            }
        }
    }
    [d / 3.0, g / 3.0]
}

/// A tensor of a network.
type Pick = fn(&mut Opponents) -> &mut Tensor;

#[test]
fn gradients_are_central_differences() {
    let adam = Adam::at(1, 1e-3, 0.0);
    let discriminator: [Pick; 6] = [
        |b| &mut b.discriminator.condition,
        |b| &mut b.discriminator.profile,
        |b| &mut b.discriminator.stack.tensors[0],
        |b| &mut b.discriminator.stack.tensors[1],
        |b| &mut b.discriminator.top,
        |b| &mut b.discriminator.bias,
    ];
    let generator: [Pick; 6] = [
        |b| &mut b.generator.input,
        |b| &mut b.generator.noise,
        |b| &mut b.generator.output,
        |b| &mut b.generator.output_bias,
        |b| &mut b.generator.stack.tensors[1],
        |b| &mut b.generator.stack.tensors[2],
    ];
    for mask in [0.0, 0.5] {
        let mut after = [bout(mask), bout(mask)];
        let batch = batch();
        let loss = after[0].discriminator_step(&batch, adam, SEED);
        after[1].generator_step(&batch, adam, SEED);
        assert!((loss - losses(&bout(mask))[0]).abs() < 1e-5);
        for (which, picks) in [discriminator, generator].into_iter().enumerate() {
            for (tensor, pick) in picks.into_iter().enumerate() {
                let found = pick(&mut after[which]).clone();
                for at in 0..found.value.len() {
                    let moved = |by: f32| {
                        let mut bout = bout(mask);
                        pick(&mut bout).value[at] += by;
                        losses(&bout)[which]
                    };
                    let expected = (moved(0.01) - moved(-0.01)) / 0.02;
                    let found = f64::from(found.first_gradient(at));
                    let close = (expected - found).abs() < 2e-4 + 2e-3 * expected.abs();
                    assert!(close, "{mask} {which} {tensor} [{at}]: {expected} {found}");
                }
            }
        }
    }
}
