//! Recommenders before simulated users, who take an item of a list, look at the next list, or leave.
//!
//! ```text
//! leave     with the chance that the model of behaviour gives to an hour or more, or to nothing, after the history
//! take i    with p(i | history) over the items that the user has not had, for i in the list
//! skip      otherwise; the next list has other items
//! ```

use rand::RngExt;
use serde::{Deserialize, Serialize};
use sparring_wide::{Seed, Stream};

use super::error::ExperimentError;
use crate::data::{Dataset, ItemIx, UserIx};
use crate::eval::{BootstrapConfig, Difference, paired_difference};
use crate::recommend::{Behaviour, Cancel, Event, Outlook, Query, Recommender, top_k};

/// How users meet a recommender.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sessions {
    /// Items of a list.
    pub list: usize,
    /// Lists in a row without anything taken after which a user leaves.
    pub patience: usize,
    /// Lists of a session at most.
    pub most: usize,
    /// The gap that ends a session, in the unit of the log.
    pub hour: u64,
    /// Users.
    pub users: usize,
    /// Seed of everything drawn by lot.
    pub seed: Seed,
}

/// What came of a recommender.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Met {
    /// Its name.
    pub policy: String,
    /// Items taken in a session.
    pub clicks: f64,
    /// The same less that of the first policy, with its interval over users.
    pub difference: Option<[f64; 3]>,
    /// Lists looked at in a session.
    pub depth: f64,
    /// Share of the lists of which an item was taken.
    pub taken: f64,
    /// Share of real test events that stand in its list after the real history.
    pub real: Option<f64>,
}

/// A user in a session.
struct Visit {
    history: Vec<Event>,
    shown: Vec<ItemIx>,
    clicks: u32,
    lists: u32,
    skipped: usize,
    stream: Stream,
    gone: bool,
}

impl Sessions {
    /// Lets users with these histories meet each policy, all with the same luck.
    ///
    /// `test` has what users really did next.
    ///
    /// # Errors
    /// If a model cannot score a history, or a stop is requested.
    pub fn hold(
        &self,
        behaviour: &dyn Behaviour,
        log: &Dataset,
        (policies, test): (&[(String, &dyn Recommender)], Option<&Dataset>),
        cancel: &Cancel,
    ) -> Result<Vec<Met>, ExperimentError> {
        let users = self.drawn(log);
        let mut rows: Vec<Met> = Vec::new();
        let mut first: Vec<f64> = Vec::new();
        for (name, policy) in policies {
            let visits = self.visits(behaviour, log, (&users, *policy), cancel)?;
            let clicks: Vec<f64> = visits.iter().map(|visit| f64::from(visit.clicks)).collect();
            let lists: f64 = visits.iter().map(|visit| f64::from(visit.lists)).sum();
            let n = visits.len().max(1) as f64;
            let difference = (!first.is_empty()).then(|| {
                let config = BootstrapConfig {
                    seed: self.seed.derive("bootstrap"),
                    ..BootstrapConfig::default()
                };
                let Difference {
                    mean, low, high, ..
                } = paired_difference(&clicks, &first, &config);
                [mean, low, high]
            });
            let total: f64 = clicks.iter().sum();
            if first.is_empty() {
                first = clicks;
            }
            rows.push(Met {
                policy: name.clone(),
                clicks: total / n,
                difference,
                depth: lists / n,
                taken: total / lists.max(1.0),
                real: test.map(|test| self.real(log, *policy, test)).transpose()?,
            });
        }
        Ok(rows)
    }

    /// Users with a history, drawn by lot.
    fn drawn(&self, log: &Dataset) -> Vec<UserIx> {
        let all: Vec<UserIx> = log
            .user_indices()
            .filter(|u| !log.history(*u).is_empty())
            .collect();
        let mut stream = self.seed.stream("users");
        let n = self.users.min(all.len());
        let mut chosen = rand::seq::index::sample(&mut stream, all.len(), n).into_vec();
        chosen.sort_unstable();
        chosen.into_iter().map(|at| all[at]).collect()
    }

    fn visits(
        &self,
        behaviour: &dyn Behaviour,
        log: &Dataset,
        (users, policy): (&[UserIx], &dyn Recommender),
        cancel: &Cancel,
    ) -> Result<Vec<Visit>, ExperimentError> {
        let mut visits: Vec<Visit> = users
            .iter()
            .map(|&user| Visit {
                history: Event::history(log, user),
                shown: Vec::new(),
                clicks: 0,
                lists: 0,
                skipped: 0,
                stream: self.seed.stream_at("visit", user.0.into()),
                gone: false,
            })
            .collect();
        for _ in 0..self.most {
            if cancel.is_requested() {
                return Err(ExperimentError::Cancelled);
            }
            let mut here: Vec<&mut Visit> = visits.iter_mut().filter(|visit| !visit.gone).collect();
            if here.is_empty() {
                break;
            }
            for part in here.chunks_mut(256) {
                self.round(behaviour, policy, part)?;
            }
        }
        Ok(visits)
    }

    /// One list for each visitor.
    fn round(
        &self,
        behaviour: &dyn Behaviour,
        policy: &dyn Recommender,
        here: &mut [&mut Visit],
    ) -> Result<(), ExperimentError> {
        let outlooks = {
            let histories: Vec<&[Event]> = here.iter().map(|visit| &visit.history[..]).collect();
            behaviour.outlooks(&histories)?
        };
        let items: Vec<Vec<ItemIx>> = here
            .iter()
            .map(|visit| visit.history.iter().map(|event| event.item).collect())
            .collect();
        let queries: Vec<Query<'_>> = items.iter().map(|items| Query::new_user(items)).collect();
        let n = policy.n_items();
        let mut scores = vec![0.0; queries.len() * n];
        policy.score_into(&queries, &mut scores)?;
        for (((visit, outlook), items), scores) in here
            .iter_mut()
            .zip(&outlooks)
            .zip(&items)
            .zip(scores.chunks(n))
        {
            // Who has just come does not leave before the first list.
            if visit.lists > 0 && visit.stream.random_bool(self.leaves(outlook)) {
                visit.gone = true;
                continue;
            }
            visit.lists += 1;
            let mut out = items.clone();
            out.extend(&visit.shown);
            let list = top_k(scores, &out, self.list);
            let chances = chances(outlook, items, &list);
            visit.shown.extend(&list);
            let mut place = visit.stream.random::<f64>();
            let taken = list.iter().zip(chances).find(|(_, chance)| {
                place -= chance;
                place < 0.0
            });
            if let Some((&item, _)) = taken {
                visit.clicks += 1;
                visit.skipped = 0;
                let time = visit.history.last().and_then(|event| event.time);
                visit.history.push(Event {
                    item,
                    rating: None,
                    time,
                });
            } else {
                visit.skipped += 1;
                visit.gone = visit.skipped >= self.patience;
            }
        }
        Ok(())
    }

    /// The chance that a session ends.
    fn leaves(&self, outlook: &Outlook) -> f64 {
        let later = outlook.gaps.iter().filter(|(gap, _)| *gap >= self.hour);
        (outlook.stop + later.map(|(_, p)| p).sum::<f64>()).clamp(0.0, 1.0)
    }

    /// The share of real next events that stand in a list.
    fn real(
        &self,
        log: &Dataset,
        policy: &dyn Recommender,
        test: &Dataset,
    ) -> Result<f64, ExperimentError> {
        let (mut hits, mut all) = (0, 0);
        let mut scores = vec![0.0; policy.n_items()];
        for user in log.user_indices() {
            let Some(&next) = test.history(user).first() else {
                continue;
            };
            let query = Query::known(log, user);
            policy.score_into(&[query], &mut scores)?;
            all += 1;
            hits += usize::from(top_k(&scores, query.history, self.list).contains(&next));
        }
        Ok(f64::from(u32::try_from(hits).unwrap_or(u32::MAX)) / f64::from(all.max(1)))
    }
}

/// The chances of the items of a list among all that the user has not had.
fn chances(outlook: &Outlook, had: &[ItemIx], list: &[ItemIx]) -> Vec<f64> {
    let mut had = had.to_vec();
    had.sort_unstable();
    had.dedup();
    let p = |item: &ItemIx| f64::from(outlook.items[item.at()]);
    let left = 1.0 - had.iter().map(p).sum::<f64>();
    list.iter().map(|item| p(item) / left.max(1e-9)).collect()
}

/// Kendall's tau of two figures of the policies: 1 if they rank them alike.
pub fn agreement(rows: &[Met]) -> Option<f64> {
    let real: Option<Vec<f64>> = rows.iter().map(|row| row.real).collect();
    let clicks: Vec<f64> = rows.iter().map(|row| row.clicks).collect();
    crate::fidelity::kendall(&clicks, &real?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_are_of_what_is_left() {
        let outlook = Outlook {
            stop: 0.0,
            gaps: vec![],
            items: vec![0.5, 0.25, 0.25],
        };
        let found = chances(&outlook, &[ItemIx(0), ItemIx(0)], &[ItemIx(2)]);
        assert!((found[0] - 0.5).abs() < 1e-9);
    }
}
