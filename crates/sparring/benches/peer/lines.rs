//! A log in lines, for a peer to read.

use std::fmt::Write as _;

use sparring::data::Dataset;

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
