//! An audit as one self-contained page.

use maud::{Markup, PreEscaped, html};

use super::audit::{Audit, Bound};
use super::audit_charts as charts;
use super::fidelity::Source;
use super::page::document;
use crate::audit::{Hidden, Rate, Roc, SinglingOut, needed};
use crate::eval::Interval;

/// What this page has beyond the leaderboard's.
const MORE: &str = "
th { cursor: default } .verdict { font-size: 1.15rem; font-weight: 600 } .verdict.bad { color: #b03a3f }
td:first-child { white-space: normal }
";

/// The page: a verdict in words, the claim beside the bounds, the attacks, charts.
pub fn audit_page(found: &Audit) -> String {
    let rocs = rocs(found);
    let body = html! {
        (heading(found))
        (verdict(found))
        h2 { "The claim and the bounds" }
        (bounds(found))
        h2 { "Who was among the real users" }
        (membership(&rocs))
        div.pair {
            div { (PreEscaped(charts::rocs(&rocs))) }
            div { (PreEscaped(charts::certain(&rocs))) }
        }
        h2 { "Scores" }
        div.pair {
            @for (at, (name, roc)) in rocs.iter().enumerate() {
                @let kinds = if name.starts_with("canaries") { ["there", "not there"] } else { ["members", "others"] };
                div { b { (name) } (PreEscaped(charts::scores(&format!("scores-{at}"), kinds, &roc.histogram))) }
            }
        }
        (other_risks(found))
        (explanation(found))
    };
    let title = found.synthetic.as_ref().unwrap_or(&found.real);
    document(&format!("Audit: {}", title.data), MORE, &body)
}

/// All attacks that say who was there.
fn rocs(found: &Audit) -> Vec<(String, &Roc)> {
    let attacks = found.attacks.iter();
    let mut all: Vec<(String, &Roc)> = attacks.map(|a| (a.name.clone(), &a.roc)).collect();
    if let Some(run) = &found.one_run {
        all.push(("canaries, white box".to_owned(), &run.white_box.roc));
        let black = run.black_box.as_ref();
        all.extend(black.map(|seen| ("canaries, black box".to_owned(), &seen.roc)));
    }
    all
}

fn heading(found: &Audit) -> Markup {
    let source = |what: &str, source: &Source| {
        html! {
            (what) " " b { (source.data) } ": " (source.users) " users, " (source.items) " items, "
            (source.interactions) " events. "
        }
    };
    html! {
        h1 { "Audit: " (found.synthetic.as_ref().unwrap_or(&found.real).data) }
        p.lead {
            @if let Some(synthetic) = &found.synthetic { (source("Synthetic", synthetic)) }
            (source("Real", &found.real))
            @if let Some(holdout) = &found.holdout { (source("Held out", holdout)) }
            @if let Some(run) = &found.one_run {
                (run.canaries) " canaries of " (run.items) " items, " (run.there) " of them there."
            }
        }
    }
}

fn verdict(found: &Audit) -> Markup {
    let first = found.verdict.first();
    let bad = first.is_some_and(|f| f.contains("do not share") || f.contains("does not hold"));
    html! {
        @if let Some(first) = first { p.verdict.bad[bad] { (first) } }
        ul { @for sentence in found.verdict.iter().skip(1) { li { (sentence) } } }
        @for note in &found.notes { p { small { (note) } } }
    }
}

fn bounds(found: &Audit) -> Markup {
    let claimed = |bound: &Bound| {
        bound
            .claimed
            .map_or_else(|| "nothing".to_owned(), |claimed| format!("{claimed:.3}"))
    };
    html! {
        @if let Some(claim) = &found.claim {
            p { "Claimed by " code { (claim.source) } ": epsilon " (format!("{:.4}", claim.epsilon))
                " at delta " (format!("{:e}", claim.delta)) " for every user, added or removed." }
        } @else { p { "No guarantee is claimed, so that there is nothing to refute." } }
        div.scroll { table {
            thead { tr { th { "from" } th { "one user" } th { "guesses" } th { "right" } th { "delta" }
                th { "epsilon at least (95 %)" } th { "claimed" } } }
            tbody { @for bound in found.bounds() { tr {
                td { (bound.what) } td { (bound.neighbours) } td { (bound.guesses.0) } td { (bound.guesses.1) }
                td { (format!("{:.1e}", bound.delta)) }
                td.bad[bound.refutes()] { (format!("{:.3}", bound.found)) } td { (claimed(&bound)) }
            } } }
        } }
    }
}

fn membership(rocs: &[(String, &Roc)]) -> Markup {
    let rate = |rate: &Rate| {
        rate.true_positives.map_or_else(
            || format!("needs {} others", needed(rate.false_positives)),
            interval,
        )
    };
    html! {
        div.scroll { table {
            thead { tr { th { "attack" } th { "members" } th { "others" } th { "AUC" } th { "found at 1 % false" }
                th { "at .1 %" } } }
            tbody { @for (name, roc) in rocs { tr {
                td { (name) } td { (roc.members) } td { (roc.outsiders) } td { (interval(roc.auc)) }
                @for found in &roc.rates { td { (rate(found)) } }
            } } }
        } }
    }
}

fn interval(interval: Interval) -> String {
    let Interval { mean, low, high } = interval;
    format!("{mean:.3} ({low:.3} to {high:.3})")
}

fn other_risks(found: &Audit) -> Markup {
    html! {
        @if found.hidden.is_some() || found.singling_out.is_some() || found.closest.is_some() {
            h2 { "What else is told of real users" }
            div.scroll { table {
                thead { tr { th { "" } th { "real users" } th { "users who were not seen" } th { "beyond" } } }
                tbody {
                    @if let Some(Hidden { guesses, members, outsiders }) = found.hidden { tr {
                        td { "a hidden item is among " (guesses) " guesses" }
                        td { (interval(members)) } td { (interval(outsiders)) }
                        td { (format!("{:+.3}", members.mean - outsiders.mean)) }
                    } }
                    @for told in &found.attributes { tr {
                        td { "`" (told.column) "` (" (told.values) " values) is guessed from the items; the most common value alone: "
                            (format!("{:.3}", told.most_common)) }
                        td { (interval(told.members)) } td { (interval(told.outsiders)) } td { (interval(told.risk)) }
                    } }
                    @if let Some(SinglingOut { predicates, users, attack, control, risk }) = found.singling_out { tr {
                        td { (predicates) " combinations fit exactly one of " (users) }
                        td { (interval(attack)) } td { (interval(control)) } td { (interval(risk)) }
                    } }
                    @if let Some(closest) = found.closest { tr {
                        td { "distance to the closest record, median (a diagnostic, no measure of privacy)" }
                        td { (format!("{:.3}", closest.members)) } td { (format!("{:.3}", closest.outsiders)) } td { "" }
                    } }
                }
            } }
        }
    }
}

fn explanation(found: &Audit) -> Markup {
    html! {
        h2 { "How it was attacked" }
        @if !found.attacks.is_empty() { p { small {
            "Members are real users, others are held-out ones; areas and shares have bootstrap intervals over both. \
             Nearest-neighbour ratio: distance to the nearest synthetic user beside that to the nearest of one half of \
             the holdout. Density ratio: the same with kernel densities (DOMIAS, van Breugel et al., 2023). Shadow models: \
             a user's density beside what it is among the users of synthesizers that did not see it (LiRA offline, \
             Carlini et al., 2022). Hidden item: the likelihood of an item that is hidden, given the rest. Attributes: the synthetic \
             users who have the like vote. Singling out: \
             combinations of two to four items (Giomi et al., 2023). Bounds of finished users hold if real and held-out \
             users were parted by lot: of pairs of one each the real one is guessed, a planned number of times \
             (Steinke, Nasr and Jagielski, 2023)."
        } } }
        @if found.one_run.is_some() { p { small {
            "Canaries are users of items drawn by lot, each put among the real users by a fair coin. White box: the noisy \
             sums less what is known, projected on what a canary adds. Black box: the density of synthetic users at a \
             canary. One in 25 canaries is guessed, half of them there, which was fixed beforehand. The first bound holds \
             for any release (Steinke, Nasr and Jagielski, 2023, theorem 5.2); the one as a Gaussian is closer and holds \
             since the noise is normal (Mahloujifar, Melis and Chaudhuri, 2024). Even an optimal attack stays below \
             the claim."
        } } }
        p { small { "Seed " (found.seed) ". Made by Sparring " (found.sparring) ". This page shows what was found out about \
            real users: no privacy guarantee covers it." } }
    }
}

#[cfg(test)]
mod tests {
    use super::super::audit::example;
    use super::super::charts::plotly_script;
    use super::*;
    use crate::audit::Claim;

    #[test]
    fn the_page_is_self_contained_and_escaped() {
        let page = audit_page(&example()).replace(&plotly_script(), "");
        for text in [
            "a &amp; b",
            "The attacks failed",
            "canaries, white box, as a Gaussian",
            "1000 canaries of 64 items, 503 of them there",
            "needs 1000 others",
            "id=\"roc\"",
            "id=\"certain\"",
            "id=\"scores-3\"",
            "a diagnostic, no measure of privacy",
            "`job` (12 values)",
            "one note",
            "for every user, added or removed",
        ] {
            assert!(page.contains(text), "{text}");
        }
        let links = ["src=\"http", "href=\"http", "@import"];
        assert!(links.iter().all(|link| !page.contains(link)));
        assert!(!page.contains("class=\"bad\""));
    }

    #[test]
    fn a_refuted_claim_is_red() {
        let mut found = example();
        found.claim = Some(Claim::named(0.3, 1e-5).unwrap());
        found.judge();
        let page = audit_page(&found);
        assert!(page.contains("verdict bad") && page.contains("<td class=\"bad\">"));
        found.claim = None;
        found.one_run = None;
        found.judge();
        let page = audit_page(&found);
        assert!(page.contains("No guarantee is claimed") && page.contains("<td>nothing</td>"));
    }
}
