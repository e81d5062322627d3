//! `sparring schema | completions | man`: what the program says about itself.

use std::path::Path;

use anyhow::Context as _;
use clap::CommandFactory;

use crate::cli::Cli;
use crate::context::Context;
use crate::output::Output;

/// Prints the JSON schema of config files.
pub(crate) fn schema() -> anyhow::Result<()> {
    Output::raw(&serde_json::to_string_pretty(
        &sparring::experiment::schema(),
    )?);
    Ok(())
}

/// Prints the completions of a shell.
pub(crate) fn completions(shell: clap_complete::Shell) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "sparring", &mut script);
    Output::raw(String::from_utf8(script)?.trim_end());
    Ok(())
}

/// Writes one man page a command.
pub(crate) fn man(context: &Context, out: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(out).with_context(|| format!("{}: cannot create", out.display()))?;
    clap_mangen::generate_to(Cli::command(), out)
        .with_context(|| format!("{}: cannot write the man pages", out.display()))?;
    context
        .out
        .line(format!("man pages are in {}", out.display()));
    context.out.json(&serde_json::json!({ "out": out }))
}
