//! The one place that prints.

use std::io::{self, Write};
use std::sync::OnceLock;

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use serde::Serialize;

/// Where answers go: lines and tables for a person, or one JSON document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    json: bool,
    quiet: bool,
}

impl Output {
    pub(crate) fn new(json: bool, quiet: bool) -> Self {
        Self { json, quiet }
    }

    /// An answer for a person.
    pub(crate) fn line(self, text: impl AsRef<str>) {
        if !self.json {
            stdout(text.as_ref());
        }
    }

    /// Something worth knowing that is not the answer, on stderr.
    pub(crate) fn note(self, text: impl AsRef<str>) {
        if !self.quiet {
            stderr(text.as_ref());
        }
    }

    /// The answer for a program.
    pub(crate) fn json(self, value: &impl Serialize) -> anyhow::Result<()> {
        if self.json {
            stdout(&serde_json::to_string_pretty(value)?);
        }
        Ok(())
    }

    /// A table: the first column to the left, all others to the right.
    pub(crate) fn table(self, head: &[String], rows: &[Vec<String>]) {
        self.table_with_text(head, rows, &[0]);
    }

    /// A table: the columns in `text` to the left, all others to the right.
    pub(crate) fn table_with_text(self, head: &[String], rows: &[Vec<String>], text: &[usize]) {
        let mut table = Table::new();
        table.load_style(NOTHING).set_header(head).add_rows(rows);
        for (at, column) in table.column_iter_mut().enumerate() {
            if !text.contains(&at) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        self.line(table.to_string());
    }

    /// Text that is the whole answer, JSON or not: completions, a schema.
    pub(crate) fn raw(text: &str) {
        stdout(text);
    }
}

/// What went wrong, and what to do about it.
pub(crate) fn error(text: &str, hint: Option<&str>) {
    // The stream takes the colour out again where there is no terminal.
    stderr(&format!("\x1b[31;1merror:\x1b[0m {text}"));
    if let Some(hint) = hint {
        stderr(&format!("  what to do: {hint}"));
    }
}

/// The first answer that could not be written.
static LOST: OnceLock<io::Error> = OnceLock::new();

/// A reader that has gone away (`| head`) is no error; a full disk is one, told by [`lost`].
fn stdout(text: &str) {
    let mut out = anstream::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let _first = LOST.set(error);
        }
        _ => {}
    }
}

/// Why an answer could not be written, if one could not.
pub(crate) fn lost() -> Option<&'static io::Error> {
    LOST.get()
}

fn stderr(text: &str) {
    let _gone = writeln!(anstream::stderr().lock(), "{text}");
}
