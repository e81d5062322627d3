//! Robustness and fairness as one self-contained page.

use maud::{Markup, PreEscaped, html};

use super::charts;
use super::page::document;
use super::robustness::{Attacked, Endurance, Robustness, in_percent};
use crate::eval::Interval;
use crate::models::Family;

/// What this page has beyond the leaderboard's.
const MORE: &str = "
th { cursor: default } thead tr:first-child th { text-align: center; border-bottom: 1px solid #ccc }
thead tr:first-child th:first-child, td:first-child { text-align: left } td, th { vertical-align: top }
body { max-width: 1240px } table { font-size: 13px } th { white-space: normal } th, td { padding: .3rem .4rem }
";

/// The page: one chart of the loss by attack and model, one table with fairness beside it.
pub fn robustness_page(report: &Robustness) -> String {
    let body = html! {
        (heading(report))
        h2 { "Loss of " (report.watched) " by attack" }
        (PreEscaped(charts::loss_by_attack(report)))
        h2 { "Figures" }
        (table(report))
        (explanation(report))
    };
    document(&format!("Robustness: {}", report.facts.data), MORE, &body)
}

fn heading(report: &Robustness) -> Markup {
    let facts = &report.facts;
    let seeds: Vec<String> = report.seeds.iter().map(u64::to_string).collect();
    html! {
        h1 { "Robustness: " (facts.data) }
        p.lead {
            (facts.users) " users, " (facts.items) " items, " (facts.train) " training and "
            (facts.test) " test interactions. " (facts.protocol) " Every model is measured on the same "
            (facts.evaluated) " clean test users, whatever it was fitted on. Seeds: " (seeds.join(", ")) "."
        }
        @for note in &report.notes { p { (note) } }
    }
}

fn table(report: &Robustness) -> Markup {
    let threats = report.threats();
    let list = report.list;
    html! {
        div.scroll { table {
            thead {
                tr {
                    th { "" }
                    th colspan="4" { "clean fit: " (report.watched) " and fairness" }
                    @if !threats.is_empty() { th colspan=(threats.len()) { "loss under attack, targets in the top " (list) } }
                }
                tr {
                    th { "model" } th { "all users" } th { "short histories" } th { "worst quarter" }
                    th { "tail recall@" (list) }
                    @for (attack, rate) in &threats { th { (attack) br; (percent(*rate)) } }
                }
            }
            tbody { @for row in &report.rows { (line(row, &threats)) } }
        } }
    }
}

fn line(row: &Endurance, threats: &[(&str, f64)]) -> Markup {
    html! {
        tr.adversarial[row.family == Family::Adversarial] {
            td title=(row.about) { (row.model) }
            @if let Some(failure) = &row.failure {
                td.bad colspan=(threats.len() + 4) { (failure) }
            } @else {
                (figure(row.clean))
                (figure(row.fairness.map(|fairness| fairness.short_histories)))
                td { (row.fairness.map_or_else(String::new, |f| format!("{:.4}", f.worst_quarter))) }
                (figure(row.fairness.and_then(|fairness| fairness.tail_recall)))
                @for &(attack, rate) in threats { (under(row.under(attack, rate))) }
            }
        }
    }
}

fn figure(interval: Option<Interval>) -> Markup {
    html! {
        @if let Some(i) = interval {
            td { (format!("{:.4}", i.mean)) br; small { (format!("{:.4} to {:.4}", i.low, i.high)) } }
        } @else { td { "" } }
    }
}

fn under(attacked: Option<&Attacked>) -> Markup {
    let Some(attacked) = attacked else {
        return html! { td { "" } };
    };
    html! {
        @if let Some(failure) = &attacked.failure {
            td.bad title=(failure) { "failed" }
        } @else {
            td.bad[attacked.loss.is_some_and(|l| l.low > 0.0)].good[attacked.loss.is_some_and(|l| l.high < 0.0)] {
                @match attacked.loss {
                    Some(l) => {
                        (in_percent(l.mean)) " %" br;
                        small { (in_percent(l.low)) " to " (in_percent(l.high)) }
                    },
                    None => "-",
                }
                @if let Some(t) = attacked.targets {
                    br; small { (in_percent(t.before)) " \u{2192} " (in_percent(t.after)) " %" }
                }
            }
        }
    }
}

fn explanation(report: &Robustness) -> Markup {
    let fairness = report.rows.iter().find_map(|row| row.fairness);
    html! {
        p { small {
            "Loss: the share of " (report.watched) " that is gone, with its 95 % paired bootstrap interval \
             over users; red where it is beyond chance, green where the model gained. Below it, the share of \
             the test users with a pushed item in the top " (report.list) ", before and after. "
            "Random, average and bandwagon add fake users, as many for each real one as the rate says, \
             whose profiles hold all targets and filler drawn uniformly, by popularity, or half from the \
             most popular items. Noise replaces that share of the events by items drawn uniformly."
        } }
        @if let Some(f) = fairness {
            p { small {
                "Short histories: the quarter of the test users who have at most " (f.longest_short)
                " training interactions. Worst quarter: the mean of the lowest quarter of the users' own \
                 values. Tail recall: over held-out items in the least popular quarter of the catalogue; "
                (f.tail_users) " users have one, " (f.tail_left_out) " are left out."
            } }
        }
        @if report.targets.iter().any(|targets| !targets.is_empty()) {
            p { small {
                "Targets by seed: "
                @for (seed, targets) in report.seeds.iter().zip(&report.targets) {
                    (seed) ": " (targets.join(", ")) ". "
                }
            } }
        }
        p { small { "Settings as given, nothing tuned; they are in robustness.json. Made by Sparring "
            (report.sparring) ". SHA-256 of the clean training part: " code { (report.facts.sha256) } } }
    }
}

/// A share in percent, without zeros that say nothing.
pub(super) fn percent(share: f64) -> String {
    let rounded = (share * 1e6).round() / 1e4;
    format!("{rounded} %")
}

#[cfg(test)]
mod tests {
    use super::super::robustness::example;
    use super::*;

    #[test]
    fn the_page_is_self_contained_and_escaped() {
        let page = robustness_page(&example());
        let page = page.replace(&charts::plotly_script(), "");
        for text in [
            "a &amp; b",
            "about &lt;cfgan&gt;",
            "it &lt;failed&gt;",
            "loss-by-attack",
            "25.0 %",
            "12.5 \u{2192} 50.0 %",
            "random<br>5 %",
            "film 7",
        ] {
            assert!(page.contains(text), "{text}");
        }
        let links = ["src=\"http", "href=\"http", "@import"];
        assert!(links.iter().all(|link| !page.contains(link)));
    }

    #[test]
    fn shares_in_percent() {
        assert_eq!(
            (percent(0.07), percent(0.005)),
            ("7 %".to_owned(), "0.5 %".to_owned())
        );
    }
}
