//! Synthetic users beside real ones as one self-contained page.

use maud::{Markup, PreEscaped, html};

use super::fidelity::{Fidelity, Figure, Source};
use super::fidelity_charts as charts;
use super::page::document;
use super::robustness::in_percent;
use crate::eval::Interval;
use crate::fidelity::{MOST_CLASSIFIED, MOST_COMPARED, Pictures, SideBySide, Useful};

/// What this page has beyond the leaderboard's.
const MORE: &str = "
th { cursor: default } .verdict { font-size: 1.15rem; font-weight: 600 } .verdict.bad { color: #b03a3f }
.profiles { display: grid; grid-template-columns: 1fr 1fr; gap: 0 2rem } .profiles ul { margin: .2rem 0 .8rem; padding-left: 1.1rem }
.common { font-weight: 600 }
";

/// The page: a verdict in words, figures, charts, profiles side by side.
pub fn fidelity_page(found: &Fidelity, pictures: &Pictures) -> String {
    let body = html! {
        (heading(found))
        (verdict(found))
        h2 { "Figures" }
        (figures(found))
        (beside(found))
        h2 { "Lengths and popularity" }
        div.pair {
            div { (PreEscaped(charts::lengths(pictures))) }
            div { (PreEscaped(charts::popularity(pictures))) }
        }
        h2 { "Items that go together, and a map of users" }
        div.pair {
            div { (PreEscaped(charts::pairs(pictures))) }
            div { (PreEscaped(charts::map(pictures))) }
        }
        (utility(found))
        (profiles(pictures))
        (explanation(found))
    };
    document(&format!("Fidelity: {}", found.synthetic.data), MORE, &body)
}

fn heading(found: &Fidelity) -> Markup {
    let source = |what: &str, source: &Source| {
        html! {
            (what) " " b { (source.data) } ": " (source.users) " users, " (source.items) " items, "
            (source.interactions) " events. "
        }
    };
    html! {
        h1 { "Fidelity: " (found.synthetic.data) }
        p.lead {
            (source("Synthetic", &found.synthetic))
            (source("Real", &found.real))
            @if let Some(holdout) = &found.holdout { (source("Held out", holdout)) }
        }
    }
}

fn verdict(found: &Fidelity) -> Markup {
    let first = found.verdict.first();
    let bad = first.is_some_and(|first| first.contains("give real ones away"));
    html! {
        @if let Some(first) = first { p.verdict.bad[bad] { (first) } }
        ul { @for sentence in found.verdict.iter().skip(1) { li { (sentence) } } }
        @for note in &found.notes { p { small { (note) } } }
    }
}

fn figures(found: &Fidelity) -> Markup {
    html! {
        div.scroll { table {
            thead { tr { th { "beside the real users" } th { "synthetic" } th { "holdout" } th { "the same would be" } } }
            tbody {
                @for Figure { name, value, floor, ideal } in found.figures() {
                    tr { td { (name) } td { (number(value)) } td { (number(floor)) } td { (ideal) } }
                }
            }
        } }
    }
}

fn beside(found: &Fidelity) -> Markup {
    if found.beside.is_empty() {
        return html! {};
    }
    let (names, lines) = found.side_by_side();
    html! {
        h2 { "Beside other synthetic users" }
        div.scroll { table {
            thead { tr { th { "of the same real users" } @for name in names { th { (name) } } } }
            tbody {
                @for (name, values) in lines {
                    tr { td { (name) } @for value in values { td { (number(value)) } } }
                }
            }
        } }
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"))
}

fn utility(found: &Fidelity) -> Markup {
    let Some(utility) = &found.utility else {
        return html! {};
    };
    let mean = |interval: Option<Interval>| number(interval.map(|interval| interval.mean));
    let share = |row: &Useful| {
        row.share.map_or_else(String::new, |share| {
            let [mean, low, high] = [share.mean, share.low, share.high].map(in_percent);
            format!("{mean} % ({low} to {high})")
        })
    };
    html! {
        h2 { "What they are good for" }
        (PreEscaped(charts::utility(utility)))
        div.scroll { table {
            thead { tr { th { "trained on" } th { "real: " (utility.metric) } th { "synthetic" } th { "share" } } }
            tbody { @for row in &utility.models { tr {
                td { (row.model) }
                @if let Some(failure) = &row.failure { td.bad colspan="3" { (failure) } }
                @else { td { (mean(row.real)) } td { (mean(row.synthetic)) } td { (share(row)) } }
            } } }
        } }
    }
}

fn profiles(pictures: &Pictures) -> Markup {
    let list = |items: &[(String, bool)], length: usize| {
        html! {
            ul {
                @for (name, common) in items { li.common[*common] { (name) } }
                @if length > items.len() { li { small { "and " (length - items.len()) " more" } } }
            }
        }
    };
    let side = |side: &SideBySide| {
        html! {
            div { "Synthetic, " (side.lengths.0) " items"
                (list(&side.synthetic, side.lengths.0)) }
            div { "Nearest real user, " (side.lengths.1) " items, " (side.common) " in common, cosine "
                (format!("{:.2}", side.cosine)) (list(&side.real, side.lengths.1)) }
        }
    };
    html! {
        h2 { "Side by side" }
        p { small { "Some synthetic users, drawn by lot, and the real users nearest to them; common items are bold. \
            This page shows real users: no privacy guarantee covers it." } }
        div.profiles { @for profile in &pictures.profiles { (side(profile)) } }
    }
}

fn explanation(found: &Fidelity) -> Markup {
    html! {
        h2 { "How it was measured" }
        p { small {
            "The holdout's column is the floor: real users measured in the place of the synthetic ones, at their own \
             number, so that a smaller holdout is farther off by chance. Head: the most popular fifth of the items. \
             Co-occurrence: correlation over pairs of items of their correlations among users; pairs: of the plain \
             counts, most of which follow from popularity. Copies: share of users with the profile of a real one, or \
             with at least 90 % in common (Jaccard). Membership: how often a real user is nearer to its nearest \
             synthetic user (cosine) than a held-out one is; standard error "
            (found.copying.membership.map_or_else(|| "-".to_owned(), |m| format!("{:.4}", m.auc.error)))
            ". Statistics of a log are those of all its users; copies are looked for among " (MOST_COMPARED)
            " synthetic users at most, and membership is asked of as many real and held-out ones, drawn by lot."
        } }
        p { small {
            "Classifier: boosted trees, cross-validated, on the length, popularity and co-occurrence of the items of a \
             profile and on its place on 32 principal directions of the real log; standard error "
            (format!("{:.4}", found.resemblance.classifier.error))
            ". What users are measured with is made from one half of the real users; the other half stands for them. \
             Alpha precision: how far synthetic users lie among the real ones; beta recall: how far they cover them \
             (Alaa et al., 2022). Modes: k-means clusters of real users in which synthetic ones are at least half as \
             frequent. All of these see " (MOST_CLASSIFIED) " users of each kind at most, drawn by lot."
        } }
        p { small {
            "Utility: recommenders with fixed settings (they are in fidelity.json), trained on either log, know four \
             fifths of a held-out user's events and predict the rest; intervals by bootstrap over users. The median \
             that is told above leaves popularity out, which any synthetic users keep. Seed "
            (found.seed) ". Made by Sparring " (found.sparring) ". SHA-256 of the synthetic log: "
            code { (found.synthetic.sha256) }
        } }
    }
}

#[cfg(test)]
mod tests {
    use super::super::charts::plotly_script;
    use super::super::fidelity::example;
    use super::*;
    use crate::fidelity::Drawn;

    #[test]
    fn the_page_is_self_contained_and_escaped() {
        let drawn = |log| Drawn {
            log,
            points: vec![(1.0, 0.5), (2.0, 0.25)],
        };
        let pictures = Pictures {
            lengths: vec![drawn("real"), drawn("synthetic"), drawn("holdout")],
            popularity: vec![drawn("real"), drawn("synthetic")],
            pairs: vec![(0.1, 0.2), (0.3, 0.3)],
            map: vec![drawn("real"), drawn("synthetic")],
            profiles: vec![SideBySide {
                cosine: 0.5,
                common: 1,
                lengths: (30, 1),
                synthetic: vec![("A <film>".to_owned(), true), ("B".to_owned(), false)],
                real: vec![("A <film>".to_owned(), true)],
            }],
        };
        let (mut found, mut other) = (example(), example());
        other.synthetic.data = "<other>".to_owned();
        found.put_beside(&other).unwrap();
        let page = fidelity_page(&found, &pictures);
        let page = page.replace(&plotly_script(), "");
        for text in [
            "a &amp; b",
            "can stand in for real ones",
            "class=\"common\">A &lt;film&gt;",
            "and 28 more",
            "it &lt;failed&gt;",
            "95.0 % (90.0 to 99.0)",
            "id=\"lengths\"",
            "id=\"popularity\"",
            "id=\"pairs\"",
            "id=\"map\"",
            "id=\"utility\"",
            "one note",
            "<th>&lt;other&gt;",
            "share that ease keeps",
        ] {
            assert!(page.contains(text), "{text}");
        }
        let links = ["src=\"http", "href=\"http", "@import"];
        assert!(links.iter().all(|link| !page.contains(link)));
    }
}
