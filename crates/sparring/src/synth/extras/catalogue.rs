//! Which items there are, where no list of them is public: those that enough users have.
//!
//! ```text
//! s_i = sum_u [i in S_u] / sqrt(|S_u|) + N(0, sigma^2),   told where s_i > rho
//! rho = max over 1 <= t <= T of  1 / sqrt(t) + sigma Phi^-1((1 - delta)^(1/t))
//! ```
//!
//! A weighted Gaussian set union (Gopi, Gulhane, Kulkarni, Shen, Shokouhi and Yekhanin,
//! "Differentially private set union", ICML 2020, section 4), with a weight of `1 / sqrt(|S_u|)` on
//! each item rather than one that depends on the users before. `S_u` are the items of user `u`; of more
//! than `T` those `T` with the least hash of the item's id and of all ids of this user, so that
//! nobody else has a say in it.
//!
//! Proof. Of two logs that differ by user `u`, let `t` of the items of `u` be nobody else's. Over all other
//! items the sums move by a vector of norm 1 at most: a Gaussian look. The sums of the `t` items are
//! `1 / sqrt(|S_u|) <= 1 / sqrt(t)` and noise, so that the chance that none of them is above `rho` is
//! `Phi((rho - 1 / sqrt(|S_u|)) / sigma)^t >= 1 - delta`. Unless one of them is told, the outputs are
//! those of a Gaussian look without them: an infinite loss of chance `delta` beside a Gaussian one
//! bounds both directions. Such an event is booked.

use sparring_wide::Seed;

use crate::data::{Dataset, ItemIx, UserIx};
use crate::privacy::{DiscreteGaussian, beyond};
use crate::synth::private::MARGIN;
use crate::synth::private::sketch::{noisy, units, whole};

/// The ids of the items above the threshold, in their order.
pub(super) fn released(log: &Dataset, (sigma, delta): (f64, f64), most: usize) -> Vec<String> {
    let (one, scale) = units(sigma * MARGIN);
    let mut sums: Vec<i64> = vec![0; log.n_items()];
    for user in log.user_indices() {
        let items = counted(log, user, most);
        let weight = whole(one / (items.len().max(1) as f64).sqrt());
        for item in items {
            sums[item.at()] += weight;
        }
    }
    // An item that nobody has, for instance of events that were filtered out, is not looked at.
    let met: Vec<usize> = (0..sums.len()).filter(|&item| sums[item] > 0).collect();
    let values: Vec<i64> = met.iter().map(|&item| sums[item]).collect();
    let noise = scale as f64 / one;
    // The discrete noise passes a whole number as seldom as the normal one passes the number below.
    let limit = (threshold(noise, delta, most) * one).ceil() + 1.0;
    let law = DiscreteGaussian::new(scale);
    let above = noisy(&values, Some(law), |sum| sum > limit);
    let told = met.into_iter().zip(above).filter(|(_, above)| *above);
    let ids: Vec<&str> = log.items().iter().collect();
    let mut told: Vec<String> = told.map(|(item, _)| ids[item].to_owned()).collect();
    // The order in which the log meets them tells something of it.
    told.sort_unstable();
    told
}

/// `rho` for items of which a user adds at most `most`.
fn threshold(sigma: f64, delta: f64, most: usize) -> f64 {
    let of = |t: usize| {
        let t = t as f64;
        // 1 - (1 - delta)^(1/t), without cancellation.
        let tail = -((-delta).ln_1p() / t).exp_m1();
        t.sqrt().recip() + sigma * beyond(tail)
    };
    (1..=most).map(of).fold(0.0, f64::max)
}

/// The items of a user that count, each once: chosen by the user's own items alone.
fn counted(log: &Dataset, user: UserIx, most: usize) -> Vec<ItemIx> {
    let mut items = log.history(user).to_vec();
    items.sort_unstable();
    items.dedup();
    if items.len() <= most {
        return items;
    }
    let id = |item: ItemIx| log.items().id(item.0);
    let own = items
        .iter()
        .fold(0, |own, item| own ^ Seed(0).derive(id(*item)).0);
    items.sort_by_cached_key(|item| Seed(own).derive(id(*item)).0);
    items.truncate(most);
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::log;

    #[test]
    fn a_threshold_by_hand() {
        // t = 1: 1 + 2 Phi^-1(.99) = 1 + 2 * 2.326348 = 5.652696;
        // t = 2: .707107 + 2 Phi^-1(.99^.5 = .994987) = .707107 + 2 * 2.574961 = 5.857029;
        // t = 3: .577350 + 2 Phi^-1(.996655) = .577350 + 2 * 2.711942 = 6.001233.
        assert!((threshold(2.0, 0.01, 1) - 5.652_696).abs() < 1e-5);
        assert!((threshold(2.0, 0.01, 2) - 5.857_029).abs() < 1e-4);
        assert!((threshold(2.0, 0.01, 3) - 6.001_233).abs() < 1e-3);
        // Little noise: one item alone decides.
        assert!((threshold(1e-9, 0.01, 1000) - 1.0).abs() < 1e-6);
        // The chance that one item of one user is told, as it is booked.
        let rho = threshold(2.0, 1e-6, 1);
        let told = 0.5 * libm::erfc((rho - 1.0) / 2.0 / std::f64::consts::SQRT_2);
        assert!(told <= 1e-6 && told > 0.999e-6, "{told}");
    }

    #[test]
    fn items_of_many_users_are_told_and_rare_ones_are_not() {
        // 1,000 users of item 3 (and 2 of item 1); user u alone has item 10 + u.
        let pairs = (0..1000).flat_map(|user| {
            let rare = (user < 2).then_some((user, 1));
            [(user, 3), (user, 10 + user)].into_iter().chain(rare)
        });
        let log = log(1000, 1010, pairs);
        let told = released(&log, (4.0, 1e-6), 1000);
        // 1,000 / sqrt(2) = 707 is far above 1 + 4 * 6; of the rest one is told with chance 1e-3.
        assert_eq!(told, [log.items().id(3)]);
    }

    #[test]
    fn the_chance_of_a_lonely_item_is_the_one_booked() {
        // 4,000 users with an item each of their own and delta 1/10: 400 are told, give or take
        // four standard errors of 19.
        let log = log(4000, 4000, (0..4000).map(|user| (user, user)));
        let told = released(&log, (3.0, 0.1), 1).len();
        assert!(told.abs_diff(400) < 76, "{told}");
        // With more items allowed the threshold is higher, and fewer are told.
        assert!(released(&log, (3.0, 0.1), 50).len() < 60);
    }

    #[test]
    fn a_long_user_counts_for_some_items_chosen_by_that_user_alone() {
        let first = (0..30).map(|item| (1, item));
        let one = log(2, 40, first.clone().chain([(0, 35)]));
        let counted_of = |log: &Dataset, user| {
            let ids = counted(log, UserIx(user), 8);
            let mut ids: Vec<String> = ids
                .iter()
                .map(|item| log.items().id(item.0).to_owned())
                .collect();
            ids.sort_unstable();
            ids
        };
        let found = counted_of(&one, 1);
        assert_eq!(found.len(), 8);
        // Another user less, or other users before, change nothing.
        let other = log(
            5,
            40,
            first
                .clone()
                .map(|(_, item)| (4, item))
                .chain([(0, 2), (1, 3)]),
        );
        assert_eq!(counted_of(&other, 4), found);
        // An item more draws anew.
        let more = log(2, 40, first.chain([(1, 33)]));
        assert_ne!(counted_of(&more, 1), found);
        assert_eq!(counted_of(&one, 0).len(), 1);
    }
}
