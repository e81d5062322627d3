//! The charts of the page of synthetic users as they were made.

use plotly::common::{Fill, Line, Marker, Mode, Orientation, Title};
use plotly::layout::{Axis, AxisType, BarMode, Legend, TraceOrder};
use plotly::{Bar, Layout, Plot, Scatter};

use super::charts::layout;
use super::synthesis::SynthesisReport;
use crate::privacy::{Cost, Statement};
use crate::synth::Tally;

const REAL: &str = "#4c72b0";
const SYNTHETIC: &str = "#c44e52";
const GREY: &str = "#8c8c8c";

/// An epsilon of a cost.
type Of = fn(&Cost) -> Option<f64>;

/// What each event costs alone, and all of them composed.
pub(super) fn spent(ledger: &Statement) -> String {
    let kinds: [(&str, &str, Of); 3] = [
        ("added or removed: the guarantee", SYNTHETIC, |cost| {
            cost.epsilon
        }),
        ("replaced by another", REAL, |cost| cost.replace_one),
        ("by Renyi divergences, for comparison", GREY, |cost| {
            cost.renyi
        }),
    ];
    let mut rows: Vec<(String, Cost)> = vec![("composed".to_owned(), ledger.composed)];
    let events = ledger.events.iter().rev();
    rows.extend(events.map(|booked| (booked.name.clone(), booked.alone)));
    let mut plot = Plot::new();
    // Bars are drawn from below: the first kind is to be on top.
    for (name, color, of) in kinds.into_iter().rev() {
        let finite = rows
            .iter()
            .filter_map(|(name, cost)| Some((of(cost)?, name.clone())));
        let (epsilons, names): (Vec<f64>, Vec<String>) = finite.unzip();
        let bars = Bar::new(epsilons, names).orientation(Orientation::Horizontal);
        plot.add_trace(bars.name(name).marker(Marker::new().color(color)));
    }
    let layout = named("epsilon", "")
        .bar_mode(BarMode::Group)
        .legend(below().trace_order(TraceOrder::Reversed))
        .height(170 + 70 * rows.len())
        .y_axis(Axis::new().auto_margin(true));
    plot.set_layout(layout);
    plot.to_inline_html(Some("spent"))
}

/// How many items users have.
pub(super) fn lengths(report: SynthesisReport<'_>) -> String {
    let x = "items of a user (log)";
    let layout = named(x, "share of the users").x_axis(logarithmic(x));
    lines(report, "lengths", layout, Tally::lengths)
}

/// How often items are chosen, by rank.
pub(super) fn popularity(report: SynthesisReport<'_>) -> String {
    let (x, y) = (
        "rank of the item (log)",
        "share of the users who have it (log)",
    );
    let layout = named(x, y).x_axis(logarithmic(x)).y_axis(logarithmic(y));
    lines(report, "popularity", layout, Tally::popularity)
}

/// A line of the synthetic users, and one of the real ones where they may be seen.
fn lines(
    report: SynthesisReport<'_>,
    id: &str,
    layout: Layout,
    of: fn(&Tally) -> Vec<(f64, f64)>,
) -> String {
    let mut plot = Plot::new();
    let real = report.real.map(|tally| ("real", REAL, tally));
    for (name, color, tally) in real
        .into_iter()
        .chain([("synthetic", SYNTHETIC, report.synthetic)])
    {
        let (x, y): (Vec<f64>, Vec<f64>) = of(tally).into_iter().unzip();
        let line = Scatter::new(x, y)
            .mode(Mode::LinesMarkers)
            .name(name)
            .marker(Marker::new().size(4))
            .line(Line::new().color(color).width(2.0))
            .fill(Fill::None);
        plot.add_trace(line);
    }
    plot.set_layout(layout);
    plot.to_inline_html(Some(id))
}

/// A layout with the names below.
fn named(x: &str, y: &str) -> Layout {
    layout(x, y).height(380).legend(below()).show_legend(true)
}

fn below() -> Legend {
    Legend::new().orientation(Orientation::Horizontal).y(-0.25)
}

fn logarithmic(title: &str) -> Axis {
    Axis::new()
        .title(Title::with_text(title))
        .type_(AxisType::Log)
}
