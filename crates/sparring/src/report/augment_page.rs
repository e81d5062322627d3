//! Additions to a training log as one self-contained page.

use maud::{Markup, PreEscaped, html};

use super::augment::{Augmentation, Branch, Outcome};
use super::augment_charts as charts;
use super::page::document;
use super::robustness::in_percent;
use crate::eval::Interval;

/// What this page has beyond the leaderboard's.
const MORE: &str = "
th { cursor: default } .verdict { font-size: 1.15rem; font-weight: 600 } td, th { vertical-align: top }
body { max-width: 1240px } th { white-space: normal }
";

/// The page: the decision in words, figures, gains by activity, every trial.
pub fn augment_page(found: &Augmentation) -> String {
    let part = if found.has_test() {
        "test"
    } else {
        "validation"
    };
    let body = html! {
        (heading(found))
        h2 { "Figures" }
        (figures(found))
        h2 { "Gain by activity, on the " (part) " part" }
        (PreEscaped(charts::by_activity(found)))
        (groups(found))
        h2 { "Every trial, on the validation part" }
        (PreEscaped(charts::trials(found)))
        (explanation(found))
    };
    document(&format!("Augmentation: {}", found.data), MORE, &body)
}

fn heading(found: &Augmentation) -> Markup {
    let (first, rest) = match found.verdict.split_first() {
        Some((first, rest)) => (first.as_str(), rest),
        None => ("", &[][..]),
    };
    html! {
        h1 { "Augmentation: " (found.data) }
        p.lead {
            (found.model) " on " (found.users) " users, " (found.items) " items, " (found.interactions)
            " interactions, with and without generated ones. " (found.trials)
            " settings tried in each row. Seed " (found.seed) "."
        }
        p.verdict.good[found.adopted].bad[!found.adopted] { (first) }
        ul { @for sentence in rest { li { (sentence) } } }
        @for note in &found.notes { p { small { (note) } } }
    }
}

fn figures(found: &Augmentation) -> Markup {
    let tested = found.has_test();
    let strength = found.varied.as_deref().unwrap_or("regularisation");
    html! {
        div.scroll { table {
            thead { tr {
                th { "added by" } th { "amount" } th { (strength) } th { "added users" } th { "added events" }
                th { "validation " (found.watched) } th { "gain" }
                @if tested { th { "test " (found.watched) } th { "gain" } th { "decider over this" } }
            } }
            tbody { @for branch in found.branches() { (line(branch, tested)) } }
        } }
        p { small {
            "Gain: relative to the first row, the best without additions among as many strengths of "
            (strength) " as every other row has trials, with 95 % paired bootstrap intervals over users. The \
             amount and the strength are chosen on the validation part; the first generator decides."
        } }
    }
}

fn line(branch: &Branch, tested: bool) -> Markup {
    html! {
        tr {
            td title=(branch.about) { (branch.name) }
            @if let Some(chosen) = &branch.chosen {
                td { (chosen.amount) }
                td { (chosen.strength.map_or_else(String::new, |s| s.to_string())) }
                td { (chosen.added_users) }
                td { (chosen.added_interactions) }
                (value(chosen.validation.value)) (gain(chosen.validation.uplift))
                @if tested {
                    @match &chosen.test {
                        Some(Outcome { value: v, uplift, decider_over_this, .. }) => {
                            (value(*v)) (gain(*uplift)) (gain(*decider_over_this))
                        },
                        None => { td { "" } td { "" } td { "" } },
                    }
                }
            } @else {
                td.bad colspan=(if tested { 9 } else { 6 }) {
                    (branch.failure.as_deref().unwrap_or("every trial failed"))
                }
            }
        }
    }
}

fn value(i: Interval) -> Markup {
    html! { td { (format!("{:.4}", i.mean)) br; small { (format!("{:.4} to {:.4}", i.low, i.high)) } } }
}

fn gain(interval: Option<Interval>) -> Markup {
    html! {
        @if let Some(i) = interval {
            td.good[i.low > 0.0].bad[i.high < 0.0] {
                (in_percent(i.mean)) " %" br; small { (in_percent(i.low)) " to " (in_percent(i.high)) }
            }
        } @else { td { "" } }
    }
}

fn groups(found: &Augmentation) -> Markup {
    let last = |branch: &Branch| {
        let outcome = branch.chosen.as_ref()?.last();
        Some(
            outcome
                .groups
                .iter()
                .chain(&outcome.short)
                .cloned()
                .collect::<Vec<_>>(),
        )
    };
    let columns = last(&found.plain).unwrap_or_default();
    html! {
        div.scroll { table {
            thead { tr {
                th { "added by" }
                @for group in &columns {
                    th { (group.least) " to " (group.most) " events" br; small { (group.users) " users" } }
                }
            } }
            tbody { @for branch in found.branches() { @if let Some(groups) = last(branch) {
                tr {
                    td { (branch.name) }
                    @for group in &groups {
                        td {
                            (format!("{:.4}", group.value.mean))
                            @if let Some(i) = group.uplift {
                                br;
                                small.good[i.low > 0.0].bad[i.high < 0.0] {
                                    (in_percent(i.mean)) " % (" (in_percent(i.low)) " to " (in_percent(i.high)) ")"
                                }
                            }
                        }
                    }
                }
            } } }
        } }
    }
}

fn explanation(found: &Augmentation) -> Markup {
    html! {
        p { small {
            "Events: those of a user that the recommender knows when it ranks. Additions are rows of their \
             own, under fresh ids; no real row is changed. Made by Sparring " (found.sparring)
            ". SHA-256 of the training log: " code { (found.sha256) }
        } }
        @for branch in found.branches() { p { small { b { (branch.name) } ": " (branch.about) } } }
    }
}

#[cfg(test)]
mod tests {
    use super::super::augment::example;
    use super::super::charts::plotly_script;
    use super::*;

    #[test]
    fn the_page_is_self_contained_and_escaped() {
        let page = augment_page(&example()).replace(&plotly_script(), "");
        for text in [
            "a &amp; b",
            "about &lt;adversarial&gt;",
            "it &lt;failed&gt;",
            "Adding &lt;helps&gt;.",
            "gain-by-activity",
            "trials-on-validation",
            "12.5 %",
            "1 to 7 events",
        ] {
            assert!(page.contains(text), "{text}");
        }
        let links = ["src=\"http", "href=\"http", "@import"];
        assert!(links.iter().all(|link| !page.contains(link)));
    }
}
