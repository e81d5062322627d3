//! The tests that take minutes: marked `#[ignore = "slow: …"]`, run here.

use std::process::Command;

use anyhow::{Context, bail};

use crate::sources::root;

/// Runs every test marked as slow, in release.
pub(crate) fn run() -> anyhow::Result<()> {
    let status = Command::new(env!("CARGO"))
        .args([
            "test",
            "--release",
            "--workspace",
            "--",
            "--ignored",
            "--nocapture",
        ])
        .current_dir(root())
        .status()
        .context("starting cargo")?;
    if status.success() {
        return Ok(());
    }
    bail!("slow tests failed")
}
