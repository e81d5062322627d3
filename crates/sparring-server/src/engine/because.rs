//! Reasons: the items of the history that added most to a score.

use std::sync::Arc;

use sparring::data::ItemIx;
use sparring::recommend::{self, Query};

use super::{Answer, Because, Engine, Ground, Loaded, Source, Who, Wish};

/// What became of a request for reasons.
#[derive(Debug)]
pub(crate) enum Explained {
    /// No such user.
    NoUser,
    /// No such item.
    NoItem,
    /// The model does not know the item, or nothing of the history.
    Unknown,
    /// This kind of model cannot tell.
    Silent,
    /// The reasons.
    Told(Vec<Because>),
}

impl Engine {
    /// Adds reasons to every entry that comes from the model.
    pub(super) async fn explain_all(
        &self,
        model: &Arc<Loaded>,
        ground: Ground,
        most: usize,
        answer: &mut Answer,
    ) {
        let items: Vec<(usize, ItemIx)> = {
            let entries = answer.items.iter().enumerate();
            entries
                .filter(|(_, entry)| entry.source == Source::Model)
                .filter_map(|(at, entry)| {
                    Some((at, ItemIx(model.artifact.items.get(&entry.item)?)))
                })
                .collect()
        };
        let with = Arc::clone(model);
        let told = self.scorer.work(move || {
            let each = items.into_iter();
            each.map(|(at, item)| (at, reasons(&with, &ground, item, most)))
                .collect::<Vec<_>>()
        });
        for (at, because) in told.await {
            answer.items[at].because = because;
        }
    }

    /// Why a user would be given an item.
    pub(crate) async fn explain(&self, user: &str, item: &str, most: usize) -> Explained {
        let model = self.model();
        {
            let state = self.read();
            if state.find_user(user).is_none() {
                return Explained::NoUser;
            }
            if state.find_item(item).is_none() {
                return Explained::NoItem;
            }
        }
        let who = Who::User(user.to_owned());
        let known = model.artifact.items.get(item).map(ItemIx);
        let (Some(ground), Some(item)) = (self.ground(&model, &who, &Wish::default()), known)
        else {
            return Explained::Unknown;
        };
        if ground.taste.is_empty() {
            return Explained::Unknown;
        }
        let told = self
            .scorer
            .work(move || reasons(&model, &ground, item, most));
        told.await.map_or(Explained::Silent, Explained::Told)
    }
}

/// Reasons by external ids; `None` if the model cannot tell.
fn reasons(model: &Loaded, ground: &Ground, item: ItemIx, most: usize) -> Option<Vec<Because>> {
    let query = Query {
        user: ground.user,
        history: &ground.taste,
    };
    let told = recommend::reasons(&*model.artifact.model, &query, item, most);
    let named = told.ok().flatten()?.into_iter().map(|reason| Because {
        item: model.artifact.items.id(reason.item.0).to_owned(),
        contribution: reason.contribution,
        share: reason.share,
    });
    Some(named.collect())
}
