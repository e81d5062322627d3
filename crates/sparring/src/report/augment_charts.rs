//! The charts of a page about additions to a training log.

use plotly::common::{ErrorData, ErrorType, Mode, Orientation, Title};
use plotly::layout::{Axis, AxisType, Legend};
use plotly::{Bar, Plot, Scatter};

use super::augment::{Augmentation, Branch, Tried};
use super::charts::layout;

/// The relative gain in percent, a group of bars a quarter of the users, a bar a generator.
pub(super) fn by_activity(found: &Augmentation) -> String {
    let mut plot = Plot::new();
    for branch in &found.generated {
        let Some(chosen) = &branch.chosen else {
            continue;
        };
        let (mut names, mut gains) = (Vec::new(), Vec::new());
        let (mut above, mut below) = (Vec::new(), Vec::new());
        for group in &chosen.last().groups {
            let Some(gain) = group.uplift else { continue };
            names.push(format!("{} to {} events", group.least, group.most));
            gains.push(100.0 * gain.mean);
            above.push(100.0 * (gain.high - gain.mean));
            below.push(100.0 * (gain.mean - gain.low));
        }
        let error = ErrorData::new(ErrorType::Data)
            .symmetric(false)
            .array(above)
            .array_minus(below)
            .thickness(1.0);
        plot.add_trace(Bar::new(names, gains).name(&branch.name).error_y(error));
    }
    let y = format!("gain of {} in %", found.watched);
    let legend = Legend::new().orientation(Orientation::Horizontal).y(-0.25);
    plot.set_layout(
        layout("events that are known", &y)
            .legend(legend)
            .show_legend(true),
    );
    plot.to_inline_html(Some("gain-by-activity"))
}

/// The metric on the validation part against the strength, a line a generator and amount.
pub(super) fn trials(found: &Augmentation) -> String {
    let mut plot = Plot::new();
    for branch in found.branches() {
        for amount in amounts(branch) {
            let tried = |t: &&Tried| t.amount.to_bits() == amount.to_bits();
            let points = branch.trials.iter().filter(tried);
            let points = points.filter_map(|t| Some((t.strength.unwrap_or(1.0), t.validation?)));
            let (strengths, values): (Vec<f64>, Vec<f64>) = points.unzip();
            let name = if amount > 0.0 {
                format!("{} {amount}", branch.name)
            } else {
                branch.name.clone()
            };
            let line = Scatter::new(strengths, values).mode(Mode::LinesMarkers);
            plot.add_trace(line.name(name));
        }
    }
    let x = found.varied.as_deref().unwrap_or("settings as given");
    plot.set_layout(
        layout(x, &found.watched)
            .show_legend(true)
            .x_axis(Axis::new().title(Title::with_text(x)).type_(AxisType::Log)),
    );
    plot.to_inline_html(Some("trials-on-validation"))
}

/// The amounts of a branch, each once, in order.
fn amounts(branch: &Branch) -> Vec<f64> {
    let mut amounts: Vec<f64> = branch.trials.iter().map(|tried| tried.amount).collect();
    amounts.dedup_by_key(|amount| amount.to_bits());
    amounts
}
