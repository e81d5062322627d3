//! No source file grows beyond what one can read.

use std::fs;

use anyhow::{Context, bail};

use crate::sources::{root, rust_files};

/// Lines at which a file has to be split.
const LIMIT: usize = 600;

/// Fails when a file is longer than the limit.
pub(crate) fn check() -> anyhow::Result<()> {
    let root = root();
    let mut long = Vec::new();
    for folder in ["crates", "xtask", "fuzz"] {
        let folder = root.join(folder);
        if !folder.exists() {
            continue;
        }
        for file in rust_files(&folder)? {
            let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
            let lines = text.lines().count();
            if lines > LIMIT {
                long.push(format!(
                    "{}: {lines} lines",
                    file.strip_prefix(&root)?.display()
                ));
            }
        }
    }
    if long.is_empty() {
        return Ok(());
    }
    bail!(
        "files over {LIMIT} lines, split them by concern:\n{}",
        long.join("\n")
    )
}
