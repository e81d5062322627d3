//! The charts of the pages, drawn by plotly in the reader's browser without a network.

use plotly::common::{ErrorData, ErrorType, Marker, Mode, Orientation, Title};
use plotly::layout::{Axis, AxisType, Legend, Margin};
use plotly::{Bar, Layout, Plot, Scatter};

use super::leaderboard::{Leaderboard, Row, Timings};
use super::robustness::Robustness;
use super::robustness_page::percent;
use crate::models::Family;

const BASELINE: &str = "#4c72b0";
const ADVERSARIAL: &str = "#c44e52";

/// The script that draws, to be put once into a page.
pub fn plotly_script() -> String {
    let sources = Plot::offline_js_sources();
    let end = "</script>";
    let first = sources.find(end).map_or(sources.len(), |at| at + end.len());
    sources[..first].to_owned()
}

/// The watched metric against the time of one fit, with intervals.
pub(super) fn metric_against_time(board: &Leaderboard, timings: &Timings) -> String {
    let mut plot = Plot::new();
    for (family, name, color) in [
        (Family::Baseline, "baselines", BASELINE),
        (Family::Adversarial, "adversarial", ADVERSARIAL),
    ] {
        let mut points = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for row in board.rows.iter().filter(|row| row.family == family) {
            if let (Some(estimate), Some(time)) =
                (row.metrics.get(&board.watched), timings.get(&row.model))
            {
                points.0.push(time.fit_secs.max(1e-3));
                points.1.push(estimate.mean);
                points.2.push(row.model.clone());
                points.3.push((estimate.high - estimate.low) / 2.0);
            }
        }
        let trace = Scatter::new(points.0, points.1)
            .mode(Mode::MarkersText)
            .name(name)
            .text_array(points.2)
            .text_position(plotly::common::Position::MiddleRight)
            .error_y(
                ErrorData::new(ErrorType::Data)
                    .array(points.3)
                    .thickness(1.0),
            )
            .marker(Marker::new().size(10).color(color));
        plot.add_trace(trace);
    }
    plot.set_layout(
        layout("seconds for one fit (log)", &board.watched).x_axis(
            Axis::new()
                .title(Title::with_text("seconds for one fit (log)"))
                .type_(AxisType::Log),
        ),
    );
    plot.to_inline_html(Some("metric-against-time"))
}

/// What curves of one chart have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// Losses and rewards, in their own units.
    Losses,
    /// Shares and the watched metric, about from 0 to 1.
    Shares,
}

impl Group {
    fn holds(self, curve: &str) -> bool {
        (curve.contains("loss") || curve.contains("norm")) == (self == Self::Losses)
    }
}

/// The groups of which a model has curves.
pub(super) fn groups(row: &Row) -> impl Iterator<Item = Group> {
    let any = |group: &Group| row.curves.keys().any(|curve| group.holds(curve));
    [Group::Losses, Group::Shares].into_iter().filter(any)
}

/// Curves of one model, one line a curve.
pub(super) fn curves(row: &Row, group: Group) -> String {
    let mut plot = Plot::new();
    for (name, curve) in row.curves.iter().filter(|(name, _)| group.holds(name)) {
        let steps = curve.iter().map(|point| point.0).collect();
        let values = curve.iter().map(|point| point.1).collect();
        plot.add_trace(Scatter::new(steps, values).mode(Mode::Lines).name(name));
    }
    let (id, y) = match group {
        Group::Losses => ("losses", "loss"),
        Group::Shares => ("shares", "share or metric"),
    };
    let legend = Legend::new().orientation(Orientation::Horizontal).y(-0.25);
    plot.set_layout(
        layout("step", y)
            .height(340)
            .legend(legend)
            .show_legend(true),
    );
    plot.to_inline_html(Some(&format!("{id}-{}", row.model)))
}

/// The relative loss of the watched metric in percent, a group of bars an attack, a bar a model.
pub(super) fn loss_by_attack(report: &Robustness) -> String {
    let mut plot = Plot::new();
    let threats = report.threats();
    for row in &report.rows {
        let (mut names, mut losses) = (Vec::new(), Vec::new());
        let (mut above, mut below) = (Vec::new(), Vec::new());
        for &(attack, rate) in &threats {
            let Some(loss) = row.under(attack, rate).and_then(|attacked| attacked.loss) else {
                continue;
            };
            names.push(format!("{attack} {}", percent(rate)));
            losses.push(100.0 * loss.mean);
            above.push(100.0 * (loss.high - loss.mean));
            below.push(100.0 * (loss.mean - loss.low));
        }
        let error = ErrorData::new(ErrorType::Data)
            .symmetric(false)
            .array(above)
            .array_minus(below)
            .thickness(1.0);
        if !names.is_empty() {
            plot.add_trace(Bar::new(names, losses).name(&row.model).error_y(error));
        }
    }
    let y = format!("loss of {} in %", report.watched);
    let legend = Legend::new().orientation(Orientation::Horizontal).y(-0.25);
    plot.set_layout(
        layout("attack and rate", &y)
            .legend(legend)
            .show_legend(true),
    );
    plot.to_inline_html(Some("loss-by-attack"))
}

pub(super) fn layout(x: &str, y: &str) -> Layout {
    Layout::new()
        .height(420)
        .margin(Margin::new().top(30).right(20))
        .x_axis(Axis::new().title(Title::with_text(x)))
        .y_axis(Axis::new().title(Title::with_text(y)))
}
