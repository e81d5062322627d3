//! A log of the size of MovieLens-1M, and in lines, for a peer to read.

use std::fmt::Write as _;

use sparring::Seed;
use sparring::data::{Dataset, PlantedConfig};

/// 6,040 users, 3,706 items and about 800,000 events that never happened.
pub(crate) fn log() -> Dataset {
    let planted = PlantedConfig {
        n_users: 6040,
        n_items: 3706,
        mean_events: 132.0,
        ..PlantedConfig::default()
    };
    planted.generate(Seed(1)).data
}

/// The numbers of users and items, then the distinct items of each user, a line each.
pub(crate) fn as_lines(data: &Dataset) -> String {
    let mut lines = format!("{} {}\n", data.n_users(), data.n_items());
    for user in data.user_indices() {
        let mut row: Vec<u32> = data.history(user).iter().map(|item| item.0).collect();
        row.sort_unstable();
        row.dedup();
        for item in row {
            write!(lines, "{item} ").expect("a string takes all");
        }
        lines.push('\n');
    }
    lines
}
