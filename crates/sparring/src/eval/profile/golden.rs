//! Profiles against the packages themselves: `tests/golden/profiles`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::data::{Dataset, InteractionsBuilder, ItemIx, UserIx, Vocabulary};
use crate::eval::corpus::{Shown, Tail, TailShare};
use crate::eval::{CorpusMetric, EvalConfig, Evaluation, Profile, evaluate, evaluate_lists};
use crate::recommend::{Query, Recommender, ScoreError};
use crate::split::Holdout;

const KS: [usize; 3] = [5, 10, 20];

/// The data rows of a golden file.
fn rows(name: &str) -> Vec<Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/profiles");
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_path(folder.join(name))
        .unwrap();
    let records = reader.records().map(Result::unwrap);
    records
        .map(|record| record.iter().map(str::to_owned).collect())
        .collect()
}

/// The value of every metric of a package, by label.
fn golden(name: &str) -> BTreeMap<String, f64> {
    let labelled = |row: Vec<String>| {
        let label = match row[1].as_str() {
            "0" => row[0].clone(),
            k => format!("{}@{k}", row[0]),
        };
        (label, row[2].parse().unwrap())
    };
    rows(name).into_iter().map(labelled).collect()
}

struct Ids {
    users: Arc<Vocabulary>,
    items: Arc<Vocabulary>,
}

impl Ids {
    fn read() -> Self {
        Self {
            users: Arc::new((1..=40).map(|user| user.to_string()).collect()),
            items: Arc::new(rows("items.csv").iter().map(|row| &row[0]).collect()),
        }
    }

    fn of(&self, row: &[String]) -> (UserIx, ItemIx) {
        let user = self.users.get(&row[0]).unwrap();
        (UserIx(user), ItemIx(self.items.get(&row[1]).unwrap()))
    }

    fn dataset(&self, name: &str) -> Dataset {
        let mut builder = InteractionsBuilder::new();
        for row in rows(name) {
            let (user, item) = self.of(&row);
            let rating = row.get(2).map(|rating| rating.parse().unwrap());
            builder.push(user, item, rating, None);
        }
        Dataset::new(
            Arc::clone(&self.users),
            Arc::clone(&self.items),
            builder.build(40),
        )
    }

    /// The lists of a run, best first.
    fn lists(&self, name: &str) -> (Vec<UserIx>, Vec<Vec<ItemIx>>) {
        let mut lists: BTreeMap<UserIx, Vec<ItemIx>> = BTreeMap::new();
        for row in rows(name) {
            let (user, item) = self.of(&row);
            let list = lists.entry(user).or_default();
            list.push(item);
            assert_eq!(row[2], list.len().to_string(), "places are in order");
        }
        lists.into_iter().unzip()
    }

    fn holdout(&self) -> Holdout {
        Holdout::new(self.dataset("train.csv"), self.dataset("test.csv"))
    }
}

/// The scores that the run was made of.
#[derive(Debug)]
struct Table(Vec<f32>);

impl Table {
    fn read(ids: &Ids) -> Self {
        let mut scores = vec![f32::NAN; 40 * 60];
        for row in rows("scores.csv") {
            let (user, item) = ids.of(&row);
            scores[user.at() * 60 + item.at()] = row[2].parse().unwrap();
        }
        Self(scores)
    }
}

impl Recommender for Table {
    fn n_items(&self) -> usize {
        60
    }

    fn score_into(&self, queries: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError> {
        for (query, row) in queries.iter().zip(scores.chunks_mut(60)) {
            row.copy_from_slice(&self.0[query.user.unwrap().at() * 60..][..60]);
        }
        Ok(())
    }
}

/// Compares what a package says with an evaluation; `absent` are names that are not offered.
fn compare(expected: &BTreeMap<String, f64>, found: &Evaluation, absent: &[&str]) {
    let mut compared = 0;
    for (label, expected) in expected {
        if absent.contains(&label.split('@').next().unwrap()) {
            continue;
        }
        let found = found.mean(label).unwrap_or_else(|| panic!("no {label}"));
        assert!(
            (found - expected).abs() <= 1e-6,
            "{label}: {found} is not {expected}"
        );
        compared += 1;
    }
    assert!(compared >= 12, "{compared} of {}", expected.len());
    let labels = found.measured.iter().map(|measured| &measured.label);
    for label in labels.chain(found.overall.iter().map(|overall| &overall.label)) {
        assert!(expected.contains_key(label), "no golden value for {label}");
    }
}

fn config(profile: Profile) -> EvalConfig {
    EvalConfig {
        profile,
        ..EvalConfig::at(&KS)
    }
}

fn compare_lists(profile: Profile, absent: &[&str]) {
    let (ids, name) = (Ids::read(), format!("{profile:?}").to_lowercase());
    for (run, file) in [("run", "profile"), ("run_short", "short")] {
        let (users, lists) = ids.lists(&format!("{run}.csv"));
        let found = evaluate_lists(&users, &lists, &ids.holdout(), &config(profile)).unwrap();
        compare(&golden(&format!("{file}_{name}.csv")), &found, absent);
    }
}

#[test]
fn implicit() {
    compare_lists(Profile::Implicit, &[]);
}

#[test]
fn ranx() {
    compare_lists(Profile::Ranx, &[]);
}

#[test]
fn rectools() {
    // `ild` is a distance between features of items.
    compare_lists(Profile::RecTools, &["ild"]);
}

#[test]
fn recbole() {
    let ids = Ids::read();
    let holdout = ids.holdout();
    let found = evaluate(&Table::read(&ids), &holdout, &config(Profile::RecBole)).unwrap();
    // `auc` pools the scores of all users; `tail_count5` is another setting of the tail.
    let expected = golden("profile_recbole.csv");
    compare(&expected, &found, &["auc", "tail_count5"]);
    for k in KS {
        let tail = TailShare {
            k,
            tail: Tail::Count(5),
        };
        let shown = Shown {
            users: &found.users,
            lists: &found.lists,
            holdout: &holdout,
            counts: &holdout.train().item_counts(),
        };
        let value = tail.score(&shown).unwrap();
        assert!((value - expected[&tail.label()]).abs() <= 1e-6);
    }
    // The lists of the table are those of the run.
    let (users, lists) = ids.lists("run.csv");
    let run: BTreeMap<_, _> = users.into_iter().zip(lists).collect();
    for (user, list) in found.users.iter().zip(&found.lists) {
        assert_eq!(list, &run[user]);
    }
}

#[test]
fn lenskit() {
    let (ids, config) = (Ids::read(), config(Profile::LensKit));
    let holdout = ids.holdout();
    for (run, file) in [("run", "profile"), ("run_short", "short")] {
        let (users, lists) = ids.lists(&format!("{run}.csv"));
        let all = evaluate_lists(&users, &lists, &holdout, &config).unwrap();
        let wanted = users.iter().copied().zip(lists.iter().cloned());
        let wanted = wanted.filter(|(user, _)| !holdout.relevant.history(*user).is_empty());
        let (some_users, some_lists): (Vec<_>, Vec<_>) = wanted.unzip();
        let some = evaluate_lists(&some_users, &some_lists, &holdout, &config).unwrap();
        let mut plain = golden(&format!("{file}_lenskit.csv"));
        let of_all = plain.clone().into_iter();
        let of_all = of_all.filter(|(label, _)| label.contains("_all_lists"));
        plain.retain(|label, _| !label.contains("_all_lists"));
        // Without a cut-off, lists are measured to their end.
        for label in ["popularity_rank", "gini", "gini_exposure"] {
            let whole = plain.remove(label).unwrap();
            assert!((whole - plain[&format!("{label}@20")]).abs() <= 1e-12);
        }
        compare(&plain, &some, &[]);
        // `_all_lists` counts users without held-out items as 0, but in metrics of all lists.
        for (label, expected) in of_all {
            let mut label = label.replace("_all_lists", "");
            let corpus = ["popularity_rank", "gini"]
                .iter()
                .any(|name| label.starts_with(name));
            if corpus && !label.contains('@') {
                label.push_str("@20");
            }
            let share = some_users.len() as f64 / users.len() as f64;
            let found = all.mean(&label).unwrap() * if corpus { 1.0 } else { share };
            assert!(
                (found - expected).abs() <= 1e-6,
                "{label}: {found} {expected}"
            );
        }
    }
}
