//! The statistics of a log beside those of the real one.

use serde::{Deserialize, Serialize};

use super::activity::Activity;
use super::cooccurrence::Cooccurrence;
use super::logs::Crowd;
use super::popularity::Popularity;
use super::ratings::Ratings;
use super::times::Times;

/// How far the statistics of a log are those of the real one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Likeness {
    /// How often items are chosen.
    pub popularity: Popularity,
    /// How many items users have.
    pub activity: Activity,
    /// Which items stand together.
    pub cooccurrence: Cooccurrence,
    /// How items are rated, where both logs have ratings.
    pub ratings: Option<Ratings>,
    /// When things happen, where both logs have times.
    pub times: Option<Times>,
}

impl Likeness {
    /// Of real users and others.
    pub fn of(real: &Crowd, other: &Crowd) -> Self {
        Self {
            popularity: Popularity::of(real, other),
            activity: Activity::of(real, other),
            cooccurrence: Cooccurrence::of(real, other),
            ratings: Ratings::of(real, other),
            times: Times::of(real, other),
        }
    }
}

#[cfg(test)]
mod tests {
    use sparring_wide::Seed;

    use super::*;
    use crate::data::PlantedConfig;
    use crate::fidelity::checks::close;

    #[test]
    fn a_log_is_like_itself() {
        for seed in 0..3 {
            let planted = PlantedConfig {
                n_users: 60,
                n_items: 300,
                mean_events: 40.0,
                ..Default::default()
            };
            let crowd = Crowd::of(planted.generate(Seed(seed)).data);
            let found = Likeness::of(&crowd, &crowd);
            close(Some(found.popularity.js_bits), 0.0);
            close(found.popularity.spearman_tail, 1.0);
            close(Some(found.popularity.coverage), 1.0);
            close(Some(found.activity.ks), 0.0);
            close(found.cooccurrence.top_200, 1.0);
            close(found.cooccurrence.ranks_200_to_400, 1.0);
            let ratings = found.ratings.unwrap();
            close(Some(ratings.total_variation), 0.0);
            assert!(ratings.by_decile.iter().all(|&tv| tv == Some(0.0)));
            let times = found.times.unwrap();
            for figure in [times.gap_ks, times.week_tv, times.transition_js] {
                close(figure, 0.0);
            }
        }
    }
}
