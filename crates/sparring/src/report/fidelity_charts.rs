//! The charts of the page of synthetic users.

use plotly::common::{ErrorData, ErrorType, Fill, Line, Marker, Mode, Orientation, Title};
use plotly::layout::{Axis, AxisType, Legend};
use plotly::{Bar, Layout, Plot, Scatter};

use super::charts::layout;
use crate::eval::Interval;
use crate::fidelity::{Drawn, Pictures, Useful, Utility};

const REAL: &str = "#4c72b0";
const SYNTHETIC: &str = "#c44e52";
const HOLDOUT: &str = "#8c8c8c";

fn color(log: &str) -> &'static str {
    match log {
        "real" => REAL,
        "synthetic" => SYNTHETIC,
        _ => HOLDOUT,
    }
}

fn unzip(points: &[(f64, f64)]) -> (Vec<f64>, Vec<f64>) {
    points.iter().copied().unzip()
}

/// A layout with the names below.
fn named(x: &str, y: &str) -> Layout {
    let legend = Legend::new().orientation(Orientation::Horizontal).y(-0.25);
    layout(x, y).height(380).legend(legend).show_legend(true)
}

fn logarithmic(title: &str) -> Axis {
    Axis::new()
        .title(Title::with_text(title))
        .type_(AxisType::Log)
}

fn line(drawn: &Drawn) -> Box<Scatter<f64, f64>> {
    let (x, y) = unzip(&drawn.points);
    Scatter::new(x, y)
        .mode(Mode::Lines)
        .name(drawn.log)
        .line(Line::new().color(color(drawn.log)).width(2.0))
}

/// How many items users have.
pub(super) fn lengths(pictures: &Pictures) -> String {
    let mut plot = Plot::new();
    for drawn in &pictures.lengths {
        let fill = if drawn.log == "holdout" {
            Fill::None
        } else {
            Fill::ToZeroY
        };
        plot.add_trace(line(drawn).fill(fill));
    }
    let x = "items of a user (log)";
    plot.set_layout(named(x, "share of the users").x_axis(logarithmic(x)));
    plot.to_inline_html(Some("lengths"))
}

/// How often items are chosen, by rank.
pub(super) fn popularity(pictures: &Pictures) -> String {
    let mut plot = Plot::new();
    for drawn in &pictures.popularity {
        plot.add_trace(line(drawn));
    }
    let (x, y) = (
        "rank of the item (log)",
        "share of the users who have it (log)",
    );
    let layout = named(x, y).x_axis(logarithmic(x)).y_axis(logarithmic(y));
    plot.set_layout(layout);
    plot.to_inline_html(Some("popularity"))
}

/// Pairs of popular items among real and among synthetic users.
pub(super) fn pairs(pictures: &Pictures) -> String {
    let mut plot = Plot::new();
    let (real, synthetic) = unzip(&pictures.pairs);
    let least = real.iter().copied().fold(f64::INFINITY, f64::min);
    let most = real.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let dots = Scatter::new(real, synthetic)
        .mode(Mode::Markers)
        .name("a pair of items")
        .marker(Marker::new().size(5).opacity(0.5).color(SYNTHETIC));
    plot.add_trace(dots);
    if least <= most {
        let diagonal = Scatter::new(vec![least, most], vec![least, most])
            .mode(Mode::Lines)
            .name("the same")
            .line(Line::new().color(HOLDOUT).width(1.0));
        plot.add_trace(diagonal);
    }
    let layout = named("correlation among real users", "among synthetic users");
    plot.set_layout(layout);
    plot.to_inline_html(Some("pairs"))
}

/// Users on two principal directions.
pub(super) fn map(pictures: &Pictures) -> String {
    let mut plot = Plot::new();
    for drawn in &pictures.map {
        let (x, y) = unzip(&drawn.points);
        let marker = Marker::new().size(5).opacity(0.5).color(color(drawn.log));
        let dots = Scatter::new(x, y).mode(Mode::Markers).name(drawn.log);
        plot.add_trace(dots.marker(marker));
    }
    plot.set_layout(named("second principal direction", "third"));
    plot.to_inline_html(Some("map"))
}

/// A figure of a recommender.
type Of = fn(&Useful) -> Option<Interval>;

/// Recommenders trained on real and on synthetic users.
pub(super) fn utility(utility: &Utility) -> String {
    let mut plot = Plot::new();
    let kinds: [(&str, Of); 2] = [("real", |row| row.real), ("synthetic", |row| row.synthetic)];
    for (name, figure) in kinds {
        let (mut models, mut means) = (Vec::new(), Vec::new());
        let (mut above, mut below) = (Vec::new(), Vec::new());
        for row in &utility.models {
            if let Some(interval) = figure(row) {
                models.push(row.model.clone());
                means.push(interval.mean);
                above.push(interval.high - interval.mean);
                below.push(interval.mean - interval.low);
            }
        }
        let error = ErrorData::new(ErrorType::Data)
            .symmetric(false)
            .array(above)
            .array_minus(below)
            .thickness(1.0);
        let bars = Bar::new(models, means)
            .name(format!("trained on {name} users"))
            .marker(Marker::new().color(color(name)))
            .error_y(error);
        plot.add_trace(bars);
    }
    plot.set_layout(named("recommender", &utility.metric));
    plot.to_inline_html(Some("utility"))
}
