//! Noisy looks at the data.

use serde::{Deserialize, Serialize};

use super::error::PrivacyError;

/// Most compositions of one kind.
const MOST: u64 = 1_000_000_000_000;

/// Where noise may lie.
const POSITIVE: &str = "above 1e-3 and at most 1e9";

/// The largest standard deviation of a discrete Gaussian, in its own units.
const MOST_DISCRETE: f64 = 1e6;

/// A noisy look at the data of all users.
///
/// Noise is relative to the sensitivity: the most, in the norm of the mechanism, that one user adds.
/// Written `gaussian:20`, `laplace:2`, `discrete:12:3`, `poisson:0.085:3x1000`, `thresholded:40:1e-7`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum DpEvent {
    /// Normal noise on a sum of vectors of L2 norm at most 1.
    Gaussian {
        /// Standard deviation over sensitivity.
        noise_multiplier: f64,
    },
    /// Laplace noise on one number.
    Laplace {
        /// Scale `b` over sensitivity.
        scale: f64,
    },
    /// Discrete Gaussian noise on one whole number.
    DiscreteGaussian {
        /// The parameter of the noise, close to its standard deviation, in whole units.
        sigma: f64,
        /// The most that one user adds, in whole units.
        sensitivity: u32,
    },
    /// Normal noise on sums over keys that are not known beforehand, each user adding a vector of L2
    /// norm at most 1; only sums above a threshold are told, so that a key of one user alone is
    /// told with a small chance.
    Thresholded {
        /// Standard deviation over sensitivity.
        noise_multiplier: f64,
        /// The chance that any key of one user alone is told.
        delta: f64,
    },
    /// An event on a sample that has each user by an independent chance. Only a Gaussian is bounded.
    PoissonSampled {
        /// The chance of each user.
        sample_rate: f64,
        /// What is done to the sample.
        event: Box<Self>,
    },
    /// An event on a batch of fixed size, as shuffling gives. Not bounded: the rates of Poisson samples
    /// do not hold for it.
    FixedSize {
        /// Size of the batch over the number of users.
        sample_rate: f64,
        /// What is done to the batch.
        event: Box<Self>,
    },
    /// The same event several times, each choice of which may depend on earlier outcomes.
    Repeated {
        /// How often.
        count: u64,
        /// What.
        event: Box<Self>,
    },
    /// Several events.
    Composed(Vec<Self>),
    /// A look without noise: epsilon is infinite from then on.
    NonPrivate,
}

/// An event that is not made of others, with what it is described by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Leaf {
    Gaussian {
        noise_multiplier: f64,
    },
    Laplace {
        scale: f64,
    },
    Discrete {
        sigma: f64,
        sensitivity: f64,
    },
    Sampled {
        rate: f64,
        noise_multiplier: f64,
    },
    /// With this chance the loss is infinite.
    Lost {
        chance: f64,
    },
    Naked,
}

impl DpEvent {
    /// A Gaussian of a noise multiplier.
    pub fn gaussian(noise_multiplier: f64) -> Self {
        Self::Gaussian { noise_multiplier }
    }

    /// The step of DP-SGD: a Gaussian on a Poisson sample.
    pub fn poisson(sample_rate: f64, noise_multiplier: f64) -> Self {
        Self::PoissonSampled {
            sample_rate,
            event: Box::new(Self::gaussian(noise_multiplier)),
        }
    }

    /// This event `count` times.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        Self::Repeated {
            count,
            event: Box::new(self),
        }
    }

    /// The simple events it is made of, equal ones together, and all Gaussians as one: noise
    /// multipliers `s_i` compose to `(sum 1 / s_i^2)^(-1/2)`, exactly.
    pub(crate) fn leaves(&self) -> Result<Vec<(Leaf, u64)>, PrivacyError> {
        let mut found = Vec::new();
        self.collect(1, &mut found)?;
        merge(found, self)
    }

    fn collect(&self, times: u64, found: &mut Vec<(Leaf, u64)>) -> Result<(), PrivacyError> {
        match self {
            Self::Repeated { count, event } => {
                let total = times.checked_mul(*count).filter(|total| *total <= MOST);
                let total = total.ok_or_else(|| self.too_many())?;
                // Checked also where it never runs.
                let mut inner = Vec::new();
                event.collect(total, &mut inner)?;
                found.extend(inner.into_iter().filter(|_| *count > 0));
            }
            Self::Composed(events) => {
                for event in events {
                    event.collect(times, found)?;
                }
            }
            Self::PoissonSampled { sample_rate, event } => {
                let rate = within(
                    "poisson",
                    "the rate",
                    "above 0 and at most 1",
                    *sample_rate,
                    1.0,
                )?;
                found.push((self.sampled(rate, event)?, times));
            }
            Self::FixedSize { .. } => {
                return Err(self.unbounded(
                    "batches of fixed size, as shuffling gives, are no Poisson samples",
                ));
            }
            Self::Thresholded {
                noise_multiplier,
                delta,
            } => {
                let noise_multiplier = noise("thresholded", "sigma", POSITIVE, *noise_multiplier)?;
                let range = "above 0 and at most 1";
                let chance = within("thresholded", "delta", range, *delta, 1.0)?;
                found.push((Leaf::Gaussian { noise_multiplier }, times));
                found.push((Leaf::Lost { chance }, times));
            }
            simple => found.push((simple.simple()?, times)),
        }
        Ok(())
    }

    fn sampled(&self, rate: f64, event: &Self) -> Result<Leaf, PrivacyError> {
        let Self::Gaussian { .. } = event else {
            return Err(self.unbounded("only a gaussian is bounded on a Poisson sample"));
        };
        let Leaf::Gaussian { noise_multiplier } = event.simple()? else {
            unreachable!("a gaussian is a gaussian leaf")
        };
        Ok(if rate >= 1.0 {
            Leaf::Gaussian { noise_multiplier }
        } else {
            Leaf::Sampled {
                rate,
                noise_multiplier,
            }
        })
    }

    fn simple(&self) -> Result<Leaf, PrivacyError> {
        Ok(match self {
            Self::Gaussian { noise_multiplier } => Leaf::Gaussian {
                noise_multiplier: noise("gaussian", "sigma", POSITIVE, *noise_multiplier)?,
            },
            Self::Laplace { scale } => Leaf::Laplace {
                scale: noise("laplace", "the scale", POSITIVE, *scale)?,
            },
            Self::DiscreteGaussian { sigma, sensitivity } => {
                let range = "above 0 and at most 1e6";
                within(
                    "discrete",
                    "the sensitivity",
                    "at least 1",
                    f64::from(*sensitivity),
                    1e10,
                )?;
                within("discrete", "sigma", range, *sigma, MOST_DISCRETE)?;
                let sensitivity = f64::from(*sensitivity);
                noise(
                    "discrete",
                    "sigma over sensitivity",
                    POSITIVE,
                    sigma / sensitivity,
                )?;
                Leaf::Discrete {
                    sigma: *sigma,
                    sensitivity,
                }
            }
            _ => Leaf::Naked,
        })
    }

    fn unbounded(&self, reason: &'static str) -> PrivacyError {
        PrivacyError::Unbounded {
            event: self.to_string(),
            reason,
        }
    }

    fn too_many(&self) -> PrivacyError {
        PrivacyError::TooMany {
            event: self.to_string(),
            limit: MOST,
        }
    }
}

/// Equal leaves once, with their number, and all that may be lost as one chance.
fn merge(found: Vec<(Leaf, u64)>, event: &DpEvent) -> Result<Vec<(Leaf, u64)>, PrivacyError> {
    let mut merged: Vec<(Leaf, u64)> = Vec::new();
    let (mut precision, mut lost) = (0.0, 0.0);
    for (leaf, count) in found {
        if let Leaf::Gaussian { noise_multiplier } = leaf {
            precision += count as f64 * noise_multiplier.powi(-2);
        } else if let Leaf::Lost { chance } = leaf {
            lost += count as f64 * chance;
        } else if let Some((_, total)) = merged.iter_mut().find(|(other, _)| *other == leaf) {
            *total = total.saturating_add(count);
            if *total > MOST {
                return Err(event.too_many());
            }
        } else {
            merged.push((leaf, count));
        }
    }
    if precision > 0.0 {
        let noise_multiplier = precision.sqrt().recip();
        merged.insert(0, (Leaf::Gaussian { noise_multiplier }, 1));
    }
    if lost > 0.0 {
        merged.push((Leaf::Lost { chance: lost }, 1));
    }
    Ok(merged)
}

fn within(
    event: &'static str,
    name: &'static str,
    range: &'static str,
    found: f64,
    most: f64,
) -> Result<f64, PrivacyError> {
    if found > 0.0 && found <= most {
        return Ok(found);
    }
    Err(PrivacyError::Parameter {
        event,
        name,
        range,
        found,
    })
}

fn noise(
    event: &'static str,
    name: &'static str,
    range: &'static str,
    found: f64,
) -> Result<f64, PrivacyError> {
    let found_within = within(event, name, range, found, 1e9)?;
    if found_within > 1e-3 {
        return Ok(found_within);
    }
    Err(PrivacyError::Parameter {
        event,
        name,
        range,
        found,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaussians_are_one() {
        // 1/3^2 + 1/4^2 = 25/144: sigma 12/5.
        let both = DpEvent::Composed(vec![DpEvent::gaussian(3.0), DpEvent::poisson(1.0, 4.0)]);
        let leaves = both.leaves().unwrap();
        let [(Leaf::Gaussian { noise_multiplier }, 1)] = leaves[..] else {
            panic!("{leaves:?}")
        };
        assert!((noise_multiplier - 2.4).abs() < 1e-15);
    }

    #[test]
    fn equal_steps_are_counted() {
        let step = DpEvent::poisson(0.1, 2.0);
        let twice = DpEvent::Composed(vec![step.clone().times(3).times(2), step]);
        let leaf = Leaf::Sampled {
            rate: 0.1,
            noise_multiplier: 2.0,
        };
        assert_eq!(twice.leaves().unwrap(), [(leaf, 7)]);
    }

    #[test]
    fn what_may_be_lost_is_added_up() {
        // 3 times 1e-7 and 2e-7: 5e-7; four Gaussians of 6: sigma 3.
        let look = |delta| DpEvent::Thresholded {
            noise_multiplier: 6.0,
            delta,
        };
        let all = DpEvent::Composed(vec![look(1e-7).times(3), look(2e-7)]);
        let leaves = all.leaves().unwrap();
        let [
            (Leaf::Gaussian { noise_multiplier }, 1),
            (Leaf::Lost { chance }, 1),
        ] = leaves[..]
        else {
            panic!("{leaves:?}")
        };
        assert!((noise_multiplier - 3.0).abs() < 1e-15);
        assert!((chance - 5e-7).abs() < 1e-20);
        for wrong in [0.0, -1e-9, 1.5, f64::NAN] {
            assert!(look(wrong).leaves().is_err(), "{wrong}");
        }
        assert!(look(1e-7).times(0).leaves().unwrap().is_empty());
    }

    #[test]
    fn what_cannot_be_bounded_is_refused() {
        let laplace = Box::new(DpEvent::Laplace { scale: 1.0 });
        let gaussian = Box::new(DpEvent::gaussian(1.0));
        let sampled = DpEvent::PoissonSampled {
            sample_rate: 0.5,
            event: laplace,
        };
        let shuffled = DpEvent::FixedSize {
            sample_rate: 0.1,
            event: gaussian,
        };
        for event in [sampled, shuffled] {
            assert!(
                matches!(event.leaves(), Err(PrivacyError::Unbounded { .. })),
                "{event}"
            );
            // Also where it is hidden in another one, or never runs.
            assert!(DpEvent::Composed(vec![event.clone()]).leaves().is_err());
            assert!(event.times(0).leaves().is_err());
        }
        let often = DpEvent::gaussian(1.0).times(u64::MAX).times(2);
        assert!(matches!(often.leaves(), Err(PrivacyError::TooMany { .. })));
    }

    #[test]
    fn parameters_out_of_range() {
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-4] {
            let discrete = DpEvent::DiscreteGaussian {
                sigma: wrong,
                sensitivity: 1,
            };
            let laplace = DpEvent::Laplace { scale: wrong };
            let poisson = DpEvent::poisson(0.1, wrong);
            for event in [DpEvent::gaussian(wrong), laplace, discrete, poisson] {
                assert!(
                    matches!(event.leaves(), Err(PrivacyError::Parameter { .. })),
                    "{event:?}"
                );
            }
        }
        for wrong in [0.0, -0.1, 1.1, f64::NAN] {
            assert!(DpEvent::poisson(wrong, 1.0).leaves().is_err(), "{wrong}");
        }
    }
}
