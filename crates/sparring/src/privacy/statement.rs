//! What a ledger says to others: `ledger.json`.

use serde::{Deserialize, Serialize};

use super::accountant::{Neighbouring, PldAccountant, PrivacyAccountant};
use super::delta::{Delta, Epsilon};
use super::error::PrivacyError;
use super::event::DpEvent;
use super::ledger::{Declared, Ledger};
use super::renyi::RenyiAccountant;

/// How far a claim may lie below its events, for another machine's last digits.
const LAST_DIGITS: f64 = 1e-6;

/// Epsilons of an event or of all; absent where it is infinite.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// When a user is added or removed, the larger of both: the guarantee.
    pub epsilon: Option<f64>,
    /// When a user is removed.
    pub remove: Option<f64>,
    /// When a user is added.
    pub add: Option<f64>,
    /// When a user is replaced by another one.
    pub replace_one: Option<f64>,
    /// By Renyi divergences, add or remove: for comparison only.
    pub renyi: Option<f64>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Booked {
    /// What was released.
    pub name: String,
    /// How.
    pub event: DpEvent,
    /// What it costs on its own.
    pub alone: Cost,
}

/// A ledger with its figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The version of this program.
    pub version: String,
    /// Whose presence is hidden: `user`.
    pub unit: String,
    /// The chance with which the guarantee may fail.
    pub delta: Delta,
    /// The epsilon that was not to be passed.
    pub budget: Option<Epsilon>,
    /// The noisy looks at the data.
    pub events: Vec<Booked>,
    /// All of them composed.
    pub composed: Cost,
    /// What was declared public.
    pub public: Vec<Declared>,
    /// SHA-256 of the tensors of the synthesizer that came of it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<String>,
}

impl Cost {
    /// Of an event at a delta.
    ///
    /// # Errors
    /// The event cannot be bounded.
    pub fn of(event: &DpEvent, delta: Delta) -> Result<Self, PrivacyError> {
        let (remove, add) = PldAccountant::of(Neighbouring::AddRemove, event)?.directions(delta);
        let replaced = PldAccountant::of(Neighbouring::ReplaceOne, event)?.epsilon(delta);
        let mut renyi = RenyiAccountant::default();
        renyi.compose(event, 1)?;
        let finite = |epsilon: f64| epsilon.is_finite().then_some(epsilon);
        Ok(Self {
            epsilon: finite(remove.max(add)),
            remove: finite(remove),
            add: finite(add),
            replace_one: finite(replaced),
            renyi: finite(renyi.epsilon(delta)),
        })
    }
}

impl Ledger {
    /// All figures.
    pub fn statement(&self) -> Statement {
        let cost = |event: &DpEvent| {
            Cost::of(event, self.delta()).expect("events are checked when they are booked")
        };
        let events = self.entries().iter().map(|(name, event)| Booked {
            name: name.clone(),
            event: event.clone(),
            alone: cost(event),
        });
        let all = self.entries().iter().map(|(_, event)| event.clone());
        Statement {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            unit: "user".to_owned(),
            delta: self.delta(),
            budget: self.budget(),
            composed: cost(&DpEvent::Composed(all.collect())),
            events: events.collect(),
            public: self.public().to_vec(),
            artifact: None,
        }
    }
}

impl Statement {
    /// As it is written: `ledger.json`.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec_pretty(self).expect("a ledger is plain values");
        json.push(b'\n');
        json
    }

    /// The guarantee in words.
    pub fn guarantee(&self) -> String {
        let epsilon = self.composed.epsilon.unwrap_or(f64::INFINITY);
        let delta = self.delta.get();
        format!("epsilon {epsilon:.4}, delta {delta:e} for every user, added or removed")
    }

    /// The ledger behind it, once its claims are found to cover what its events cost.
    ///
    /// # Errors
    /// An event cannot be bounded, an entry is no entry, or a claim is too low.
    pub fn ledger(&self) -> Result<Ledger, PrivacyError> {
        let mut ledger = Ledger::new(self.delta, self.budget);
        for Booked { name, event, alone } in &self.events {
            ledger.book(name, event.clone())?;
            covers(name, alone, &Cost::of(event, self.delta)?)?;
        }
        for Declared { name, why } in &self.public {
            ledger.declare(name, why)?;
        }
        covers("composed", &self.composed, &ledger.statement().composed)?;
        Ok(ledger)
    }

    /// Reads `ledger.json` and checks it.
    ///
    /// # Errors
    /// As [`Statement::ledger`], or the text is no ledger.
    pub fn read(text: &str) -> Result<Self, PrivacyError> {
        let found: Self = serde_json::from_str(text).map_err(|error| PrivacyError::Unreadable {
            reason: error.to_string(),
        })?;
        found.ledger()?;
        Ok(found)
    }
}

/// Whether the figures claimed are at least those found.
fn covers(name: &str, claimed: &Cost, found: &Cost) -> Result<(), PrivacyError> {
    let pairs = [
        ("epsilon", claimed.epsilon, found.epsilon),
        ("remove", claimed.remove, found.remove),
        ("add", claimed.add, found.add),
        ("replace_one", claimed.replace_one, found.replace_one),
    ];
    for (which, claimed, found) in pairs {
        let (claimed, found) = (
            claimed.unwrap_or(f64::INFINITY),
            found.unwrap_or(f64::INFINITY),
        );
        let enough = claimed >= found || claimed >= found * (1.0 - LAST_DIGITS) - LAST_DIGITS;
        if !enough {
            return Err(PrivacyError::Claim {
                name: format!("{which} of `{name}`"),
                claimed,
                found,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger() -> Ledger {
        let budget = Some(Epsilon::new(3.0).unwrap());
        let mut ledger = Ledger::new(Delta::new(1e-6).unwrap(), budget);
        ledger.book("sketch", DpEvent::gaussian(2.5)).unwrap();
        ledger
            .book("users", DpEvent::Laplace { scale: 20.0 })
            .unwrap();
        ledger
            .declare("items", "the catalogue is on the web")
            .unwrap();
        ledger
    }

    #[test]
    fn composed_is_less_than_the_sum_and_more_than_each() {
        let said = ledger().statement();
        let alone: Vec<f64> = said
            .events
            .iter()
            .map(|event| event.alone.epsilon.unwrap())
            .collect();
        let composed = said.composed.epsilon.unwrap();
        assert!(composed < alone.iter().sum() && alone.iter().all(|one| *one < composed));
        assert!((alone[1] - 0.05).abs() < 1e-4);
        let Cost {
            replace_one, renyi, ..
        } = said.composed;
        assert!(replace_one.unwrap() > composed && renyi.unwrap() > composed);
    }

    #[test]
    fn it_survives_json() {
        let said = ledger().statement();
        let text = serde_json::to_string_pretty(&said).unwrap();
        let read = Statement::read(&text).unwrap();
        assert_eq!(read.ledger().unwrap(), ledger());
        let words = said.guarantee();
        assert!(
            words.starts_with("epsilon ") && words.contains("delta 1e-6 for"),
            "{words}"
        );
        assert!(text.contains("\"noise_multiplier\": 2.5") && text.contains("\"unit\": \"user\""));
    }

    #[test]
    fn a_claim_that_is_too_low_is_found() {
        let mut said = ledger().statement();
        said.composed.epsilon = Some(0.5);
        let text = serde_json::to_string(&said).unwrap();
        assert!(matches!(
            Statement::read(&text),
            Err(PrivacyError::Claim { .. })
        ));
        let mut said = ledger().statement();
        said.events[0].event = DpEvent::gaussian(2.4);
        assert!(matches!(said.ledger(), Err(PrivacyError::Claim { .. })));
        let mut said = ledger().statement();
        said.events[0].event = DpEvent::NonPrivate;
        assert!(matches!(said.ledger(), Err(PrivacyError::Budget { .. })));
        assert!(matches!(
            Statement::read("{}"),
            Err(PrivacyError::Unreadable { .. })
        ));
    }

    #[test]
    fn what_a_ledger_refuses() {
        let mut ledger = ledger();
        let before = ledger.clone();
        let over = ledger.book("more", DpEvent::gaussian(1.5));
        assert!(matches!(over, Err(PrivacyError::Budget { .. })), "{over:?}");
        let naked = ledger.book("raw", DpEvent::NonPrivate);
        assert!(matches!(
            naked,
            Err(PrivacyError::Budget {
                after: f64::INFINITY,
                ..
            })
        ));
        let twice = ledger.book("sketch", DpEvent::gaussian(50.0));
        assert!(matches!(twice, Err(PrivacyError::Twice { .. })));
        assert!(matches!(
            ledger.declare("users", "why not"),
            Err(PrivacyError::Twice { .. })
        ));
        assert!(matches!(
            ledger.declare("x", " "),
            Err(PrivacyError::Nameless { .. })
        ));
        assert!(matches!(
            ledger.book("", DpEvent::gaussian(9.0)),
            Err(PrivacyError::Nameless { .. })
        ));
        let shuffled = DpEvent::FixedSize {
            sample_rate: 0.1,
            event: Box::new(DpEvent::gaussian(9.0)),
        };
        assert!(matches!(
            ledger.book("sgd", shuffled),
            Err(PrivacyError::Unbounded { .. })
        ));
        assert_eq!(ledger, before);
    }
}
