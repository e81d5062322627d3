//! Items that are absent from training.

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use sparring_wide::Seed;

use super::error::SplitError;
use super::parts::{Part, Split, Splitter, assemble, check_shares, check_size};
use super::random_ratio::share;
use crate::data::Dataset;

/// Holds out whole items, for recommenders that place what nobody has rated yet.
///
/// `round(share * I)` items are drawn for each part, among those that somebody has; all their interactions
/// go there. Validation items are known to the model that is reported on, as in every other split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ColdItems {
    /// Share of the items held out for validation, from 0 (none) to below 1.
    pub validation: f64,
    /// Share of the items held out for test, above 0 and below 1.
    pub test: f64,
}

impl Default for ColdItems {
    fn default() -> Self {
        Self {
            validation: 0.1,
            test: 0.2,
        }
    }
}

impl Splitter for ColdItems {
    fn split(&self, data: &Dataset, seed: Seed) -> Result<Split, SplitError> {
        check_shares(self.validation, self.test)?;
        check_size(data)?;
        let counts = data.item_counts();
        let mut items: Vec<usize> = (0..data.n_items()).filter(|at| counts[*at] > 0).collect();
        let n = items.len();
        items.shuffle(&mut seed.stream("cold-items"));
        let test = share(self.test, n);
        let validation = share(self.validation, n);
        if self.validation > 0.0 && validation == 0 {
            return Err(SplitError::Empty { part: "validation" });
        }
        let mut of_item = vec![Part::Train; data.n_items()];
        for (place, &item) in items.iter().enumerate() {
            if place < test {
                of_item[item] = Part::Test;
            } else if place < test + validation {
                of_item[item] = Part::Validation;
            }
        }
        let each = data.interactions().items();
        let labels: Vec<Part> = each.iter().map(|item| of_item[item.at()]).collect();
        assemble(data, &labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ItemIx;
    use crate::split::contract::planted;

    splitter_contract!(crate::split::ColdItems::default());

    #[test]
    fn an_item_is_in_one_part_alone() {
        let data = planted(1);
        let split = ColdItems::default().split(&data, Seed(3)).unwrap();
        let validation = split.validation.unwrap().relevant.item_counts();
        let parts = [
            split.train.item_counts(),
            validation,
            split.test.relevant.item_counts(),
        ];
        let total = data.item_counts();
        let mut sizes = [0; 3];
        for item in 0..data.n_items() {
            let whole: Vec<usize> = (0..3).filter(|part| parts[*part][item] > 0).collect();
            if total[item] > 0 {
                assert_eq!(whole.len(), 1, "{:?}", ItemIx(u32::try_from(item).unwrap()));
                assert_eq!(parts[whole[0]][item], total[item]);
                sizes[whole[0]] += 1;
            }
        }
        // 40 items: round(.1 * 40) and round(.2 * 40).
        assert_eq!(sizes, [28, 4, 8]);
    }

    #[test]
    fn a_share_without_an_item_is_refused() {
        let data = crate::split::contract::log(&[&[0, 1], &[2, 3]]);
        let error = ColdItems::default().split(&data, Seed(1)).unwrap_err();
        assert_eq!(error, SplitError::Empty { part: "validation" });
    }
}
