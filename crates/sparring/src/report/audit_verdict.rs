//! What an audit comes to, in words.

use super::audit::{Audit, Bound};
use super::robustness::in_percent;
use crate::audit::{Attack, Hidden, Inferred, SinglingOut};

/// An area under the curve from which on an attack works.
const GIVEN_AWAY: f64 = 0.6;

/// A headline, then a sentence for each question.
pub(super) fn verdict(found: &Audit) -> Vec<String> {
    let mut told = vec![headline(found)];
    told.extend(bound(found));
    told.extend(found.attacks.iter().map(attack));
    told.extend(found.hidden.as_ref().map(hidden));
    told.extend(found.attributes.iter().map(inferred));
    told.extend(found.singling_out.as_ref().map(singled_out));
    told.push(
        "An attack that fails bounds nothing: a better one may not. Only a ledger says what no attack can \
         tell."
            .to_owned(),
    );
    told
}

fn headline(found: &Audit) -> String {
    if let Err(refuted) = found.holds() {
        return format!("The claimed guarantee does not hold. {refuted}.");
    }
    let strongest = found.attacks.iter().map(|attack| attack.roc.auc);
    let strongest = strongest.max_by(|a, b| a.mean.total_cmp(&b.mean));
    let risky = found.singling_out.is_some_and(|s| s.risk.low > 0.05);
    let text = match strongest {
        Some(auc) if auc.mean >= GIVEN_AWAY => {
            "These synthetic users give real ones away: do not share them."
        }
        Some(_) if risky => "These synthetic users single real ones out: do not share them.",
        Some(auc) if auc.low > 0.5 => {
            "The attacks find traces of the real users, but can hardly tell who they were."
        }
        Some(_) => "The attacks failed: none tells who was among the real users.",
        None if found.claim.is_some() => "The audit does not refute the claimed guarantee.",
        None => "There is no claim to audit.",
    };
    text.to_owned()
}

/// The largest bound of the canaries, or of all where there are none.
fn bound(found: &Audit) -> Option<String> {
    let bounds = found.bounds();
    let largest = bounds.iter().max_by(|a, b| a.found.total_cmp(&b.found))?;
    let Bound {
        what,
        neighbours,
        found,
        claimed,
        delta,
        ..
    } = largest;
    let claimed = claimed.map_or_else(
        || "nothing is claimed".to_owned(),
        |claimed| format!("{claimed:.3} is claimed"),
    );
    Some(format!(
        "The largest lower bound of epsilon is {found:.3} ({what}; {neighbours}, 95 % confidence, delta \
         {delta:.1e}); {claimed}."
    ))
}

fn attack(attack: &Attack) -> String {
    let auc = attack.roc.auc;
    let judged = if auc.low <= 0.5 {
        "tells nothing"
    } else if auc.mean < GIVEN_AWAY {
        "tells hardly anything"
    } else {
        "tells who was among the real users"
    };
    let mut name = attack.name.clone();
    name[..1].make_ascii_uppercase();
    format!(
        "{name} {judged}: AUC {:.3} ({:.3} to {:.3}).",
        auc.mean, auc.low, auc.high
    )
}

fn hidden(hidden: &Hidden) -> String {
    let (members, floor) = (hidden.members, hidden.outsiders);
    let judged = if members.low > floor.high {
        "more often than"
    } else {
        "no more often than chance allows beside"
    };
    let [of_members, of_others] = [members, floor].map(|share| in_percent(share.mean));
    format!(
        "A hidden item of a real user is among {} guesses in {of_members} % of the cases, {judged} one of a \
         user who was not seen ({of_others} %).",
        hidden.guesses
    )
}

fn inferred(found: &Inferred) -> String {
    let judged = if found.risk.low > 0.0 {
        "more than"
    } else {
        "no more than chance allows beside"
    };
    let [members, others, common] =
        [found.members.mean, found.outsiders.mean, found.most_common].map(in_percent);
    format!(
        "What `{}` is of a real user is guessed from the items in {members} % of the cases, {judged} of a user \
         who was not seen ({others} %); the most common value is right in {common} %.",
        found.column
    )
}

fn singled_out(found: &SinglingOut) -> String {
    let [attack, control] = [found.attack, found.control].map(|share| in_percent(share.mean));
    format!(
        "Of {} combinations that one synthetic profile alone has, {attack} % fit exactly one real user and \
         {control} % exactly one who was not seen: a risk of {:.3} ({:.3} to {:.3}) beyond chance.",
        found.predicates, found.risk.mean, found.risk.low, found.risk.high
    )
}

#[cfg(test)]
mod tests {
    use super::super::audit::example;
    use super::*;
    use crate::audit::Claim;

    #[test]
    fn attacks_that_fail_are_called_so() {
        let told = verdict(&example());
        assert_eq!(
            told[0],
            "The attacks failed: none tells who was among the real users."
        );
        assert!(told[1].contains("canaries, white box") && told[1].ends_with("4.000 is claimed."));
        assert!(told[2].starts_with("Nearest-neighbour ratio tells nothing: AUC 0.500 ("));
        assert_eq!(
            told[4],
            "A hidden item of a real user is among 10 guesses in 31.0 % of the cases, no more often than \
             chance allows beside one of a user who was not seen (30.0 %)."
        );
        assert_eq!(
            told[5],
            "What `job` is of a real user is guessed from the items in 40.0 % of the cases, no more than \
             chance allows beside of a user who was not seen (39.0 %); the most common value is right in 30.0 %."
        );
        assert!(told[6].starts_with("Of 900 combinations"), "{}", told[6]);
        assert!(told[7].contains("bounds nothing"));
    }

    #[test]
    fn what_works_comes_first() {
        let mut found = example();
        found.attacks[0].roc.auc.mean = 0.7;
        found.attacks[0].roc.auc.low = 0.65;
        assert!(verdict(&found)[0].contains("do not share"));
        let mut found = example();
        found.singling_out.as_mut().unwrap().risk.low = 0.1;
        assert!(verdict(&found)[0].contains("single real ones out"));
        let mut found = example();
        found.attacks[1].roc.auc.mean = 0.55;
        found.attacks[1].roc.auc.low = 0.51;
        assert!(verdict(&found)[0].contains("traces"));
        found.claim = Some(Claim::named(0.1, 1e-5).unwrap());
        assert!(verdict(&found)[0].contains("does not hold"));
    }

    #[test]
    fn a_release_alone() {
        let mut found = example();
        found.attacks.clear();
        found.hidden = None;
        found.attributes.clear();
        found.singling_out = None;
        let told = verdict(&found);
        assert_eq!(told[0], "The audit does not refute the claimed guarantee.");
        assert_eq!(told.len(), 3);
    }
}
