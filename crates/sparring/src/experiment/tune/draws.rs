//! Settings to try: the given ones, then draws from a space.

use rand::RngExt;
use rand_distr::StandardNormal;
use sparring_wide::{Seed, Stream};

use super::super::config::set_path;
use crate::recommend::{Dimension, Values};

/// The given settings, then draws from the space until there are `trials`.
pub(super) fn settings(
    given: Vec<toml::Table>,
    space: &[Dimension],
    trials: usize,
    seed: Seed,
) -> Vec<toml::Table> {
    let Some(base) = given.first().cloned() else {
        return given;
    };
    let missing = if space.is_empty() {
        0
    } else {
        trials.saturating_sub(given.len())
    };
    let mut stream = seed.stream("tune");
    let mut all = given;
    all.extend((0..missing).map(|_| {
        let mut settings = base.clone();
        for dimension in space {
            if let Some(value) = draw(dimension, &base, &mut stream) {
                let _inside_a_table = set_path(&mut settings, dimension.key, value);
            }
        }
        settings
    }));
    all
}

/// Settings near `best`: each real moves by about a seventh of its range, the others stay or are
/// drawn anew.
pub(super) fn near(best: &toml::Table, space: &[Dimension], stream: &mut Stream) -> toml::Table {
    let mut settings = best.clone();
    for dimension in space {
        if let Some(value) = moved(dimension, best, stream) {
            let _inside_a_table = set_path(&mut settings, dimension.key, value);
        }
    }
    settings
}

/// The share of a range that a step takes, as a standard deviation.
const STEP: f64 = 0.15;

fn moved(dimension: &Dimension, best: &toml::Table, stream: &mut Stream) -> Option<toml::Value> {
    let here = get(best, dimension.key)?;
    let step: f64 = stream.sample(StandardNormal);
    let by = |low: f64, high: f64, here: f64| {
        (here + STEP * step * (high - low)).clamp(low.min(here), high.max(here))
    };
    let in_logarithm = |low: f64, high: f64, here: f64| by(low.ln(), high.ln(), here.ln()).exp();
    match dimension.values {
        Values::LogUniform(low, high) => {
            let here = here.as_float().filter(|here| *here > 0.0)?;
            Some(toml::Value::Float(rounded(in_logarithm(low, high, here))))
        }
        Values::Uniform(low, high) => {
            Some(toml::Value::Float(rounded(by(low, high, here.as_float()?))))
        }
        Values::LogInteger(low, high) => {
            let here = here.as_integer().filter(|here| *here > 0)?;
            let moved = in_logarithm(low as f64, high as f64, here as f64).round();
            #[expect(clippy::cast_possible_truncation, reason = "between two integers")]
            let moved = moved as i64;
            Some(toml::Value::Integer(moved))
        }
        _ if stream.random_range(0..3) == 0 => draw(dimension, best, stream),
        _ => None,
    }
}

/// What stands at a dotted key.
pub(super) fn get<'a>(table: &'a toml::Table, key: &str) -> Option<&'a toml::Value> {
    match key.split_once('.') {
        None => table.get(key),
        Some((head, rest)) => get(table.get(head)?.as_table()?, rest),
    }
}

/// A value for the setting; none if it stays as it is.
fn draw(dimension: &Dimension, base: &toml::Table, stream: &mut Stream) -> Option<toml::Value> {
    let value = match dimension.values {
        Values::LogUniform(low, high) => {
            toml::Value::Float(rounded(stream.random_range(low.ln()..=high.ln()).exp()))
        }
        Values::Uniform(low, high) => toml::Value::Float(rounded(stream.random_range(low..=high))),
        Values::LogInteger(low, high) => {
            let draw = stream
                .random_range((low as f64).ln()..=(high as f64).ln())
                .exp()
                .round();
            #[expect(clippy::cast_possible_truncation, reason = "between two integers")]
            let integer = (draw as i64).clamp(low, high);
            toml::Value::Integer(integer)
        }
        Values::Names(names) => {
            toml::Value::String(names[stream.random_range(0..names.len())].to_owned())
        }
        Values::Integers(all) => toml::Value::Integer(all[stream.random_range(0..all.len())]),
        Values::Switch => toml::Value::Boolean(stream.random_range(0..2) == 1),
        Values::Weights(all) => {
            let drawn = all[stream.random_range(0..all.len())];
            let off = get(base, dimension.key).and_then(toml::Value::as_float) == Some(0.0);
            return (!off).then_some(toml::Value::Float(drawn));
        }
    };
    Some(value)
}

/// Three significant digits: what a person would write, and near enough.
fn rounded(x: f64) -> f64 {
    format!("{x:.2e}").parse().expect("a number just written")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_stay_inside_and_near() {
        let space = [
            Dimension {
                key: "l2",
                values: Values::LogUniform(0.01, 100.0),
            },
            Dimension {
                key: "part.share",
                values: Values::Uniform(0.0, 1.0),
            },
            Dimension {
                key: "part.width",
                values: Values::LogInteger(8, 512),
            },
            Dimension {
                key: "weight",
                values: Values::Weights(&[1.0, 2.0]),
            },
        ];
        let best: toml::Table = "l2 = 1.0\nweight = 0.0\n[part]\nshare = 0.5\nwidth = 64"
            .parse()
            .unwrap();
        let mut stream = Seed(4).stream("near");
        let mut logarithms = Vec::new();
        for _ in 0..200 {
            let moved = near(&best, &space, &mut stream);
            let l2 = moved["l2"].as_float().unwrap();
            let share = get(&moved, "part.share").unwrap().as_float().unwrap();
            let width = get(&moved, "part.width").unwrap().as_integer().unwrap();
            assert!((0.01..=100.0).contains(&l2) && (0.0..=1.0).contains(&share));
            assert!((8..=512).contains(&width));
            assert_eq!(moved["weight"].as_float(), Some(0.0), "off stays off");
            logarithms.push(l2.ln());
        }
        // The deviation of ln l2 is .15 ln 10,000 = 1.38.
        let mean_square = logarithms.iter().map(|x| x * x).sum::<f64>() / 200.0;
        assert!(
            (mean_square.sqrt() - 1.38).abs() < 0.25,
            "{}",
            mean_square.sqrt()
        );
    }
}
