//! What the figures of a comparison come to, in words.

use super::fidelity::Fidelity;
use super::robustness::in_percent;
use crate::fidelity::Useful;

/// An area under the curve from which on an attack works.
const GIVEN_AWAY: f64 = 0.6;
/// Share of copies beyond those of the holdout from which on there is copying.
const COPIED: f64 = 0.02;

/// A headline, then a sentence for each question.
pub(super) fn verdict(found: &Fidelity) -> Vec<String> {
    let sentences = [
        Some(headline(found)),
        Some(copies(found)),
        membership(found),
        utility(found),
        Some(likeness(found)),
        Some(kinds(found)),
    ];
    sentences.into_iter().flatten().collect()
}

fn headline(found: &Fidelity) -> String {
    let attacked = found.copying.membership;
    let attacked = attacked.is_some_and(|m| m.auc.value >= GIVEN_AWAY);
    let text = if copied(found) || attacked {
        "These synthetic users give real ones away: do not share them."
    } else {
        match median_share(found) {
            Some(share) if share >= 0.9 => "These synthetic users can stand in for real ones.",
            Some(share) if share >= 0.75 => {
                "These synthetic users can stand in for real ones in part."
            }
            Some(_) => "These synthetic users cannot stand in for real ones.",
            None if found.resemblance.classifier.value < 0.7 => {
                "These synthetic users look like real ones; what they are good for was not measured."
            }
            None => {
                "These synthetic users can be told from real ones; what they are good for was not \
                 measured."
            }
        }
    };
    text.to_owned()
}

fn copied(found: &Fidelity) -> bool {
    let copying = &found.copying;
    let (exact, near) = copying.of_holdout.map_or((0.0, 0.0), |s| (s.exact, s.near));
    copying.exact - exact > COPIED || copying.near - near > COPIED
}

fn copies(found: &Fidelity) -> String {
    let copying = &found.copying;
    let beside = copying.of_holdout.map_or_else(String::new, |shares| {
        let [exact, near] = [shares.exact, shares.near].map(in_percent);
        format!(" (held-out users: {exact} % and {near} %)")
    });
    let [exact, near] = [copying.exact, copying.near].map(in_percent);
    let judged = if copied(found) {
        "They hold copies"
    } else {
        "They are no copies"
    };
    format!("{judged}: {exact} % have the profile of a real user, {near} % nearly so{beside}.")
}

fn membership(found: &Fidelity) -> Option<String> {
    let auc = found.copying.membership?.auc;
    let judged = if auc.value - 2.0 * auc.error <= 0.5 {
        "Who was in the real log cannot be told by the nearest synthetic user"
    } else if auc.value < GIVEN_AWAY {
        "Who was in the real log can hardly be told by the nearest synthetic user"
    } else {
        "The nearest synthetic user tells who was in the real log"
    };
    Some(format!("{judged}: AUC {:.3}.", auc.value))
}

/// The median share of the metric that is left, over models that are more than popularity.
fn median_share(found: &Fidelity) -> Option<f64> {
    let models = &found.utility.as_ref()?.models;
    let alone = models.len() == 1;
    let personal = models.iter().filter(|row| alone || row.model != "pop");
    let mut shares: Vec<f64> = personal
        .filter_map(|row| row.share)
        .map(|share| share.mean)
        .collect();
    shares.sort_unstable_by(f64::total_cmp);
    let middle = shares.len().checked_sub(1)? / 2;
    Some(f64::midpoint(shares[middle], shares[shares.len() / 2]))
}

fn utility(found: &Fidelity) -> Option<String> {
    let (utility, share) = (found.utility.as_ref()?, median_share(found)?);
    let ranked = utility.kendall.map_or_else(String::new, |tau| {
        let judged = match tau {
            tau if tau > 0.8 => "they rank the models as real users do",
            tau if tau > 0.4 => "they rank the models roughly as real users do",
            _ => "they do not rank the models as real users do",
        };
        format!("; {judged} (tau {tau:.2})")
    });
    let popularity = |row: &Useful| row.model == "pop";
    let models = if utility.models.len() > 1 && utility.models.iter().any(popularity) {
        "models other than popularity"
    } else {
        "models"
    };
    Some(format!(
        "Recommenders trained on them keep {} % of the {} on new real users (median over \
         {models}){ranked}.",
        in_percent(share),
        utility.metric
    ))
}

fn likeness(found: &Fidelity) -> String {
    let auc = found.resemblance.classifier;
    let floor = found.floor.as_ref().map(|f| f.resemblance.classifier);
    let highest = floor.map_or(0.5, |floor| floor.value.max(0.5)) + 2.0 * auc.error;
    let judged = if auc.value <= highest {
        "A classifier cannot tell them from real users"
    } else if auc.value < 0.7 {
        "A classifier tells some of them from real users"
    } else if auc.value < 0.9 {
        "A classifier tells many of them from real users"
    } else {
        "A classifier tells nearly all of them from real users"
    };
    let floor = floor.map_or_else(String::new, |floor| {
        format!(", {:.3} for held-out users", floor.value)
    });
    format!("{judged}: AUC {:.3}{floor}.", auc.value)
}

fn kinds(found: &Fidelity) -> String {
    let modes = found.resemblance.modes;
    format!(
        "Of {} kinds of real users {} are there at half their frequency or more.",
        modes.clusters, modes.covered
    )
}

#[cfg(test)]
mod tests {
    use super::super::fidelity::example;
    use super::*;
    use crate::fidelity::Auc;

    fn auc(value: f64) -> Auc {
        Auc { value, error: 0.01 }
    }

    #[test]
    fn good_users_are_called_good() {
        let told = verdict(&example());
        let expected = [
            "These synthetic users can stand in for real ones.",
            "They are no copies: 0.5 % have the profile of a real user, 1.0 % nearly so (held-out \
             users: 0.0 % and 0.0 %).",
            "Who was in the real log can hardly be told by the nearest synthetic user: AUC 0.540.",
            "Recommenders trained on them keep 95.0 % of the ndcg@10 on new real users (median \
             over models other than popularity); they rank the models as real users do (tau 1.00).",
            "A classifier tells many of them from real users: AUC 0.800, 0.500 for held-out users.",
            "Of 20 kinds of real users 18 are there at half their frequency or more.",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn popularity_is_left_out_of_the_median() {
        let mut found = example();
        let models = &mut found.utility.as_mut().unwrap().models;
        assert_eq!(models[0].model, "pop");
        models[0].share.as_mut().unwrap().mean = 9.0;
        let told = verdict(&found);
        let utility = told
            .iter()
            .find(|text| text.contains("median over"))
            .unwrap();
        assert!(utility.contains("keep 95.0 %"), "{utility}");
        assert!(utility.contains("other than popularity)"), "{utility}");
        // Where there is nothing but popularity, it is not left out.
        found.utility.as_mut().unwrap().models.truncate(1);
        let told = verdict(&found);
        let utility = told
            .iter()
            .find(|text| text.contains("median over"))
            .unwrap();
        assert!(utility.contains("keep 900.0 %") && utility.contains("(median over models)"));
    }

    #[test]
    fn copies_and_attacks_come_before_utility() {
        for spoil in [
            |found: &mut Fidelity| found.copying.near = 0.1,
            |found: &mut Fidelity| {
                let membership = found.copying.membership.as_mut();
                membership.expect("there is one").auc = auc(0.7);
            },
        ] {
            let mut found = example();
            spoil(&mut found);
            assert!(verdict(&found)[0].contains("do not share"));
        }
    }

    #[test]
    fn what_was_not_measured_is_not_judged() {
        let mut found = example();
        found.utility = None;
        found.copying.membership = None;
        found.copying.of_holdout = None;
        found.floor = None;
        found.resemblance.classifier = auc(0.51);
        let told = verdict(&found);
        assert_eq!(told.len(), 4);
        assert!(told[0].contains("was not measured"), "{told:?}");
        assert_eq!(
            told[2],
            "A classifier cannot tell them from real users: AUC 0.510."
        );
    }

    #[test]
    fn poor_users_are_called_poor() {
        let mut found = example();
        let models = &mut found.utility.as_mut().expect("there is one").models;
        for share in models.iter_mut().filter_map(|row| row.share.as_mut()) {
            share.mean = 0.5;
        }
        assert!(verdict(&found)[0].contains("cannot stand in"));
    }
}
