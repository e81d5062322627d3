//! Progress on stderr: bars where it is a terminal, else a line every half minute.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sparring::experiment::Audience;
use sparring::recommend::{Diagnosis, Observer, Progress};

use crate::output::Output;

/// Time between two lines where there is no terminal.
const EVERY: Duration = Duration::from_secs(30);

/// Shows the stage of the work and, inside it, how many steps are done, the rate and the time left.
#[derive(Debug)]
pub(crate) struct Bars {
    bar: ProgressBar,
    stage: Mutex<String>,
    /// What was noted: the fits of a tuning have the same to say.
    noted: Mutex<BTreeSet<String>>,
    /// When the last line was written, where lines take the place of a bar.
    told: Option<Mutex<Instant>>,
    out: Output,
    quiet: bool,
    verbose: u8,
}

impl Bars {
    pub(crate) fn new(out: Output, quiet: bool, verbose: u8) -> Self {
        let visible = !quiet && std::io::stderr().is_terminal();
        let target = if visible {
            ProgressDrawTarget::stderr_with_hz(8)
        } else {
            ProgressDrawTarget::hidden()
        };
        let style =
            ProgressStyle::with_template("{msg:32!} {bar:30} {pos}/{len}  {per_sec}  {eta} left");
        let bar = ProgressBar::with_draw_target(Some(0), target);
        bar.set_style(style.expect("the template is valid"));
        Self {
            bar,
            stage: Mutex::new(String::new()),
            noted: Mutex::default(),
            told: (!visible).then(|| Mutex::new(Instant::now())),
            out,
            quiet,
            verbose,
        }
    }

    /// Writes a line if there has been none for a while.
    fn tell(&self, told: &Mutex<Instant>, progress: Progress<'_>) {
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.elapsed() < EVERY {
            return;
        }
        *told = Instant::now();
        let stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        let Progress { unit, done, total } = progress;
        self.out.note(format!("{stage}: {unit} {done} of {total}"));
    }

    /// Takes the bar off the screen.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for Bars {
    fn progress(&self, progress: Progress<'_>) {
        self.bar.set_length(progress.total);
        self.bar.set_position(progress.done);
        if let Some(told) = &self.told {
            self.tell(told, progress);
        }
    }

    fn point(&self, curve: &str, step: u64, value: f64) {
        tracing::trace!(curve, step, value);
    }

    fn diagnosis(&self, diagnosis: Diagnosis) {
        let Diagnosis {
            step,
            verdict,
            evidence,
            applied,
            ..
        } = diagnosis;
        if verdict == "healthy" {
            tracing::debug!(step, verdict, ?evidence);
        } else if !self.quiet {
            let stage = self
                .stage
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone();
            tracing::info!(stage, step, verdict, ?evidence, ?applied);
        }
    }

    fn note(&self, text: &str) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.insert(text.to_owned()) {
            self.bar.suspend(|| self.out.note(format!("note: {text}")));
        }
    }
}

impl Audience for Bars {
    fn stage(&self, text: &str) {
        text.clone_into(&mut self.stage.lock().unwrap_or_else(PoisonError::into_inner));
        self.bar.reset();
        self.bar.set_length(0);
        self.bar.set_message(text.to_owned());
        if self.verbose > 0 {
            tracing::info!("{text}");
        }
    }
}
