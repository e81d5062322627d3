//! The health of adversarial training: what is measured, what it means and what helps.
//!
//! The verdicts and where their limits come from:
//! - *diverged*: a loss or an output is not finite.
//! - *mode collapse*: generated rows are nearly all the same, or cover few of the held-out rows. Real
//!   rows of the same number are the yardstick: a spread under a fifth of theirs, a coverage under
//!   half of what another real sample covers, or duplicates in more than a quarter where the real
//!   rows have almost none.
//! - *discriminator too strong*: it tells real from generated almost without error on rows it was
//!   not trained on (.95; chance is .5), so that the generator gets no direction. Where generated
//!   rows lie apart but cover few of the real ones, .85 is enough: some of them lie among real rows
//!   by chance, and nobody could tell those.
//! - *discriminator too weak*: it does no better than chance (under .52) although the generated rows
//!   are far from covering the real ones.

use serde::{Deserialize, Serialize};

use crate::recommend::Diagnosis;

/// The limits of the verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HealthConfig {
    /// Accuracy above which the discriminator is too strong.
    pub too_strong: f64,
    /// The same while the generated rows, though apart, cover few of the real ones.
    pub too_strong_uncovered: f64,
    /// Accuracy below which it is too weak, unless the rows are covered.
    pub too_weak: f64,
    /// Spread of generated rows below this share of the real ones' is a collapse.
    pub spread: f64,
    /// Coverage below this share of the real ones' is a collapse.
    pub coverage: f64,
    /// Share of duplicates beyond the real ones' that is a collapse.
    pub duplicates: f64,
    /// Share of training before which only divergence is an illness.
    pub warm_up: f64,
}

impl Default for HealthConfig {
    fn default() -> Self {
        Self {
            too_strong: 0.95,
            too_strong_uncovered: 0.85,
            too_weak: 0.52,
            spread: 0.2,
            coverage: 0.5,
            duplicates: 0.25,
            warm_up: 0.1,
        }
    }
}

/// A look at both networks on rows that neither was trained on in this step.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// The discriminator's logits for held-out real rows.
    pub real_logits: Vec<f32>,
    /// Its logits for generated rows.
    pub fake_logits: Vec<f32>,
    /// Held-out real rows, row-major, an even number.
    pub real: Vec<f32>,
    /// Generated rows, row-major.
    pub fake: Vec<f32>,
    /// Entries of a row.
    pub width: usize,
}

impl Probe {
    /// A look at a critic that judges pairs: what it says counts only against its opposite, so that
    /// the middle between the medians of its logits is its zero.
    pub fn paired(
        real_logits: Vec<f32>,
        fake_logits: Vec<f32>,
        (real, fake): (Vec<f32>, Vec<f32>),
        width: usize,
    ) -> Self {
        let median = |logits: &[f32]| {
            let mut sorted = logits.to_vec();
            sorted.sort_by(f32::total_cmp);
            sorted[sorted.len() / 2]
        };
        let zero = f32::midpoint(median(&real_logits), median(&fake_logits));
        let centred = |logits: Vec<f32>| logits.into_iter().map(|logit| logit - zero).collect();
        Self {
            real_logits: centred(real_logits),
            fake_logits: centred(fake_logits),
            real,
            fake,
            width,
        }
    }
}

/// The figures behind a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// Share of held-out real rows that the discriminator takes for real.
    pub accuracy_real: f64,
    /// Share of generated rows that it takes for generated.
    pub accuracy_fake: f64,
    /// Share of generated rows that equal an earlier one.
    pub duplicates: f64,
    /// The same of real rows.
    pub real_duplicates: f64,
    /// Mean distance between generated rows over that between real rows.
    pub spread: f64,
    /// Share of held-out rows with a generated row as near as real rows are to one another.
    pub coverage: f64,
    /// The same for one half of the real rows by the other.
    pub real_coverage: f64,
    /// Columns that generated rows use, over those that as many real rows use.
    pub columns: f64,
    /// Whether all that was seen is finite.
    pub finite: bool,
}

/// What the figures mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing stands out.
    Healthy,
    /// The generator gives few different rows.
    ModeCollapse,
    /// The generator gets no direction.
    DiscriminatorTooStrong,
    /// The generator gets no resistance.
    DiscriminatorTooWeak,
    /// Something is not finite.
    Diverged,
}

/// Something to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remedy {
    /// Bring both learning rates near their geometric mean.
    BalanceRates,
    /// Double the discriminator's learning rate.
    QuickenDiscriminator,
    /// One discriminator step fewer for each generator step.
    FewerDiscriminatorSteps,
    /// One discriminator step more for each generator step.
    MoreDiscriminatorSteps,
    /// Switch the zero-centred penalty on, or double it.
    RaisePenalty,
    /// Change to relativistic pairing, which looks at real and generated rows together.
    PairLosses,
    /// Feed normal noise of more dimensions.
    RicherNoise,
    /// Blur what the discriminator sees.
    InstanceNoise,
    /// Halve both learning rates and go on from the last good weights.
    SlowBoth,
    /// A wider generator.
    WidenGenerator,
    /// New weights for both networks, with the other remedies in place: weights that collapsed
    /// seldom recover.
    Restart,
}

/// Measures a probe.
pub fn examine(probe: &Probe) -> Health {
    let share = |logits: &[f32], yes: fn(f32) -> bool| {
        logits.iter().filter(|&&logit| yes(logit)).count() as f64 / logits.len().max(1) as f64
    };
    let width = probe.width;
    let half = (probe.real.len() / width / 2) * width;
    let (first, second) = probe.real.split_at(half);
    let fake = &probe.fake[..probe.fake.len().min(half)];
    let all = [
        &probe.real_logits,
        &probe.fake_logits,
        &probe.real,
        &probe.fake,
    ];
    let (real_spread, radius) = (mean_distance(first, width), nearest_radius(first, width));
    Health {
        accuracy_real: share(&probe.real_logits, |logit| logit > 0.0),
        accuracy_fake: share(&probe.fake_logits, |logit| logit <= 0.0),
        duplicates: duplicate_rate(&probe.fake, width),
        real_duplicates: duplicate_rate(&probe.real, width),
        spread: mean_distance(fake, width) / real_spread.max(f64::MIN_POSITIVE),
        coverage: coverage(second, fake, width, radius),
        real_coverage: coverage(second, first, width, radius),
        columns: used_columns(fake, width) / used_columns(first, width).max(1.0),
        finite: all
            .iter()
            .all(|values| values.iter().all(|value| value.is_finite())),
    }
}

impl Health {
    /// Mean of both accuracies; 1/2 when real and generated cannot be told apart.
    pub fn accuracy(&self) -> f64 {
        f64::midpoint(self.accuracy_real, self.accuracy_fake)
    }

    /// What the figures mean; the worst comes first.
    pub fn verdict(&self, limits: &HealthConfig) -> Verdict {
        let alike = self.spread < limits.spread
            || self.duplicates > self.real_duplicates + limits.duplicates;
        let few = alike || self.coverage < limits.coverage * self.real_coverage;
        let strong = if few {
            limits.too_strong_uncovered
        } else {
            limits.too_strong
        };
        let strong = self.accuracy() > strong;
        match () {
            () if !self.finite => Verdict::Diverged,
            // Rows that are all alike are a collapse however easily they are told apart.
            () if alike || few && !strong => Verdict::ModeCollapse,
            () if strong => Verdict::DiscriminatorTooStrong,
            () if self.accuracy() < limits.too_weak && self.coverage < 0.8 * self.real_coverage => {
                Verdict::DiscriminatorTooWeak
            }
            () => Verdict::Healthy,
        }
    }

    /// What the generator achieves, between 0 and 1: the coverage as a share of the real rows',
    /// less the duplicates beyond theirs.
    pub fn soundness(&self) -> f64 {
        let covered = self.coverage / self.real_coverage.max(f64::MIN_POSITIVE);
        let excess = (self.duplicates - self.real_duplicates).max(0.0);
        if self.finite {
            covered.min(1.0) * (1.0 - excess)
        } else {
            0.0
        }
    }

    /// What helps against a verdict, in the order in which it is tried: against many duplicates
    /// first a noise that has more values.
    pub fn remedies(&self, verdict: Verdict) -> Vec<Remedy> {
        let mut remedies = verdict.remedies().to_vec();
        if self.duplicates > self.real_duplicates + HealthConfig::default().duplicates {
            remedies.sort_by_key(|&remedy| remedy != Remedy::RicherNoise);
        }
        remedies
    }

    /// Whether rows that are too few or too alike have become clearly more than at earlier looks, in
    /// the mean: a tenth and .02 of coverage, or a tenth of spread.
    pub fn grows_from(&self, earlier: &[Self], limits: &HealthConfig) -> bool {
        let mean = |figure: fn(&Self) -> f64| {
            earlier.iter().map(figure).sum::<f64>() / earlier.len().max(1) as f64
        };
        let close = self.spread < limits.spread;
        self.coverage > 1.1 * mean(|look| look.coverage) + 0.02
            || close && self.spread > 1.1 * mean(|look| look.spread)
    }

    /// The figures in words.
    pub fn evidence(&self) -> Vec<String> {
        vec![
            format!(
                "the discriminator is right on {:.0} % of real and {:.0} % of generated rows",
                100.0 * self.accuracy_real,
                100.0 * self.accuracy_fake
            ),
            format!(
                "generated rows are {:.2} times as far apart as real ones",
                self.spread
            ),
            format!(
                "they cover {:.0} % of held-out rows, real rows cover {:.0} %",
                100.0 * self.coverage,
                100.0 * self.real_coverage
            ),
            format!(
                "{:.0} % of them are duplicates, of real rows {:.0} %",
                100.0 * self.duplicates,
                100.0 * self.real_duplicates
            ),
            format!(
                "they use {:.0} % as many columns as real ones",
                100.0 * self.columns
            ),
        ]
    }

    /// A verdict with the evidence and its remedies.
    pub fn diagnosis(&self, step: u64, verdict: Verdict) -> Diagnosis {
        Diagnosis {
            step,
            verdict: verdict.name().to_owned(),
            evidence: self.evidence(),
            remedies: self
                .remedies(verdict)
                .iter()
                .map(|remedy| remedy.words().to_owned())
                .collect(),
            applied: Vec::new(),
        }
    }
}

impl Verdict {
    /// The verdict in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::ModeCollapse => "mode collapse",
            Self::DiscriminatorTooStrong => "discriminator too strong",
            Self::DiscriminatorTooWeak => "discriminator too weak",
            Self::Diverged => "diverged",
        }
    }

    /// What helps, in the order in which it is tried.
    pub fn remedies(self) -> &'static [Remedy] {
        match self {
            Self::Healthy => &[],
            Self::ModeCollapse => &[
                Remedy::BalanceRates,
                Remedy::PairLosses,
                Remedy::RaisePenalty,
                Remedy::RicherNoise,
                Remedy::WidenGenerator,
                Remedy::Restart,
            ],
            Self::DiscriminatorTooStrong => &[
                Remedy::FewerDiscriminatorSteps,
                Remedy::BalanceRates,
                Remedy::RaisePenalty,
                Remedy::PairLosses,
                Remedy::InstanceNoise,
                Remedy::Restart,
            ],
            Self::DiscriminatorTooWeak => {
                &[Remedy::MoreDiscriminatorSteps, Remedy::QuickenDiscriminator]
            }
            Self::Diverged => &[Remedy::SlowBoth, Remedy::RaisePenalty],
        }
    }
}

impl Remedy {
    /// The remedy in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::BalanceRates => "learning rates of the same order",
            Self::QuickenDiscriminator => "double the discriminator's learning rate",
            Self::FewerDiscriminatorSteps => "fewer discriminator steps for each generator step",
            Self::MoreDiscriminatorSteps => "more discriminator steps for each generator step",
            Self::RaisePenalty => "a penalty on the discriminator's slope, or twice as much",
            Self::PairLosses => "the relativistic loss, which pairs real and generated rows",
            Self::RicherNoise => "normal noise of more dimensions",
            Self::InstanceNoise => "noise on what the discriminator sees",
            Self::SlowBoth => "halve both learning rates from the last good weights",
            Self::WidenGenerator => "a wider generator",
            Self::Restart => "new weights for both networks, with the other remedies in place",
        }
    }
}

fn distance(a: &[f32], b: &[f32]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(a, b)| f64::from(a - b).powi(2))
        .sum::<f64>()
        .sqrt()
}

fn mean_distance(rows: &[f32], width: usize) -> f64 {
    let rows: Vec<&[f32]> = rows.chunks(width).collect();
    let (mut sum, mut n) = (0.0, 0.0_f64);
    for (at, a) in rows.iter().enumerate() {
        for b in &rows[at + 1..] {
            sum += distance(a, b);
            n += 1.0;
        }
    }
    sum / n.max(1.0)
}

/// The 90 % quantile of each row's distance to its nearest other row.
fn nearest_radius(rows: &[f32], width: usize) -> f64 {
    let rows: Vec<&[f32]> = rows.chunks(width).collect();
    let mut nearest: Vec<f64> = rows
        .iter()
        .enumerate()
        .map(|(at, a)| {
            let others = rows.iter().enumerate().filter(|(other, _)| *other != at);
            others
                .map(|(_, b)| distance(a, b))
                .fold(f64::INFINITY, f64::min)
        })
        .collect();
    nearest.sort_by(f64::total_cmp);
    nearest.get(nearest.len() * 9 / 10).copied().unwrap_or(0.0)
}

/// Share of `targets` with one of `rows` within `radius`.
fn coverage(targets: &[f32], rows: &[f32], width: usize, radius: f64) -> f64 {
    let near = |target: &&[f32]| {
        rows.chunks(width)
            .any(|row| distance(row, target) <= radius)
    };
    let n = targets.len() / width;
    targets.chunks(width).filter(near).count() as f64 / n.max(1) as f64
}

/// Number of columns that are not 0 in every row.
fn used_columns(rows: &[f32], width: usize) -> f64 {
    let used = |column: &usize| {
        rows.chunks(width)
            .any(|row| row.get(*column).is_some_and(|entry| entry.abs() > 0.0))
    };
    (0..width).filter(used).count() as f64
}

fn duplicate_rate(rows: &[f32], width: usize) -> f64 {
    let mut keys: Vec<Vec<u32>> = rows
        .chunks(width)
        .map(|row| row.iter().map(|value| value.to_bits()).collect())
        .collect();
    let n = keys.len();
    keys.sort_unstable();
    keys.dedup();
    (n - keys.len()) as f64 / n.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Real rows on a line, generated rows by a function of the place.
    fn probe(fake: impl Fn(f32) -> f32, logits: (f32, f32)) -> Probe {
        let places: Vec<f32> = (0..100).map(|at| (at * 37 % 100) as f32).collect();
        Probe {
            real_logits: vec![logits.0; 100],
            fake_logits: vec![logits.1; 100],
            fake: places.iter().map(|&place| fake(place)).collect(),
            real: places,
            width: 1,
        }
    }

    fn verdict(probe: &Probe) -> Verdict {
        examine(probe).verdict(&HealthConfig::default())
    }

    #[test]
    fn each_verdict_has_its_case() {
        assert_eq!(verdict(&probe(|x| x + 0.3, (1.0, 1.0))), Verdict::Healthy);
        assert_eq!(
            verdict(&probe(|_| 50.0, (1.0, -1.0))),
            Verdict::ModeCollapse
        );
        assert_eq!(
            verdict(&probe(|x| 50.0 + x / 40.0, (1.0, 1.0))),
            Verdict::ModeCollapse
        );
        assert_eq!(
            verdict(&probe(|x| x + 0.3, (1.0, -1.0))),
            Verdict::DiscriminatorTooStrong
        );
        assert_eq!(
            verdict(&probe(|x| 0.7 * x, (1.0, 1.0))),
            Verdict::DiscriminatorTooWeak
        );
        assert_eq!(verdict(&probe(|_| f32::NAN, (1.0, 1.0))), Verdict::Diverged);
    }

    #[test]
    fn figures_by_hand() {
        let health = examine(&probe(|x| (x / 50.0).floor(), (1.0, -1.0)));
        assert!(
            (health.duplicates - 0.98).abs() < 1e-12,
            "2 of 100 are different"
        );
        assert!((health.accuracy() - 1.0).abs() < 1e-12);
        assert!((health.columns - 1.0).abs() < 1e-12, "the one there is");
        let used = used_columns(&[0.0, 1.0, 0.0, -1.0, 0.0, 0.0], 3);
        assert!((used - 2.0).abs() < 1e-12, "the first and the second");
        let diagnosis = health.diagnosis(7, health.verdict(&HealthConfig::default()));
        assert_eq!(
            (diagnosis.step, diagnosis.verdict.as_str()),
            (7, "mode collapse")
        );
        assert!(!diagnosis.remedies.is_empty() && diagnosis.evidence.len() == 5);
    }
}
