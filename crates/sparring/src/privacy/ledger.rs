//! The ledger: every noisy look at the data by name, and everything else by declaration.

use serde::{Deserialize, Serialize};

use super::accountant::{Neighbouring, PldAccountant, PrivacyAccountant};
use super::delta::{Delta, Epsilon};
use super::error::PrivacyError;
use super::event::DpEvent;

/// Something that was not read from the data, or may be known to all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// What is public.
    pub name: String,
    /// Why it may be.
    pub why: String,
}

/// The events of a release, composed as one, within a budget.
#[derive(Debug, Clone, PartialEq)]
pub struct Ledger {
    delta: Delta,
    budget: Option<Epsilon>,
    entries: Vec<(String, DpEvent)>,
    public: Vec<Declared>,
}

impl Ledger {
    /// An empty ledger; without a budget anything that can be bounded is booked.
    pub fn new(delta: Delta, budget: Option<Epsilon>) -> Self {
        Self {
            delta,
            budget,
            entries: Vec::new(),
            public: Vec::new(),
        }
    }

    /// Books an event before it is run. On an error nothing is booked, and the event must not run.
    ///
    /// # Errors
    /// The event cannot be bounded, its name is empty or taken, or the budget does not allow it.
    pub fn book(&mut self, name: &str, event: DpEvent) -> Result<(), PrivacyError> {
        self.check(name)?;
        let mut all = self.accountant(Neighbouring::AddRemove)?;
        all.compose(&event, 1)?;
        if let Some(budget) = self.budget {
            let after = all.epsilon(self.delta);
            if after > budget.get() {
                return Err(PrivacyError::Budget {
                    name: name.to_owned(),
                    before: self.epsilon(),
                    after,
                    budget: budget.get(),
                });
            }
        }
        self.entries.push((name.to_owned(), event));
        Ok(())
    }

    /// Declares something public, with the reason.
    ///
    /// # Errors
    /// A text is empty, or the name is taken.
    pub fn declare(&mut self, name: &str, why: &str) -> Result<(), PrivacyError> {
        self.check(name)?;
        if why.trim().is_empty() {
            return Err(PrivacyError::Nameless { what: "reason" });
        }
        let (name, why) = (name.to_owned(), why.to_owned());
        self.public.push(Declared { name, why });
        Ok(())
    }

    /// What this ledger holds and then all of another one, within a budget; without one, within that of
    /// this ledger. Names that are taken get a number.
    ///
    /// # Errors
    /// The ledgers are kept at different deltas, or the budget does not allow it.
    pub fn continued(&self, by: &Self, budget: Option<Epsilon>) -> Result<Self, PrivacyError> {
        if self.delta != by.delta {
            return Err(PrivacyError::Deltas {
                before: self.delta.get(),
                now: by.delta.get(),
            });
        }
        let mut both = self.clone();
        both.budget = budget.or(self.budget);
        for (name, event) in &by.entries {
            both.book(&both.free(name), event.clone())?;
        }
        for declared in &by.public {
            if !both.public.contains(declared) {
                both.declare(&both.free(&declared.name), &declared.why)?;
            }
        }
        Ok(both)
    }

    /// A name, with a number where it is taken.
    fn free(&self, name: &str) -> String {
        let numbered = (2..).map(|at| format!("{name} ({at})"));
        let mut names = [name.to_owned()].into_iter().chain(numbered);
        let free = names.find(|name| !matches!(self.check(name), Err(PrivacyError::Twice { .. })));
        free.expect("there are more numbers than names")
    }

    fn check(&self, name: &str) -> Result<(), PrivacyError> {
        if name.trim().is_empty() {
            return Err(PrivacyError::Nameless { what: "name" });
        }
        let mut taken = self.entries.iter().map(|(other, _)| other);
        let taken = taken.any(|other| other == name);
        if taken || self.public.iter().any(|other| other.name == name) {
            let name = name.to_owned();
            return Err(PrivacyError::Twice { name });
        }
        Ok(())
    }

    /// An accountant of all that is booked.
    pub(crate) fn accountant(&self, of: Neighbouring) -> Result<PldAccountant, PrivacyError> {
        let events = self.entries.iter().map(|(_, event)| event.clone());
        PldAccountant::of(of, &DpEvent::Composed(events.collect()))
    }

    /// Epsilon of all that is booked, composed, when a user is added or removed.
    pub fn epsilon(&self) -> f64 {
        let all = self.accountant(Neighbouring::AddRemove);
        all.expect("events are checked when they are booked")
            .epsilon(self.delta)
    }

    /// The delta it is kept at.
    pub fn delta(&self) -> Delta {
        self.delta
    }

    /// The epsilon that must not be passed.
    pub fn budget(&self) -> Option<Epsilon> {
        self.budget
    }

    /// What is booked, by name.
    pub fn entries(&self) -> &[(String, DpEvent)] {
        &self.entries
    }

    /// What was declared public.
    pub fn public(&self) -> &[Declared] {
        &self.public
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(delta: f64, sigma: f64, budget: f64) -> Ledger {
        let mut ledger = Ledger::new(Delta::new(delta).unwrap(), Epsilon::new(budget).ok());
        ledger.book("sums", DpEvent::gaussian(sigma)).unwrap();
        ledger.declare("items", "a public list").unwrap();
        ledger
    }

    #[test]
    fn ledgers_go_on_within_a_budget() {
        let (first, second) = (ledger(1e-6, 6.0, 0.8), ledger(1e-6, 8.0, 1.0));
        // 1/36 + 1/64 = 25/576: sigma 4.8.
        let both = first.continued(&second, Epsilon::new(2.0).ok()).unwrap();
        let one = PldAccountant::of(Neighbouring::AddRemove, &DpEvent::gaussian(4.8)).unwrap();
        let expected = one.epsilon(first.delta());
        assert!((both.epsilon() - expected).abs() < 1e-9);
        let names: Vec<&str> = both
            .entries()
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(names, ["sums", "sums (2)"]);
        assert_eq!(both.public().len(), 1);
        assert_eq!(both.budget().map(Epsilon::get), Some(2.0));
        let three = both.continued(&second, None).unwrap();
        assert_eq!(three.entries()[2].0, "sums (3)");
        // Without another budget that of the first holds.
        let (before, spent) = (first.clone(), first.epsilon());
        let Err(PrivacyError::Budget {
            before: said,
            after,
            budget,
            ..
        }) = first.continued(&second, None)
        else {
            panic!("the budget is passed")
        };
        assert!((said - spent).abs() < 1e-12 && after > 0.8 && budget <= 0.8);
        assert_eq!(first, before);
        let other = first.continued(&ledger(1e-7, 8.0, 1.0), Epsilon::new(9.0).ok());
        assert!(
            matches!(other, Err(PrivacyError::Deltas { .. })),
            "{other:?}"
        );
    }

    #[test]
    fn what_is_declared_otherwise_stays_beside() {
        let (first, mut second) = (ledger(1e-6, 6.0, 9.0), ledger(1e-6, 8.0, 1.0));
        second.declare("range", "1 to 5").unwrap();
        let mut third = Ledger::new(first.delta(), None);
        third.declare("items", "another list").unwrap();
        let both = first.continued(&second, None).unwrap();
        let all = both.continued(&third, None).unwrap();
        let names: Vec<&str> = all.public().iter().map(|d| d.name.as_str()).collect();
        assert_eq!(names, ["items", "range", "items (2)"]);
    }
}
