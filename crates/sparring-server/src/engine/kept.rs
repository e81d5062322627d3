//! Lists that are still true: nobody's history changed, and no item, and no model.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Entries of a list that is kept.
pub(super) const LENGTH: usize = 100;
/// Users whose lists are kept, 800 bytes each; then all are let go of.
const USERS: usize = 50_000;

/// What a list depends on: the version of the history, the generation of the model, the state of the shelf.
pub(super) type Stamp = (u32, u64, u64);

/// Items by the state's indices, with their scores.
type List = Arc<[(u32, f32)]>;

/// Lists by user.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<HashMap<u32, (Stamp, List)>>);

impl Kept {
    /// The list of a user, if it is still true and long enough.
    pub(super) fn find(&self, user: u32, stamp: Stamp, needed: usize) -> Option<List> {
        let lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (made, list) = lists.get(&user)?;
        (*made == stamp && needed <= LENGTH).then(|| Arc::clone(list))
    }

    pub(super) fn keep(&self, user: u32, stamp: Stamp, list: List) {
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lists.len() >= USERS && !lists.contains_key(&user) {
            lists.clear();
        }
        lists.insert(user, (stamp, list));
    }

    pub(super) fn forget(&self, user: u32) {
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lists.remove(&user);
    }
}
