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
