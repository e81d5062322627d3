//! Crowds from profiles.

use std::sync::Arc;

use crate::data::{Dataset, InteractionsBuilder, ItemIx, UserIx, Vocabulary};
use crate::fidelity::Crowd;

/// Users with these items of a catalogue, one at least each, named by their numbers.
pub(super) fn crowd_of<R>(rows: impl IntoIterator<Item = R>, items: &Arc<Vocabulary>) -> Crowd
where
    R: IntoIterator<Item = u32>,
{
    let (mut builder, mut users) = (InteractionsBuilder::new(), 0);
    for row in rows {
        for item in row {
            builder.push(UserIx(users), ItemIx(item), None, None);
        }
        users += 1;
    }
    let names = (0..users).map(|user| user.to_string()).collect();
    let users = usize::try_from(users).expect("an index");
    let rows = builder.build(users);
    Crowd::of(Dataset::new(Arc::new(names), Arc::clone(items), rows))
}
