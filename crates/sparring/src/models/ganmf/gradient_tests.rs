//! The steps against a plain computation that forms every profile.

use sparring_wide::Seed;

use super::batch::Batch;
use super::discriminator::Discriminator;
use super::generator::Generator;
use crate::data::{Dataset, PlantedConfig, UserIx};
use crate::models::tensor::{Adam, Tensor};

const FACTORS: usize = 3;
const CODE: usize = 5;
const MARGIN: f32 = 2.0;
const MATCHING: f32 = 0.25;

struct Setting {
    data: Dataset,
    users: Vec<UserIx>,
    generator: Generator,
    discriminator: Discriminator,
}

fn setting() -> Setting {
    let planted = PlantedConfig {
        n_users: 9,
        n_items: 11,
        mean_events: 4.0,
        ..Default::default()
    };
    let data = planted.generate(Seed(2)).data;
    let mut stream = Seed(4).stream("weights");
    let mut discriminator = Discriminator::new(11, CODE, &mut stream);
    let bias = |n: usize| (0..n).map(|i| 0.03 * (i % 4) as f32 - 0.02).collect();
    discriminator.encoder_bias = Tensor::new(bias(CODE));
    discriminator.decoder_bias = Tensor::new(bias(11));
    discriminator.refresh();
    let generator = Generator::new(9, 11, FACTORS, &mut stream);
    let users = [1, 4, 7, 2].map(UserIx).to_vec();
    Setting {
        data,
        users,
        generator,
        discriminator,
    }
}

/// Rows of `X`, real or generated.
fn profiles(s: &Setting, real: bool) -> Vec<Vec<f64>> {
    let generated = |user: &UserIx| {
        let p = &s.generator.rows.value[user.at() * FACTORS..][..FACTORS];
        let cell = |q: &[f32]| {
            p.iter()
                .zip(q)
                .map(|(p, q)| f64::from(*p) * f64::from(*q))
                .sum()
        };
        s.generator
            .columns
            .value
            .chunks(FACTORS)
            .map(cell)
            .collect()
    };
    let observed = |user: &UserIx| {
        let mut row = vec![0.0; 11];
        s.data
            .history(*user)
            .iter()
            .for_each(|item| row[item.at()] = 1.0);
        row
    };
    s.users
        .iter()
        .map(|user| {
            if real {
                observed(user)
            } else {
                generated(user)
            }
        })
        .collect()
}

fn codes(d: &Discriminator, rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let code = |row: &Vec<f64>| {
        let unit = |h: usize| {
            let sum: f64 = (0..11)
                .map(|i| row[i] * f64::from(d.encoder.value[i * CODE + h]))
                .sum();
            sum + f64::from(d.encoder_bias.value[h])
        };
        (0..CODE).map(unit).collect()
    };
    rows.iter().map(code).collect()
}

fn energy(d: &Discriminator, rows: &[Vec<f64>]) -> f64 {
    let mut sum = 0.0;
    for (row, code) in rows.iter().zip(codes(d, rows)) {
        for (i, x) in row.iter().enumerate() {
            let made: f64 = (0..CODE)
                .map(|h| code[h] * f64::from(d.decoder.value[i * CODE + h]))
                .sum();
            sum += (made + f64::from(d.decoder_bias.value[i]) - x).powi(2);
        }
    }
    sum / (rows.len() * 11) as f64
}

fn discriminator_loss(s: &Setting) -> f64 {
    let (real, fake) = (
        energy(&s.discriminator, &profiles(s, true)),
        energy(&s.discriminator, &profiles(s, false)),
    );
    real + (f64::from(MARGIN) * real - fake).max(0.0)
}

fn generator_loss(s: &Setting) -> f64 {
    let (real, fake) = (profiles(s, true), profiles(s, false));
    let (a, b) = (
        codes(&s.discriminator, &real),
        codes(&s.discriminator, &fake),
    );
    let apart: f64 = a
        .iter()
        .flatten()
        .zip(b.iter().flatten())
        .map(|(a, b)| (a - b).powi(2))
        .sum();
    let f = f64::from(MATCHING);
    (1.0 - f) * energy(&s.discriminator, &fake) + f * apart / (4 * CODE) as f64
}

/// Compares the gradient that a first step of Adam left behind with central differences.
fn check(
    name: &str,
    loss: fn(&Setting) -> f64,
    stepped: &Tensor,
    pick: fn(&mut Setting) -> &mut Tensor,
) {
    let mut s = setting();
    for at in 0..pick(&mut s).value.len() {
        let old = pick(&mut s).value[at];
        let mut at_offset = |offset: f32| {
            pick(&mut s).value[at] = old + offset;
            loss(&s)
        };
        let slope = (at_offset(1e-2) - at_offset(-1e-2)) / 2e-2;
        pick(&mut s).value[at] = old;
        let found = f64::from(stepped.first_gradient(at));
        assert!(
            (found - slope).abs() < 2e-4 * slope.abs().max(0.05),
            "{name}[{at}]: {found} {slope}"
        );
    }
}

#[test]
fn the_discriminator_follows_central_differences() {
    let s = setting();
    let batch = Batch::new(&s.data, &s.users);
    let mut stepped = s.discriminator.clone();
    let energies = stepped.step(&s.generator, &batch, MARGIN, Adam::at(1, 1e-3, 0.0));
    assert!((energies.real - energy(&s.discriminator, &profiles(&s, true))).abs() < 1e-6);
    assert!((energies.generated - energy(&s.discriminator, &profiles(&s, false))).abs() < 1e-6);
    assert!(
        f64::from(MARGIN) * energies.real > energies.generated,
        "the hinge is at work"
    );
    check("encoder", discriminator_loss, &stepped.encoder, |s| {
        &mut s.discriminator.encoder
    });
    check("decoder", discriminator_loss, &stepped.decoder, |s| {
        &mut s.discriminator.decoder
    });
    check("a", discriminator_loss, &stepped.encoder_bias, |s| {
        &mut s.discriminator.encoder_bias
    });
    check("d", discriminator_loss, &stepped.decoder_bias, |s| {
        &mut s.discriminator.decoder_bias
    });
}

#[test]
fn the_generator_follows_central_differences() {
    let s = setting();
    let batch = Batch::new(&s.data, &s.users);
    let mut stepped = s.generator.clone();
    let (fake, _) = stepped.step(&s.discriminator, &batch, MATCHING, Adam::at(1, 1e-3, 0.0));
    assert!((fake - energy(&s.discriminator, &profiles(&s, false))).abs() < 1e-6);
    check("rows", generator_loss, &stepped.rows, |s| {
        &mut s.generator.rows
    });
    check("columns", generator_loss, &stepped.columns, |s| {
        &mut s.generator.columns
    });
}
