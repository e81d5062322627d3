//! The charts of the page of an audit.

use plotly::common::{DashType, Line, Marker, Mode, Orientation, Title};
use plotly::layout::{Axis, AxisType, BarMode, Legend};
use plotly::{Bar, Layout, Plot, Scatter};

use super::charts::layout;
use crate::audit::{Histogram, Roc};

const MEMBERS: &str = "#c44e52";
const OUTSIDERS: &str = "#8c8c8c";
/// The least rate on a logarithmic axis.
const LEAST: f64 = 1e-3;

fn named(x: &str, y: &str) -> Layout {
    let legend = Legend::new().orientation(Orientation::Horizontal).y(-0.25);
    layout(x, y).height(400).legend(legend).show_legend(true)
}

/// True against false positives of all attacks.
pub(super) fn rocs(rocs: &[(String, &Roc)]) -> String {
    let mut plot = Plot::new();
    for (name, roc) in rocs {
        let (x, y): (Vec<f64>, Vec<f64>) = roc.curve.iter().copied().unzip();
        plot.add_trace(Scatter::new(x, y).mode(Mode::Lines).name(name));
    }
    let chance = Line::new().color(OUTSIDERS).width(1.0).dash(DashType::Dash);
    let diagonal = Scatter::new(vec![0.0, 1.0], vec![0.0, 1.0])
        .mode(Mode::Lines)
        .name("chance")
        .line(chance);
    plot.add_trace(diagonal);
    plot.set_layout(named("others wrongly called members", "members found"));
    plot.to_inline_html(Some("roc"))
}

/// The same with logarithmic axes: the few that are certain.
pub(super) fn certain(rocs: &[(String, &Roc)]) -> String {
    let mut plot = Plot::new();
    for (name, roc) in rocs {
        let above = roc.curve.iter().filter(|(x, y)| *x > 0.0 && *y > 0.0);
        let (x, y): (Vec<f64>, Vec<f64>) = above.copied().unzip();
        plot.add_trace(Scatter::new(x, y).mode(Mode::Lines).name(name));
    }
    let chance = Line::new().color(OUTSIDERS).width(1.0).dash(DashType::Dash);
    let diagonal = Scatter::new(vec![LEAST, 1.0], vec![LEAST, 1.0])
        .mode(Mode::Lines)
        .name("chance")
        .line(chance);
    plot.add_trace(diagonal);
    let axis = |title: &str| {
        Axis::new()
            .title(Title::with_text(title))
            .type_(AxisType::Log)
    };
    let (x, y) = ("others wrongly called members (log)", "members found (log)");
    plot.set_layout(named(x, y).x_axis(axis(x)).y_axis(axis(y)));
    plot.to_inline_html(Some("certain"))
}

/// How the scores of an attack are spread.
pub(super) fn scores(id: &str, [members, outsiders]: [&str; 2], histogram: &Histogram) -> String {
    let mut plot = Plot::new();
    for (name, color, shares) in [
        (members, MEMBERS, &histogram.members),
        (outsiders, OUTSIDERS, &histogram.outsiders),
    ] {
        let bars = Bar::new(histogram.at.clone(), shares.clone())
            .name(name)
            .opacity(0.55)
            .marker(Marker::new().color(color));
        plot.add_trace(bars);
    }
    let layout = named("score", "share").height(300);
    plot.set_layout(layout.bar_mode(BarMode::Overlay));
    plot.to_inline_html(Some(id))
}
