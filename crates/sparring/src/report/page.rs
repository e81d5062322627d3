//! The leaderboard as one self-contained page.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::charts;
use super::leaderboard::{Estimate, Leaderboard, Row, Timings};
use crate::models::Family;

/// How all pages look.
const STYLE: &str = "
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 1100px; margin: 2rem auto; padding: 0 1rem }
h1 { margin-bottom: 0 } h2 { margin-top: 2.2rem } p.lead { color: #555; margin-top: .3rem }
table { border-collapse: collapse; width: 100% } th, td { padding: .35rem .6rem; text-align: right; white-space: nowrap }
th { cursor: pointer; border-bottom: 2px solid #999; user-select: none } td { border-bottom: 1px solid #e4e4e4 }
th:first-child, td:first-child { text-align: left } th.sorted::after { content: ' \\25BE' } th.sorted.up::after { content: ' \\25B4' }
tr.adversarial td:first-child { color: #b03a3f; font-weight: 600 } tr.reference { background: #eef3fb }
small { color: #777 } .scroll { overflow-x: auto } code { background: #f4f4f4; padding: 0 .25rem }
details { margin: .5rem 0 } .pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)) }
@media (max-width: 860px) { .pair { grid-template-columns: minmax(0, 1fr) } }
 .bad { color: #b03a3f } .good { color: #2d7d46 }
";

const SORT: &str = "
document.querySelectorAll('th').forEach((head, column) => head.addEventListener('click', () => {
  const body = document.querySelector('#board tbody'), up = head.classList.contains('sorted') && !head.classList.contains('up');
  document.querySelectorAll('th').forEach(other => other.classList.remove('sorted', 'up'));
  head.classList.add('sorted'); if (up) head.classList.add('up');
  const value = row => { const cell = row.children[column], number = parseFloat(cell.dataset.value); return isNaN(number) ? cell.textContent : number; };
  [...body.rows].sort((a, b) => { const x = value(a), y = value(b), order = x < y ? -1 : x > y ? 1 : 0; return up ? order : -order; })
    .forEach(row => body.append(row));
}));
";

/// The page: a sortable table with intervals, metric against time, training curves and health.
pub fn leaderboard_page(board: &Leaderboard, timings: &Timings) -> String {
    let body = html! {
        (heading(board))
        (table(board, timings))
        h2 { (board.watched) " against time" }
        (PreEscaped(charts::metric_against_time(board, timings)))
        (health(board))
        (curves(board))
        (settings(board))
        script { (PreEscaped(SORT)) }
    };
    document(&format!("Leaderboard: {}", board.facts.data), "", &body)
}

/// A whole page with the charts' script inside; `style` goes after the common one.
pub fn document(title: &str, style: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(style)) }
                (PreEscaped(charts::plotly_script()))
            }
            body { (body) }
        }
    };
    page.into_string()
}

fn heading(board: &Leaderboard) -> Markup {
    let facts = &board.facts;
    html! {
        h1 { "Leaderboard: " (facts.data) }
        p.lead {
            (facts.users) " users, " (facts.items) " items, " (facts.train) " training and "
            (facts.test) " test interactions. " (facts.protocol) " Metrics over " (facts.evaluated)
            " users with test interactions (" (facts.left_out) " without are left out), definitions: "
            (facts.profile) ". Seeds: " (seeds(&board.seeds)) "."
        }
        @for note in &board.notes { p { (note) } }
    }
}

fn seeds(seeds: &[u64]) -> String {
    seeds
        .iter()
        .map(u64::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

fn table(board: &Leaderboard, timings: &Timings) -> Markup {
    let reference = board.reference.as_deref();
    let others = board
        .metrics
        .iter()
        .filter(|&metric| *metric != board.watched);
    let others: Vec<&String> = others.collect();
    html! {
        div.scroll { table id="board" {
            thead { tr {
                th { "model" }
                th.sorted { (board.watched) }
                th { "against " (reference.unwrap_or("baseline")) }
                th { "health" }
                th { "fit, s" }
                @for metric in &others { th { (metric) } }
            } }
            tbody {
                @for row in &board.rows {
                    tr.adversarial[row.family == Family::Adversarial]
                        .reference[reference == Some(row.model.as_str())] {
                        td title=(row.about) { (row.model) }
                        @if let Some(failure) = &row.failure {
                            td.bad colspan=(others.len() + 4) { (failure) }
                        } @else {
                            (cell(row.metrics.get(&board.watched)))
                            (versus(row))
                            @let last = row.health.last().map_or("", |d| d.verdict.as_str());
                            td.good[last == "healthy"].bad[last != "healthy"] { (last) }
                            @let secs = timings.get(&row.model).map_or(0.0, |timing| timing.fit_secs);
                            td data-value=(secs) { (format!("{secs:.2}")) }
                            @for &metric in &others { (cell(row.metrics.get(metric))) }
                        }
                    }
                }
            }
        } }
        p { small {
            "Mean with its 95 % interval by bootstrap over users; " code { "±" }
            " is the standard deviation over seeds. Red names are adversarial models; the shaded row is \
             the best baseline, with which the others are compared pairwise over users in "
            (board.watched) "."
        } }
    }
}

fn cell(estimate: Option<&Estimate>) -> Markup {
    html! {
        @if let Some(e) = estimate {
            td data-value=(e.mean) {
                (format!("{:.4}", e.mean))
                @if e.seed_sd > 0.0 { small { (format!(" ±{:.4}", e.seed_sd)) } }
                @if e.high > e.low { br; small { (format!("{:.4} to {:.4}", e.low, e.high)) } }
            }
        } @else { td { "" } }
    }
}

fn versus(row: &Row) -> Markup {
    html! {
        @if let Some(c) = &row.versus {
            td.good[c.low > 0.0].bad[c.high < 0.0] data-value=(c.difference) {
                (format!("{:+.4}", c.difference)) br;
                small { (format!("{:+.4} to {:+.4}, p {:.3}", c.low, c.high, c.p)) }
            }
        } @else { td { "" } }
    }
}

fn health(board: &Leaderboard) -> Markup {
    html! {
        @if board.rows.iter().any(|row| !row.health.is_empty()) {
            h2 { "Health of adversarial training" }
            @for row in board.rows.iter().filter(|row| !row.health.is_empty()) {
                @let last = row.health.last().map_or("", |diagnosis| diagnosis.verdict.as_str());
                details open[last != "healthy"] {
                    summary { b { (row.model) } ": " (last) }
                    ul {
                        @for d in &row.health {
                            li {
                                "step " (d.step) ": " b { (d.verdict) } ". " (d.evidence.join("; "))
                                @if !d.remedies.is_empty() { br; small { "Remedies: " (d.remedies.join("; ")) } }
                                @if !d.applied.is_empty() { br; small { "Applied: " (d.applied.join("; ")) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn curves(board: &Leaderboard) -> Markup {
    html! {
        @if board.rows.iter().any(|row| !row.curves.is_empty()) {
            h2 { "Training curves" }
            p { small { "First seed." } }
            @for row in board.rows.iter().filter(|row| !row.curves.is_empty()) {
                h3 { (row.model) }
                div.pair {
                    @for group in charts::groups(row) {
                        div { (PreEscaped(charts::curves(row, group))) }
                    }
                }
            }
        }
    }
}

fn settings(board: &Leaderboard) -> Markup {
    html! {
        h2 { "Settings" }
        @for row in &board.rows {
            details {
                summary {
                    b { (row.model) } ": "
                    @match &row.tuned {
                        Some(tuned) => {
                            "tuned, " (tuned.trials) " trials, " (board.watched) " on validation "
                            (format!("{:.4}", tuned.validation))
                        },
                        None => "as given",
                    }
                }
                pre { (toml::to_string(&row.settings).unwrap_or_default()) }
            }
        }
        p { small { "Made by Sparring " (board.sparring) ". SHA-256 of the training part: "
            code { (board.facts.sha256) } } }
    }
}

#[cfg(test)]
mod tests {
    use super::super::leaderboard::example;
    use super::*;

    #[test]
    fn the_page_is_self_contained_and_escaped() {
        let page = leaderboard_page(&example(), &Timings::new());
        assert!(page.contains("a &amp; b") && page.contains("about &lt;cfgan&gt;"));
        assert!(page.contains("losses-cfgan") && page.contains("0.3000"));
        let page = page.replace(&charts::plotly_script(), "");
        let links = ["src=\"http", "href=\"http", "@import"];
        assert!(
            links.iter().all(|link| !page.contains(link)),
            "nothing is loaded from elsewhere"
        );
    }
}
