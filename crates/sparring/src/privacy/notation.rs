//! Events as text: `gaussian:20`, `laplace:2`, `discrete:12:3`, `poisson:0.085:3x1000`,
//! `thresholded:40:1e-7`.

use std::fmt;
use std::str::FromStr;

use super::error::PrivacyError;
use super::event::DpEvent;

impl fmt::Display for DpEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gaussian { noise_multiplier } => write!(f, "gaussian:{noise_multiplier}"),
            Self::Laplace { scale } => write!(f, "laplace:{scale}"),
            Self::DiscreteGaussian { sigma, sensitivity } => {
                write!(f, "discrete:{sigma}:{sensitivity}")
            }
            Self::Thresholded {
                noise_multiplier,
                delta,
            } => write!(f, "thresholded:{noise_multiplier}:{delta:e}"),
            Self::PoissonSampled { sample_rate, event } => match &**event {
                Self::Gaussian { noise_multiplier } => {
                    write!(f, "poisson:{sample_rate}:{noise_multiplier}")
                }
                other => write!(f, "poisson:{sample_rate}({other})"),
            },
            Self::FixedSize { sample_rate, event } => write!(f, "fixed:{sample_rate}({event})"),
            Self::Repeated { count, event } => write!(f, "{event}x{count}"),
            Self::Composed(events) => {
                let parts: Vec<_> = events.iter().map(ToString::to_string).collect();
                write!(f, "({})", parts.join(" + "))
            }
            Self::NonPrivate => f.write_str("non-private"),
        }
    }
}

impl FromStr for DpEvent {
    type Err = PrivacyError;

    fn from_str(text: &str) -> Result<Self, PrivacyError> {
        let wrong = |reason: String| PrivacyError::Notation {
            found: text.to_owned(),
            reason,
        };
        let (event, count) = match text.rsplit_once('x') {
            None => (text, None),
            Some((event, count)) => {
                let parsed = count.parse::<u64>();
                let parsed =
                    parsed.map_err(|_| wrong(format!("`{count}` is no number of times")))?;
                (event, Some(parsed))
            }
        };
        let mut parts = event.split(':');
        let kind = parts.next().unwrap_or_default();
        let numbers: Result<Vec<f64>, _> = parts.map(str::parse).collect();
        let numbers = numbers.map_err(|_| wrong("a parameter is no number".to_owned()))?;
        let event = match (kind, &numbers[..]) {
            ("gaussian", [sigma]) => Self::gaussian(*sigma),
            ("laplace", [scale]) => Self::Laplace { scale: *scale },
            ("poisson", [rate, sigma]) => Self::poisson(*rate, *sigma),
            ("thresholded", [sigma, delta]) => Self::Thresholded {
                noise_multiplier: *sigma,
                delta: *delta,
            },
            ("discrete", [sigma]) => Self::DiscreteGaussian {
                sigma: *sigma,
                sensitivity: 1,
            },
            ("discrete", [sigma, sensitivity]) => {
                let whole = event.rsplit(':').next().and_then(|text| text.parse().ok());
                let found = || wrong(format!("the sensitivity {sensitivity} is no whole number"));
                Self::DiscreteGaussian {
                    sigma: *sigma,
                    sensitivity: whole.ok_or_else(found)?,
                }
            }
            ("gaussian" | "laplace" | "poisson" | "discrete" | "thresholded", found) => {
                return Err(wrong(format!(
                    "{} parameters do not fit {kind}",
                    found.len()
                )));
            }
            _ => return Err(wrong(format!("there is no kind `{kind}`"))),
        };
        Ok(count.map_or(event.clone(), |count| event.times(count)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for text in [
            "gaussian:20",
            "laplace:0.5",
            "discrete:12:3",
            "poisson:0.085:3x1000",
            "thresholded:40:1e-7",
        ] {
            assert_eq!(text.parse::<DpEvent>().unwrap().to_string(), text);
        }
        assert_eq!(
            "discrete:4".parse::<DpEvent>().unwrap().to_string(),
            "discrete:4:1"
        );
    }

    #[test]
    fn what_is_no_event() {
        for (text, finding) in [
            ("", "no kind ``"),
            ("gauss:1", "no kind `gauss`"),
            ("gaussian", "0 parameters"),
            ("gaussian:much", "no number"),
            ("poisson:0.1", "1 parameters"),
            ("thresholded:40", "1 parameters"),
            ("gaussian:1x1.5", "`1.5` is no number of times"),
            ("gaussian:1x-1", "`-1` is no number of times"),
            ("discrete:3:1.5", "no whole number"),
        ] {
            let error = text.parse::<DpEvent>().unwrap_err().to_string();
            assert!(error.contains(finding), "{text}: {error}");
        }
    }
}
