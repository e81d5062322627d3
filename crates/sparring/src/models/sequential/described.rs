//! A network whose items are told by their features too, as long as it is trained.

use std::sync::Arc;

use sparring_deep::{Network, Noise, Shared};
use sparring_wide::Matrix;

use super::training::Learner;
use super::windows::Window;
use crate::data::{ItemFeatures, ItemIx};

/// Another network with features of items.
///
/// ```text
/// E_i = e_i + 1 / |f(i)| sum_{f in f(i)} F_f        F [F, K] begins at 0
/// ```
///
/// Items of the same kind share what is learnt of the kind, which helps those seen rarely. Once trained
/// [`folded`](Self::folded) gives the plain network with the sums in its table: a saved model neither
/// holds features nor needs them.
#[derive(Debug, Clone)]
pub(super) struct Described<N> {
    plain: N,
    features: Arc<ItemFeatures>,
    /// `F [F, K]`
    table: Matrix,
}

impl<N: Learner> Described<N> {
    pub(super) fn new(plain: N, features: Arc<ItemFeatures>) -> Self {
        let width = plain.weights()[0].cols;
        Self {
            plain,
            table: Matrix::zeros(features.n_features(), width),
            features,
        }
    }

    /// The plain network with features added to its items.
    pub(super) fn folded(&self) -> N {
        let mut plain = self.plain.clone();
        let mut weights = plain.weights_mut();
        let items = &mut *weights[0];
        for (item, share, feature) in self.pairs() {
            let from = self.table.row(feature);
            for (to, from) in items.row_mut(item).iter_mut().zip(from) {
                *to += share * from;
            }
        }
        plain
    }

    /// Each item with each of its features and what that counts.
    fn pairs(&self) -> impl Iterator<Item = (usize, f32, usize)> {
        let items = 0..u32::try_from(self.features.n_items()).expect("fewer than 2^32 items");
        items.flat_map(|item| {
            let own = self.features.of_item(ItemIx(item));
            let share = (own.len() as f32).recip();
            own.iter()
                .map(move |feature| (item as usize, share, *feature as usize))
        })
    }
}

impl<N: Learner> Network for Described<N> {
    fn names(&self) -> Vec<String> {
        let mut names = self.plain.names();
        names.push("features".to_owned());
        names
    }

    fn weights(&self) -> Vec<&Matrix> {
        let mut weights = self.plain.weights();
        weights.push(&self.table);
        weights
    }

    fn weights_mut(&mut self) -> Vec<&mut Matrix> {
        let mut weights = self.plain.weights_mut();
        weights.push(&mut self.table);
        weights
    }
}

impl<N: Learner> Learner for Described<N> {
    type Log = N::Log;

    fn targets(events: usize) -> usize {
        N::targets(events)
    }

    fn differentiate(
        &self,
        log: &N::Log,
        windows: &[Window],
        shared: Option<&Shared>,
        noise: Noise,
    ) -> (f64, Vec<Matrix>) {
        let (loss, mut by_weights) = self.folded().differentiate(log, windows, shared, noise);
        let mut by_table = Matrix::zeros(self.table.rows, self.table.cols);
        for (item, share, feature) in self.pairs() {
            let from = by_weights[0].row(item);
            for (to, from) in by_table.row_mut(feature).iter_mut().zip(from) {
                *to += share * from;
            }
        }
        by_weights.push(by_table);
        (loss, by_weights)
    }
}

#[cfg(test)]
mod tests {
    use sparring_deep::{Device, NextItem, Transformer, TransformerSizes};
    use sparring_wide::{Seed, normal};

    use super::*;
    use crate::data::UserIx;
    use crate::split::contract::log;

    fn described() -> Described<NextItem<Transformer>> {
        let sizes = TransformerSizes {
            width: 4,
            heads: 2,
            layers: 1,
            feedforward: 6,
            dropout: 0.0,
            recency: false,
        };
        let body = Transformer::new(sizes, Device::Cpu, Seed(1));
        let plain = NextItem::new((4, 6, 4), body, 0.0, Seed(2));
        let features = ItemFeatures::new(&[vec![0], vec![0, 1], vec![1], vec![]]);
        Described::new(plain, Arc::new(features))
    }

    #[test]
    fn an_item_is_itself_and_the_mean_of_its_features() {
        let mut network = described();
        assert_eq!(network.folded().weights(), network.plain.weights());
        network.table = Matrix::from_vec(2, 4, vec![1.0, 2.0, 3.0, 4.0, 3.0, 0.0, 1.0, 0.0]);
        let (own, folded) = (network.plain.weights()[0], network.folded());
        let added = |item: usize| -> Vec<f32> {
            let pair = folded.weights()[0].row(item).iter().zip(own.row(item));
            pair.map(|(with, without)| (with - without).round())
                .collect()
        };
        assert_eq!(added(0), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(added(1), [2.0, 1.0, 2.0, 2.0]);
        assert_eq!(added(3), [0.0; 4]);
    }

    #[test]
    fn derivatives_by_features_are_those_of_differences() {
        let data = log(&[&[0, 1, 2, 3], &[2, 0, 1]]);
        let windows = [(0, 3), (1, 2)].map(|(user, to)| Window {
            user: UserIx(user),
            from: 0,
            to,
        });
        let noise = Noise {
            seed: Seed(3),
            step: 0,
        };
        let mut network = described();
        network.table = normal(2, 4, 0.5, Seed(5));
        let (_, found) = network.differentiate(&data, &windows, None, noise);
        assert_eq!(found.len(), network.names().len());
        let found = found.last().unwrap();
        for entry in 0..8 {
            let moved = |by: f32| {
                let mut moved = network.clone();
                moved.table.data[entry] += by;
                moved.differentiate(&data, &windows, None, noise).0
            };
            let expected = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            let found = f64::from(found.data[entry]);
            assert!((found - expected).abs() < 2e-3, "{found} {expected}");
        }
    }
}
