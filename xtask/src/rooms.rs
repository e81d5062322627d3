//! A room imports only rooms to its left.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

use crate::sources::{root, rust_files};

/// The rooms of the library, left to right.
const ROOMS: [&str; 13] = [
    "data",
    "split",
    "recommend",
    "eval",
    "privacy",
    "gan",
    "models",
    "synth",
    "fidelity",
    "audit",
    "artifact",
    "report",
    "experiment",
];

/// Fails when a file of a room names a room to its right.
pub(crate) fn check() -> anyhow::Result<()> {
    let source = root().join("crates/sparring/src");
    let mut found = Vec::new();
    for file in rust_files(&source)? {
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let inside = file.strip_prefix(&source)?;
        if let Some(room) = room_of(inside) {
            found.extend(violations(room, &text).map(|(line, target)| {
                format!(
                    "{}:{line}: room `{}` imports `{target}`",
                    inside.display(),
                    ROOMS[room]
                )
            }));
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    bail!(
        "rooms import only leftwards ({}):\n{}",
        ROOMS.join(" -> "),
        found.join("\n")
    )
}

fn room_of(file: &Path) -> Option<usize> {
    let first = file.components().next()?.as_os_str().to_str()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    ROOMS.iter().position(|room| *room == name)
}

/// Lines and rooms named as `crate::room` to the right of `room`.
fn violations(room: usize, text: &str) -> impl Iterator<Item = (usize, &'static str)> {
    text.lines().enumerate().flat_map(move |(at, line)| {
        let code = line.split("//").next().unwrap_or_default();
        ROOMS[room + 1..].iter().copied().filter_map(move |right| {
            let imports = code.match_indices("crate::").any(|(start, prefix)| {
                let rest = &code[start + prefix.len()..];
                let end = rest
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(rest.len());
                &rest[..end] == right
            });
            imports.then_some((at + 1, right))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_to_the_right_is_found() {
        let data = room_of(Path::new("data/ids.rs")).unwrap();
        let text =
            "use crate::data::X;\n// crate::models\nuse crate::models::Y;\nuse crate::evaluate;\n";
        assert_eq!(violations(data, text).collect::<Vec<_>>(), [(3, "models")]);
        let models = room_of(Path::new("models.rs")).unwrap();
        assert_eq!(violations(models, text).count(), 0);
        assert_eq!(room_of(Path::new("lib.rs")), None);
    }
}
