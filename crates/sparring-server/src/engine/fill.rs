//! Lists that need no model: popular and latest items, alone or where the model's list ends.

use std::collections::HashSet;

use super::{Answer, Engine, Ground, Listed, Loaded, Source, Wish};
use crate::state::State;

/// Which of the lists that are the same for everyone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shared {
    Popular,
    Latest,
}

impl Engine {
    /// The model's list by name, from `offset` on, filled up with popular and then with the latest items.
    pub(super) fn fill(
        &self,
        model: &Loaded,
        ground: &Ground,
        wish: &Wish,
        ranked: Vec<(u32, f32)>,
    ) -> Answer {
        let state = self.read();
        let needed = wish.offset + wish.n;
        let mut entries: Vec<(u32, f32, Source)> = ranked
            .into_iter()
            .map(|(item, score)| (item, score, Source::Model))
            .collect();
        if entries.len() < needed {
            let mut met: HashSet<u32> = ground.met.iter().copied().collect();
            met.extend(entries.iter().map(|entry| entry.0));
            let sorted = self.rankings.of(&state);
            let popular = sorted.popular.iter().map(|&item| (item, Source::Popular));
            let latest = sorted.latest.iter().map(|&item| (item, Source::Latest));
            for (item, source) in latest_last(popular, latest, &state) {
                if entries.len() == needed {
                    break;
                }
                if is_on_shelf(&state, item, &ground.categories) && met.insert(item) {
                    entries.push((item, shared_score(&state, item, source), source));
                }
            }
        }
        let listed = entries.into_iter().skip(wish.offset).take(wish.n);
        let mut answer = Answer::empty(model);
        answer.items = listed
            .map(|(item, score, source)| Listed {
                item: state.items.id(item).to_owned(),
                score,
                source,
                because: None,
            })
            .collect();
        answer
    }

    /// Popular or latest items in all of the categories, without those a user has seen.
    pub(crate) fn shared(
        &self,
        which: Shared,
        wish: &Wish,
        user: Option<&str>,
    ) -> Vec<(String, f64)> {
        let state = self.read();
        let Some(categories) = state.find_categories(&wish.categories) else {
            return Vec::new();
        };
        let met: HashSet<u32> = user
            .and_then(|user| state.find_user(user))
            .map(|user| state.history(user, crate::moment::Moment::now()))
            .map(|history| history.taste.into_iter().chain(history.seen).collect())
            .unwrap_or_default();
        let sorted = self.rankings.of(&state);
        let list = match which {
            Shared::Popular => &sorted.popular,
            Shared::Latest => &sorted.latest,
        };
        let items = list
            .iter()
            .filter(|item| !met.contains(item) && is_on_shelf(&state, **item, &categories))
            .filter(|item| which == Shared::Latest || state.facts(**item).popularity > 0);
        items
            .skip(wish.offset)
            .take(wish.n)
            .map(|&item| {
                let facts = state.facts(item);
                let score = match which {
                    Shared::Popular => f64::from(facts.popularity),
                    Shared::Latest => facts.time.map_or(0.0, |time| f64::from(time.secs())),
                };
                (state.items.id(item).to_owned(), score)
            })
            .collect()
    }
}

/// Popular items that anyone liked, the latest, and then the others.
fn latest_last<'a>(
    popular: impl Iterator<Item = (u32, Source)> + Clone + 'a,
    latest: impl Iterator<Item = (u32, Source)> + 'a,
    state: &'a State,
) -> impl Iterator<Item = (u32, Source)> + 'a {
    let liked = |entry: &(u32, Source)| state.facts(entry.0).popularity > 0;
    let others = popular.clone().skip_while(liked);
    popular.take_while(liked).chain(latest).chain(others)
}

pub(super) fn is_on_shelf(state: &State, item: u32, categories: &[u32]) -> bool {
    state.facts(item).blocked.is_none() && state.in_all(item, categories)
}

fn shared_score(state: &State, item: u32, source: Source) -> f32 {
    let facts = state.facts(item);
    match source {
        Source::Latest => facts.time.map_or(0.0, |time| time.secs() as f32),
        Source::Model | Source::Popular => facts.popularity as f32,
    }
}
