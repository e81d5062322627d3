//! The figures of other synthetic users of the same real log, for a table beside a report's own.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::fidelity::{Fidelity, Source};

/// The figures of another report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Beside {
    /// What its synthetic users are called.
    pub name: String,
    /// Its figures, in the order of a report.
    pub figures: Vec<Named>,
}

/// A figure with its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Named {
    /// What it says.
    pub name: String,
    /// The figure, if it was measured.
    pub value: Option<f64>,
}

/// A figure's name and its values, this report's first.
pub type Line = (String, Vec<Option<f64>>);

/// Why a report does not stand beside another.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BesideError {
    /// It is of other real users.
    #[error("`{name}` was compared with other {whom} users than `{own}`")]
    Others {
        /// The other report's synthetic users.
        name: String,
        /// Real or held-out.
        whom: &'static str,
        /// This report's synthetic users.
        own: String,
    },
}

impl Beside {
    /// The figures of a report.
    fn of(report: &Fidelity) -> Self {
        let figures = report.figures().into_iter().map(|figure| Named {
            name: figure.name.to_owned(),
            value: figure.value,
        });
        let models = report.utility.iter().flat_map(|utility| &utility.models);
        let shares = models.map(|row| Named {
            name: format!("share that {} keeps", row.model),
            value: row.share.map(|share| share.mean),
        });
        Self {
            name: report.synthetic.data.clone(),
            figures: figures.chain(shares).collect(),
        }
    }

    /// The figure with this name.
    fn figure(&self, name: &str) -> Option<f64> {
        let named = self.figures.iter().find(|figure| figure.name == name)?;
        named.value
    }
}

impl Fidelity {
    /// Takes the figures of another report of the same users beside its own.
    ///
    /// # Errors
    /// If the real or the held-out users are others.
    pub fn put_beside(&mut self, other: &Self) -> Result<(), BesideError> {
        let own = [&self.synthetic, &self.real];
        other.same_users(own, self.holdout.as_ref())?;
        self.beside.push(Beside::of(other));
        Ok(())
    }

    /// Whether a report of these logs may stand beside this one.
    ///
    /// # Errors
    /// If the real or the held-out users are others.
    pub fn same_users(
        &self,
        [synthetic, real]: [&Source; 2],
        holdout: Option<&Source>,
    ) -> Result<(), BesideError> {
        let others = |whom| BesideError::Others {
            name: self.synthetic.data.clone(),
            whom,
            own: synthetic.data.clone(),
        };
        let hash = |source: Option<&Source>| source.map(|source| source.sha256.clone());
        if self.real.sha256 != real.sha256 {
            return Err(others("real"));
        }
        if hash(self.holdout.as_ref()) != hash(holdout) {
            return Err(others("held-out"));
        }
        Ok(())
    }

    /// The synthetic users of this report, then those beside it, and a line for each figure.
    pub fn side_by_side(&self) -> (Vec<&str>, Vec<Line>) {
        let own = Beside::of(self);
        let names = std::iter::once(self.synthetic.data.as_str())
            .chain(self.beside.iter().map(|other| other.name.as_str()))
            .collect();
        let line = |figure: Named| {
            let others = self.beside.iter().map(|other| other.figure(&figure.name));
            let values = std::iter::once(figure.value).chain(others).collect();
            (figure.name, values)
        };
        (names, own.figures.into_iter().map(line).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::fidelity::example;

    #[test]
    fn figures_meet_by_name() {
        let (mut own, mut other) = (example(), example());
        other.synthetic.data = "others".to_owned();
        other.copying.exact = 0.25;
        let models = &mut other.utility.as_mut().unwrap().models;
        models.remove(0);
        own.put_beside(&other).unwrap();
        let (names, lines) = own.side_by_side();
        assert_eq!(names, ["a & b", "others"]);
        let line = |name: &str| {
            let found = lines.iter().find(|(line, _)| line == name);
            found.unwrap_or_else(|| panic!("{name}")).1.clone()
        };
        assert_eq!(line("exact copies"), [Some(0.005), Some(0.25)]);
        assert_eq!(line("share that pop keeps"), [Some(0.95), None]);
        assert_eq!(line("share that ease keeps"), [Some(0.95), Some(0.95)]);
    }

    #[test]
    fn other_users_are_refused() {
        for (whom, change) in [("real", 0), ("held-out", 1)] {
            let (mut own, mut other) = (example(), example());
            let source = if change == 0 {
                &mut other.real
            } else {
                other.holdout.as_mut().unwrap()
            };
            source.sha256 = "1".repeat(64);
            let error = own.put_beside(&other).unwrap_err().to_string();
            assert!(error.contains(&format!("other {whom} users")), "{error}");
            assert!(own.beside.is_empty());
        }
    }
}
