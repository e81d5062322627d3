//! Whom the attacks on a finished output look for.

use std::collections::HashSet;

use sparring_wide::Seed;

use super::error::AuditError;
use crate::fidelity::{Crowd, Logs, at_most, drawn};

/// The fewest users of a log.
pub const LEAST_USERS: usize = 100;
/// The most members, others and synthetic users that an attack looks at; more are drawn by lot.
pub const MOST_TARGETS: usize = 20_000;
/// Share of the held-out users who may have the very profile of a real one.
const BY_CHANCE: f64 = 0.05;
/// Shorter profiles meet by chance.
const LONG: usize = 5;

/// Members, users who were never seen, and a reference that attackers may know.
#[derive(Debug, Clone)]
pub struct Targets {
    /// Real users whom the synthetic ones were made from.
    pub members: Crowd,
    /// Real users who were not seen.
    pub holdout: Crowd,
    /// One half of them, for attacks that need a reference.
    pub outsiders: Crowd,
    /// The other half: people like them, whom an attacker knows.
    pub reference: Crowd,
    /// The synthetic users.
    pub synthetic: Crowd,
}

impl Targets {
    /// From aligned logs with a holdout, whose halves are drawn by lot.
    ///
    /// # Errors
    /// If a log has too few users, or the holdout is not held out.
    pub fn of(logs: &Logs, seed: Seed) -> Result<Self, AuditError> {
        let holdout = logs.holdout.as_ref().expect("audits hold users out");
        for (log, crowd) in [
            ("real", &logs.real),
            ("synthetic", &logs.synthetic),
            ("holdout", holdout),
        ] {
            let (found, needed) = (crowd.n_users(), LEAST_USERS);
            if found < needed {
                return Err(AuditError::TooFewUsers { log, found, needed });
            }
        }
        held_out(&logs.real, holdout)?;
        let n = holdout.n_users();
        let mut order = drawn(n, n, seed.derive("halves"));
        let mut half = order.split_off(n / 2);
        order.sort_unstable();
        half.sort_unstable();
        let some = |crowd: &Crowd, label| at_most(crowd, MOST_TARGETS, seed.derive(label));
        Ok(Self {
            members: some(&logs.real, "members"),
            holdout: some(holdout, "holdout"),
            outsiders: some(&holdout.only(&order), "outsiders"),
            reference: some(&holdout.only(&half), "reference"),
            synthetic: some(&logs.synthetic, "synthetic"),
        })
    }
}

/// Refuses held-out users who are real ones, by their ids or by their profiles.
fn held_out(real: &Crowd, holdout: &Crowd) -> Result<(), AuditError> {
    let of = holdout.n_users();
    let ids = holdout.data.users().iter();
    let shared = ids.filter(|id| real.data.users().get(id).is_some()).count();
    if shared > 0 {
        let how = "by their ids";
        return Err(AuditError::Overlap { shared, of, how });
    }
    let profiles: HashSet<&[u32]> = real.profiles.rows().collect();
    let known = |row: &&[u32]| row.len() >= LONG && profiles.contains(row);
    let shared = holdout.profiles.rows().filter(known).count();
    if shared as f64 > BY_CHANCE * of as f64 {
        let how = "under other ids: their profiles are the same";
        return Err(AuditError::Overlap { shared, of, how });
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::data::{Dataset, PlantedConfig};

    /// Users of one kind: real ones, others, and the synthetic users that are given.
    pub(in crate::audit) fn planted(synthetic: impl FnOnce(&Crowd, &Crowd) -> Crowd) -> Targets {
        let (real, fresh, holdout) = crowds();
        let logs = Logs {
            synthetic: synthetic(&real, &fresh),
            real,
            holdout: Some(holdout),
        };
        Targets::of(&logs, Seed(1)).unwrap()
    }

    fn crowds() -> (Crowd, Crowd, Crowd) {
        let planted = PlantedConfig {
            n_users: 900,
            n_items: 150,
            mean_events: 20.0,
            ..PlantedConfig::default()
        };
        let all = Crowd::of(planted.generate(Seed(3)).data);
        let part = |from: usize, to: usize| all.only(&(from..to).collect::<Vec<_>>());
        (part(0, 300), part(300, 600), part(600, 900))
    }

    fn error(real: &Dataset, holdout: &Crowd) -> String {
        let logs = Logs {
            real: Crowd::of(real.clone()),
            synthetic: Crowd::of(real.clone()),
            holdout: Some(holdout.clone()),
        };
        Targets::of(&logs, Seed(1)).unwrap_err().to_string()
    }

    #[test]
    fn the_holdout_is_halved() {
        let targets = planted(|_, fresh| fresh.clone());
        let sizes = [&targets.members, &targets.outsiders, &targets.reference].map(Crowd::n_users);
        assert_eq!(sizes, [300, 150, 150]);
        let ids = |crowd: &Crowd| -> HashSet<String> {
            crowd.data.users().iter().map(str::to_owned).collect()
        };
        assert!(ids(&targets.outsiders).is_disjoint(&ids(&targets.reference)));
    }

    #[test]
    fn users_who_were_seen_are_no_holdout() {
        let (real, _, holdout) = crowds();
        let mixed = real.only(&(0..150).collect::<Vec<_>>());
        assert_eq!(
            error(&real.data, &mixed),
            "150 of the 150 held-out users are among the real users by their ids"
        );
        // The same profiles under other names.
        let names = (0..150).map(|user| format!("x{user}")).collect();
        let (items, rows) = (
            mixed.data.items().clone(),
            mixed.data.interactions().clone(),
        );
        let renamed = Crowd::of(Dataset::new(std::sync::Arc::new(names), items, rows));
        assert!(error(&real.data, &renamed).contains("under other ids"));
        let few = holdout.only(&(0..99).collect::<Vec<_>>());
        let words =
            "the holdout log has 99 users with events, 100 are needed: with fewer an attack";
        assert!(error(&real.data, &few).starts_with(words));
    }
}
