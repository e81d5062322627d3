//! The parts of a log and what each is for.

use sparring_wide::Seed;

use super::error::SplitError;
use crate::data::{Dataset, ItemIx};

/// Cuts a log into training, validation and test data.
pub trait Splitter {
    /// The parts of `data`; the same seed gives the same parts.
    ///
    /// # Errors
    /// [`SplitError`] if the settings are out of range or a part would be empty.
    fn split(&self, data: &Dataset, seed: Seed) -> Result<Split, SplitError>;
}

/// What a model may see of some users, and what it should then rank high.
#[derive(Debug, Clone, PartialEq)]
pub struct Holdout {
    /// The history of each user, excluded from its list.
    pub known: Dataset,
    /// The held-out interactions.
    pub relevant: Dataset,
    /// The training log, if the users here are absent from it: they are then scored by their
    /// history alone. `None` if `known` is the training log itself.
    pub absent_from: Option<Dataset>,
    /// The items that may be listed.
    pub candidates: Candidates,
}

/// Which items are ranked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Candidates {
    /// All.
    #[default]
    All,
    /// Those that nobody has in training.
    Cold,
    /// Those that somebody has in training.
    Warm,
}

/// The parts of a log. All of them share one vocabulary and no interaction is in two of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// What models are fitted on while settings are chosen.
    pub train: Dataset,
    /// What settings are chosen on.
    pub validation: Option<Holdout>,
    /// What is reported on, and never seen by tuning.
    pub test: Holdout,
}

/// One fit and its evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// What the model is fitted on.
    pub train: Dataset,
    /// What it is evaluated on.
    pub holdout: Holdout,
}

impl Holdout {
    /// A holdout of users of the training log `known`.
    pub fn new(known: Dataset, relevant: Dataset) -> Self {
        Self {
            known,
            relevant,
            absent_from: None,
            candidates: Candidates::All,
        }
    }

    /// A holdout of users who are not in the training log `train`.
    pub fn of_new_users(train: Dataset, known: Dataset, relevant: Dataset) -> Self {
        Self {
            known,
            relevant,
            absent_from: Some(train),
            candidates: Candidates::All,
        }
    }

    /// The log that models are fitted on before this evaluation.
    pub fn train(&self) -> &Dataset {
        self.absent_from.as_ref().unwrap_or(&self.known)
    }

    /// The items that may not be listed because of [`candidates`](Self::candidates), sorted.
    pub fn barred(&self) -> Vec<ItemIx> {
        let counts = match self.candidates {
            Candidates::All => return Vec::new(),
            _ => self.train().item_counts(),
        };
        let items = (0..).map(ItemIx).zip(counts);
        items
            .filter(|(_, count)| (*count > 0) == (self.candidates == Candidates::Cold))
            .map(|(item, _)| item)
            .collect()
    }

    /// Whether the users here are absent from the training log.
    pub fn has_new_users(&self) -> bool {
        self.absent_from.is_some()
    }
}

impl Stage {
    /// The same with these candidates alone in the lists.
    #[must_use]
    pub fn among(mut self, candidates: Candidates) -> Self {
        self.holdout.candidates = candidates;
        self
    }
}

impl Split {
    /// The same with these candidates alone in the lists, in validation and test.
    #[must_use]
    pub fn among(mut self, candidates: Candidates) -> Self {
        self.test.candidates = candidates;
        if let Some(validation) = &mut self.validation {
            validation.candidates = candidates;
        }
        self
    }

    /// What to do for every trial of tuning: fit on `train`, evaluate on `validation`.
    pub fn tuning(&self) -> Option<Stage> {
        self.validation.clone().map(|holdout| Stage {
            train: self.train.clone(),
            holdout,
        })
    }

    /// What to do once for the report: fit on all that is known before the test, evaluate on
    /// `test`.
    ///
    /// That is `train` and the validation interactions together, except where the test users are
    /// new: there the users of the validation part stay out, as in Liang et al. (2018).
    pub fn report(&self) -> Stage {
        Stage {
            train: self.test.train().clone(),
            holdout: self.test.clone(),
        }
    }
}

/// Where an interaction goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Train,
    Validation,
    Test,
}

/// The split in which the `n`-th interaction, row after row, goes to `labels[n]`.
pub(super) fn assemble(data: &Dataset, labels: &[Part]) -> Result<Split, SplitError> {
    let part = |wanted: fn(Part) -> bool| {
        let mut labels = labels.iter();
        data.filter(|_, _| {
            wanted(
                *labels
                    .next()
                    .expect("there is one label for each interaction"),
            )
        })
    };
    let train = part(|label| label == Part::Train);
    let test = part(|label| label == Part::Test);
    SplitError::if_empty("training", &train)?;
    SplitError::if_empty("test", &test)?;
    if !labels.contains(&Part::Validation) {
        let test = Holdout::new(train.clone(), test);
        return Ok(Split {
            train,
            validation: None,
            test,
        });
    }
    let validation = part(|label| label == Part::Validation);
    let known = part(|label| label != Part::Test);
    Ok(Split {
        validation: Some(Holdout::new(train.clone(), validation)),
        train,
        test: Holdout::new(known, test),
    })
}

/// Refuses a log in which there is nothing to rank or nobody to compare.
pub(super) fn check_size(data: &Dataset) -> Result<(), SplitError> {
    for (what, found) in [("users", data.n_users()), ("items", data.n_items())] {
        if found < 2 {
            return Err(SplitError::TooFew { what, found });
        }
    }
    Ok(())
}

/// Checks the shares of the validation part, where 0 means none, and of the test part.
pub(super) fn check_shares(validation: f64, test: f64) -> Result<(), SplitError> {
    for (name, found, lowest) in [
        ("validation", validation, 0.0),
        ("test", test, f64::EPSILON),
    ] {
        if !(lowest..1.0).contains(&found) {
            return Err(SplitError::Share { name, found });
        }
    }
    if validation + test >= 1.0 {
        return Err(SplitError::NothingLeft { validation, test });
    }
    Ok(())
}
