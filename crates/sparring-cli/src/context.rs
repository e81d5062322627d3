//! What every command works with: the config, the threads, the way to stop, the output.

use std::io::IsTerminal;
use std::path::PathBuf;

use anyhow::Context as _;
use sparring::eval::{EvalConfig, Profile};
use sparring::experiment::{Config, EvalSettings, Host};
use sparring::recommend::{Bytes, Cancel};
use sparring::{Device, NoDevice, Seed};
use tracing_subscriber::EnvFilter;

use crate::cli::{Global, Measuring};
use crate::failure::WrongUse;
use crate::output::Output;
use crate::progress::Bars;

/// The surroundings of a command.
pub(crate) struct Context {
    pub(crate) config: Config,
    pub(crate) out: Output,
    pub(crate) bars: Bars,
    pub(crate) cancel: Cancel,
    memory: Option<u64>,
    device: Device,
    pub(crate) cache: PathBuf,
}

impl Context {
    /// The seeds of `count` fits, at least one: from the one given upwards.
    pub(crate) fn seeds(&self, count: u64) -> Vec<u64> {
        (0..count.max(1)).map(|at| self.config.seed + at).collect()
    }

    /// Reads the config, sets the threads up and listens for Ctrl-C.
    pub(crate) fn new(global: &Global) -> anyhow::Result<Self> {
        let mut config = Config::load(global.config.as_deref(), &global.set)?;
        config.seed = global.seed.unwrap_or(config.seed);
        if global.threads == Some(0) {
            let finding = "--threads 0: there is nothing to work with".to_owned();
            return Err(WrongUse {
                finding,
                hint: "give 1 or more, or leave it out",
            }
            .into());
        }
        let memory = global.memory.as_deref().map(memory).transpose()?;
        let device = global
            .device
            .as_deref()
            .map_or(Ok(Device::default()), device)?;
        rayon::ThreadPoolBuilder::new()
            .num_threads(global.threads.unwrap_or(0))
            .build_global()
            .context("starting the threads")?;
        log_to_stderr(global);
        let cancel = Cancel::new();
        let request = cancel.clone();
        ctrlc::set_handler(move || {
            if request.is_requested() {
                // A second Ctrl-C does not wait for the step to end.
                std::process::abort();
            }
            request.request();
        })
        .context("listening for Ctrl-C")?;
        let cache = global
            .cache
            .clone()
            .unwrap_or_else(sparring::data::default_cache);
        let out = Output::new(global.json, global.quiet);
        Ok(Self {
            config,
            out,
            bars: Bars::new(out, global.quiet, global.verbose),
            cancel,
            memory,
            device,
            cache,
        })
    }

    pub(crate) fn seed(&self) -> Seed {
        Seed(self.config.seed)
    }

    /// Who is told about progress, who can stop it, and what a fit may take.
    pub(crate) fn host(&self) -> Host<'_> {
        Host {
            audience: &self.bars,
            cancel: &self.cancel,
            memory: self.memory,
            checkpoint: None,
            kept: None,
            device: self.device,
        }
    }

    /// What is measured: the command line over the config file.
    pub(crate) fn measuring(&self, args: &Measuring) -> anyhow::Result<(EvalConfig, String)> {
        let EvalSettings {
            at,
            profile,
            metric,
        } = &self.config.eval;
        let profile = match &args.profile {
            None => *profile,
            Some(name) => Profile::named(name)?,
        };
        let watched = args.metric.clone().unwrap_or_else(|| metric.clone());
        let mut ks = if args.at.is_empty() {
            at.clone()
        } else {
            args.at.clone()
        };
        // What ranks is measured too.
        ks.extend(
            watched
                .split_once('@')
                .and_then(|(_, k)| k.parse::<usize>().ok()),
        );
        ks.sort_unstable();
        ks.dedup();
        Ok((
            EvalConfig {
                ks,
                profile,
                ..EvalConfig::default()
            },
            watched,
        ))
    }
}

/// Bytes that a fit may take, from `--memory`.
fn memory(text: &str) -> Result<u64, WrongUse> {
    match text.parse::<Bytes>() {
        Ok(Bytes(bytes)) => Ok(bytes),
        Err(error) => Err(WrongUse {
            finding: format!("--memory: {error}"),
            hint: error.hint(),
        }),
    }
}

/// Where deep models are trained, from `--device`.
fn device(name: &str) -> Result<Device, WrongUse> {
    name.parse().map_err(|error: NoDevice| WrongUse {
        finding: format!("--device: {error}"),
        hint: error.hint(),
    })
}

fn log_to_stderr(global: &Global) {
    let level = match (global.quiet, global.verbose) {
        (true, _) => "error",
        (false, 0) => "warn",
        (false, 1) => "info",
        (false, 2) => "debug",
        (false, _) => "trace",
    };
    let filter = EnvFilter::try_from_env("SPARRING_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .without_time()
        .with_target(false)
        .init();
}
