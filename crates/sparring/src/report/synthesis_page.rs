//! Synthetic users as one self-contained page: what was made, what is guaranteed, what it cost.

use maud::{Markup, PreEscaped, html};

use super::page::document;
use super::synthesis::{Synthesis, SynthesisReport};
use super::synthesis_charts as charts;
use crate::privacy::{Cost, DpEvent, Statement};

/// What this page has beyond the leaderboard's.
const MORE: &str = "
th { cursor: default } .verdict { font-size: 1.15rem; font-weight: 600 } td, th { white-space: normal }
td.name { min-width: 11rem } table.public td { text-align: left; vertical-align: top }
tr.all td { border-top: 2px solid #999; font-weight: 600 }
";

/// Factors from here on protect little.
const LITTLE: f64 = 1000.0;

/// The page: the guarantee in words or that there is none, the ledger, the users in two charts.
pub fn synthesis_page(report: SynthesisReport<'_>) -> String {
    let made = report.made;
    let body = html! {
        (heading(report))
        @match report.ledger {
            Some(ledger) => { (guarantee(ledger)) (more(report)) (spent(ledger)) (public(ledger)) }
            None => { (none(made)) (more(report)) }
        }
        (users(report))
        (settings(report))
    };
    document(&format!("Synthetic users: {}", source(made)), MORE, &body)
}

fn source(made: &Synthesis) -> &str {
    made.real.source.as_deref().unwrap_or("a log")
}

fn heading(report: SynthesisReport<'_>) -> Markup {
    let made = report.made;
    html! {
        h1 { "Synthetic users: " (source(made)) }
        p.lead {
            (made.users) " users with " (made.interactions) " interactions over "
            (report.synthetic.items_seen()) " of " (made.real.items) " items, drawn from "
            b { (made.model) } " (" (report.about) "). Seed of the users " (made.seed)
            ", of the fit " (made.fit_seed) "."
        }
    }
}

/// The guarantee, what it means, and what it does not.
fn guarantee(ledger: &Statement) -> Markup {
    let epsilon = ledger.composed.epsilon.unwrap_or(f64::INFINITY);
    let delta = ledger.delta.get();
    html! {
        p.verdict.good { "Differential privacy: " (ledger.guarantee()) "." }
        p {
            "Whoever sees these files learns about the same as if any one user had not been in the log: the \
             chance of whatever can be found changes by a factor of "
            (factor(epsilon)) " at most, but for a chance of " (format!("{delta:e}"))
            ". "
            @if epsilon.exp() >= LITTLE { "That is very little protection. " }
            "This holds whatever else is known, and however many users are drawn. What is true of many \
             users, such as which items are popular, is not hidden, and a user who stands in the log under \
             two names counts as two."
        }
    }
}

/// `e^epsilon` as it is said.
fn factor(epsilon: f64) -> String {
    let factor = epsilon.exp();
    if factor < LITTLE {
        format!("{factor:.1}")
    } else {
        format!("{factor:.0e}")
    }
}

/// An event with six digits of each number.
fn short(event: &DpEvent) -> String {
    let text = event.to_string();
    let part = |part: &str| match part.parse::<f64>() {
        Ok(number) if number.abs() >= 1e-3 => format!("{}", (number * 1e6).round() / 1e6),
        Ok(number) => format!("{:e}", format!("{number:.5e}").parse().unwrap_or(number)),
        Err(_) => part.to_owned(),
    };
    text.split(':').map(part).collect::<Vec<_>>().join(":")
}

fn none(made: &Synthesis) -> Markup {
    html! {
        p.verdict.bad { "There is no privacy guarantee." }
        p {
            "Privacy: " (made.privacy) ". A guarantee is had by fitting again with "
            code { "--epsilon" } "; " code { "sparring fidelity" } " looks for copies of real users."
        }
    }
}

/// How more users are had, and at what cost.
fn more(report: SynthesisReport<'_>) -> Markup {
    let cost = match report.ledger {
        Some(_) => {
            "Drawing more, or training anything on them, costs nothing: it reads the release, not the log. \
             Another fit to the same log costs as much again"
        }
        None => "Drawing more reads the saved synthesizer, not the log",
    };
    html! {
        h2 { "More users" }
        @if report.saved {
            p.good {
                "These were drawn from a saved synthesizer, without a look at the log: that "
                @if report.ledger.is_some() { "cost nothing, and the ledger is as it was." }
                @else { "needs no real users." }
            }
        }
        p {
            (cost) ": " code { "sparring synthesize --from DIR --users N --out MORE" } ", where "
            code { "DIR" } " is what " code { "--save" } " named. The same seed gives the same users."
        }
    }
}

fn spent(ledger: &Statement) -> Markup {
    html! {
        h2 { "What was spent" }
        (PreEscaped(charts::spent(ledger)))
        div.scroll { table {
            thead { tr {
                th { "release" } th { "event" } th { "epsilon" } th { "user removed" } th { "added" }
                th { "replaced" } th { "Renyi" }
            } }
            tbody {
                @for booked in &ledger.events {
                    tr {
                        td.name { (booked.name) } td { code { (short(&booked.event)) } }
                        (cells(&booked.alone))
                    }
                }
                tr.all {
                    td.name { "composed" } td { (format!("at delta {:e}", ledger.delta.get())) }
                    (cells(&ledger.composed))
                }
            }
        } }
        p { small {
            "Each row alone, the last one all of them together: that is the guarantee. The unit is a user. \
             Figures are upper bounds by privacy-loss distributions; those by Renyi divergences are for \
             comparison only. "
            @if let Some(budget) = ledger.budget { "The budget was epsilon " (budget.get()) ". " }
            "Noise is relative to the most that one user adds. " code { "ledger.json" }
            " holds the same; " code { "sparring privacy ledger" } " checks it."
        } }
    }
}

fn cells(cost: &Cost) -> Markup {
    html! {
        @for epsilon in [cost.epsilon, cost.remove, cost.add, cost.replace_one, cost.renyi] {
            td { (epsilon.map_or("infinite".to_owned(), |e| format!("{:.4}", (e * 1e4).ceil() / 1e4))) }
        }
    }
}

fn public(ledger: &Statement) -> Markup {
    html! {
        @if !ledger.public.is_empty() {
            h2 { "What was declared public" }
            table.public {
                thead { tr { th { "what" } th style="text-align: left" { "why it may be known" } } }
                tbody { @for declared in &ledger.public {
                    tr { td { (declared.name) } td { (declared.why) } }
                } }
            }
            p { small { "The guarantee does not cover this. Whoever declared it answers for it." } }
        }
    }
}

fn users(report: SynthesisReport<'_>) -> Markup {
    let tally = report.synthetic;
    let mean = tally.interactions() as f64 / (tally.users().max(1)) as f64;
    html! {
        h2 { "The users" }
        p {
            (format!("{mean:.1}")) " items a user on average. "
            @if report.ledger.is_some() { "Real users are not shown: that would be outside of the guarantee." }
        }
        div.pair {
            div { h3 { "Popularity" } (PreEscaped(charts::popularity(report))) }
            div { h3 { "Lengths" } (PreEscaped(charts::lengths(report))) }
        }
        @for note in &report.made.notes { p { small { (note) } } }
    }
}

fn settings(report: SynthesisReport<'_>) -> Markup {
    let made = report.made;
    html! {
        h2 { "Settings" }
        details { summary { b { (made.model) } } pre { (toml::to_string(&made.settings).unwrap_or_default()) } }
        p { small { "Made by Sparring " (made.sparring) ". SHA-256 of the log: " code { (made.real.sha256) } } }
    }
}

#[cfg(test)]
mod tests {
    use super::super::charts::plotly_script;
    use super::*;
    use crate::artifact::Provenance;
    use crate::data::Columns;
    use crate::models::log;
    use crate::privacy::{Delta, Ledger};
    use crate::synth::Tally;

    fn made() -> Synthesis {
        Synthesis {
            sparring: "0",
            model: "private",
            settings: toml::Table::new(),
            fit_seed: 3,
            seed: 5,
            real: Provenance::withheld(Some("a & b".to_owned()), None, 7),
            users: 2,
            interactions: 3,
            columns: Columns::default(),
            attributes: vec![],
            notes: vec!["No <times>.".to_owned()],
            guarantee: None,
            privacy: "none: <nothing>".to_owned(),
        }
    }

    fn page(ledger: Option<&Statement>, saved: bool, real: bool) -> String {
        let (synthetic, other) = (
            Tally::of(&log(2, 7, [(0, 0), (0, 1), (1, 0)])),
            Tally::of(&log(2, 7, [(0, 0), (1, 3)])),
        );
        let report = SynthesisReport {
            made: &made(),
            about: "about <it>",
            saved,
            ledger,
            synthetic: &synthetic,
            real: real.then_some(&other),
        };
        synthesis_page(report).replace(&plotly_script(), "")
    }

    #[test]
    fn with_a_guarantee() {
        let mut ledger = Ledger::new(Delta::new(1e-6).unwrap(), None);
        ledger.book("sums <all>", DpEvent::gaussian(4.0)).unwrap();
        ledger.book("items", DpEvent::gaussian(20.0)).unwrap();
        ledger.declare("the range", "1 to <5>").unwrap();
        let page = page(Some(&ledger.statement()), true, false);
        for text in [
            "a &amp; b",
            "about &lt;it&gt;",
            "sums &lt;all&gt;",
            "gaussian:20",
            "1 to &lt;5&gt;",
            "2 of 7 items",
            "delta 1e-6 for every user",
            "cost nothing, and the ledger is as it was",
            "1.5 items a user",
            "No &lt;times&gt;.",
            "id=\"spent\"",
            "id=\"popularity\"",
            "id=\"lengths\"",
        ] {
            assert!(page.contains(text), "{text}");
        }
        assert!(!page.contains("\"name\":\"real\"") && !page.contains("no privacy guarantee"));
        let links = ["src=\"http", "href=\"http", "@import"];
        assert!(links.iter().all(|link| !page.contains(link)));
    }

    #[test]
    fn without_one_real_users_stand_beside() {
        let alone = page(None, false, true);
        assert!(alone.contains("There is no privacy guarantee."));
        assert!(alone.contains("none: &lt;nothing&gt;") && alone.contains("\"name\":\"real\""));
        assert!(!alone.contains("id=\"spent\"") && !alone.contains("saved synthesizer, without"));
        assert!(page(None, true, false).contains("needs no real users"));
    }

    #[test]
    fn a_large_epsilon_is_said_to_be_little() {
        assert_eq!(factor(1.0), "2.7");
        assert_eq!(factor(6.9), "992.3");
        assert_eq!(factor(20.0), "5e8");
        let look = DpEvent::Thresholded {
            noise_multiplier: 1.370_058_953_195_992,
            delta: 1.000_000_000_000_000_2e-6,
        };
        assert_eq!(short(&look), "thresholded:1.370059:1e-6");
        assert_eq!(
            short(&DpEvent::poisson(0.1, 3.0).times(20)),
            "poisson:0.1:3x20"
        );
    }
}
