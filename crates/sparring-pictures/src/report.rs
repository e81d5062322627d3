//! The page of a training: what it draws, its curves, its health.

use base64::Engine;
use base64::prelude::BASE64_STANDARD as STANDARD;
use maud::{Markup, PreEscaped, html};
use plotly::common::{Mode, Title};
use plotly::layout::{Axis, Margin};
use plotly::{Layout, Plot, Scatter};
use sparring::report::document;

use crate::canvas::Canvas;
use crate::config::PictureConfig;
use crate::record::Record;

const STYLE: &str = "
img { max-width: 100%; image-rendering: pixelated }
pre { overflow-x: auto }
.pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)) }
@media (max-width: 860px) { .pair { grid-template-columns: minmax(0, 1fr) } }
";

/// The groups of curves and how their names begin; what begins otherwise is a share.
const GROUPS: [(&str, &str); 2] = [("loss", "loss of"), ("gradient norm", "gradient norm")];

/// The page: pictures of the last epoch, the film, interpolations, curves and health.
pub(crate) fn page(
    name: &str,
    config: &PictureConfig,
    record: &Record,
    sheets: &[Canvas; 3],
) -> String {
    let last = record.health.last();
    let [sheet, film, lines] = sheets;
    let body = html! {
        h1 { "Pictures: " (name) }
        @if let Some(last) = last {
            p { "Health: " span.good[last.verdict == "healthy"].bad[last.verdict != "healthy"] {
                (last.verdict) } ". " (last.evidence.join("; ")) "." }
        }
        h2 { "After the last epoch" }
        (image(sheet, "pictures drawn after the last epoch"))
        h2 { "The same noise over training" }
        p { small { "A row an epoch, the first on top." } }
        (image(film, "a row of pictures for each epoch"))
        h2 { "Between two noises" }
        (image(lines, "rows of pictures between two noises"))
        h2 { "Curves" }
        div.pair {
            @for group in 0..=GROUPS.len() { div { (PreEscaped(curves(record, group))) } }
        }
        h2 { "Health" }
        ul {
            @for d in &record.health {
                li { "step " (d.step) ": " b { (d.verdict) } ". " (d.evidence.join("; "))
                    @if !d.remedies.is_empty() { br; small { "Remedies: " (d.remedies.join("; ")) } }
                    @if !d.applied.is_empty() { br; small { "Applied: " (d.applied.join("; ")) } }
                }
            }
        }
        h2 { "Settings" }
        pre { (serde_json::to_string_pretty(config).unwrap_or_default()) }
    };
    document(&format!("Pictures: {name}"), STYLE, &body)
}

/// A sheet inside the page.
pub(crate) fn image(sheet: &Canvas, words: &str) -> Markup {
    let address = format!("data:image/png;base64,{}", STANDARD.encode(sheet.to_png()));
    html! { img src=(address) alt=(words); }
}

fn curves(record: &Record, group: usize) -> String {
    let inside = |name: &str| {
        let own = GROUPS.iter().position(|(_, start)| name.starts_with(start));
        own.unwrap_or(GROUPS.len()) == group
    };
    let mut plot = Plot::new();
    for (name, curve) in record.curves.iter().filter(|(name, _)| inside(name)) {
        let (steps, values) = curve.iter().copied().unzip();
        plot.add_trace(
            Scatter::new(steps, values)
                .mode(Mode::LinesMarkers)
                .name(name),
        );
    }
    let title = GROUPS.get(group).map_or("share", |(title, _)| *title);
    let legend = plotly::layout::Legend::new()
        .orientation(plotly::common::Orientation::Horizontal)
        .y(-0.25);
    plot.set_layout(
        Layout::new()
            .height(360)
            .margin(Margin::new().top(30).right(20))
            .legend(legend)
            .show_legend(true)
            .x_axis(Axis::new().title(Title::with_text("step")))
            .y_axis(Axis::new().title(Title::with_text(title))),
    );
    plot.to_inline_html(Some(&format!("curves-{group}")))
}
