//! The page of a training: what it draws, its curves, its health.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use plotly::common::{Mode, Title};
use plotly::layout::{Axis, Margin};
use plotly::{Layout, Plot, Scatter};
use sparring::report::plotly_script;

use crate::canvas::Canvas;
use crate::config::PictureConfig;
use crate::record::Record;

const STYLE: &str = "
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 1100px; margin: 2rem auto; padding: 0 1rem }
h2 { margin-top: 2.2rem } img { max-width: 100%; image-rendering: pixelated } small { color: #777 }
pre { background: #f4f4f4; padding: .6rem; overflow-x: auto } .bad { color: #b03a3f } .good { color: #2d7d46 }
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
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                link rel="icon" href="data:,";
                title { "Pictures: " (name) }
                style { (PreEscaped(STYLE)) }
                (PreEscaped(plotly_script()))
            }
            body {
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
            }
        }
    };
    page.into_string()
}

/// A sheet inside the page.
pub(crate) fn image(sheet: &Canvas, words: &str) -> Markup {
    let address = format!("data:image/png;base64,{}", base64(&sheet.to_png()));
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

/// Base64 (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let word = (0..3).fold(0_usize, |word, at| {
            word << 8 | three.get(at).map_or(0, |byte| *byte as usize)
        });
        for at in 0..4 {
            let letter = LETTERS[word >> (18 - 6 * at) & 63];
            text.push(if at <= three.len() {
                char::from(letter)
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_in_the_rfc() {
        let cases = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
        ];
        for (plain, coded) in cases {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
