//! From an error to a message, a remedy and an exit code.

use sparring::artifact::ArtifactError;
use sparring::audit::AuditError;
use sparring::data::{AttackError, DataError};
use sparring::eval::EvalError;
use sparring::experiment::ExperimentError;
use sparring::fidelity::FidelityError;
use sparring::models::ConfigError;
use sparring::privacy::PrivacyError;
use sparring::recommend::{FitError, ScoreError};
use sparring::split::SplitError;
use sparring::synth::SynthError;
use sparring_pictures::PictureError;
use sparring_server::{ExportError, ServeError};
use sparring_words::WordsError;

/// The command line asks for something that does not exist.
#[derive(Debug, thiserror::Error)]
#[error("{finding}")]
pub(crate) struct WrongUse {
    pub(crate) finding: String,
    pub(crate) hint: &'static str,
}

/// What a person is told about an error.
pub(crate) struct Told {
    pub(crate) text: String,
    pub(crate) hint: Option<&'static str>,
    pub(crate) code: u8,
}

/// The message with its causes, the remedy of the room it came from, and the exit code.
pub(crate) fn tell(error: &anyhow::Error) -> Told {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    let told = error.chain().find_map(|cause| {
        let hint = cause
            .downcast_ref::<PictureError>()
            .map(|e| (e.hint(), if e.is_wrong_use() { 2 } else { 1 }));
        if hint.is_some() {
            return hint;
        }
        let hint = cause
            .downcast_ref::<WordsError>()
            .map(|e| (e.hint(), if e.is_wrong_use() { 2 } else { 1 }));
        if hint.is_some() {
            return hint;
        }
        let hint = cause
            .downcast_ref::<AuditError>()
            .map(|e| (e.hint(), if e.is_wrong_use() { 2 } else { 1 }));
        if hint.is_some() {
            return hint;
        }
        let hint = cause
            .downcast_ref::<WrongUse>()
            .map(|e| (e.hint, 2))
            .or_else(|| cause.downcast_ref::<DataError>().map(|e| (e.hint(), 1)))
            .or_else(|| {
                cause
                    .downcast_ref::<AttackError>()
                    .map(|e| (e.hint(), attack_code(e)))
            })
            .or_else(|| cause.downcast_ref::<SplitError>().map(|e| (e.hint(), 1)))
            .or_else(|| cause.downcast_ref::<ArtifactError>().map(|e| (e.hint(), 1)))
            .or_else(|| cause.downcast_ref::<ConfigError>().map(|e| (e.hint(), 2)))
            .or_else(|| cause.downcast_ref::<FitError>().map(|e| (e.hint(), 1)));
        hint.or_else(|| {
            cause
                .downcast_ref::<EvalError>()
                .map(|e| (e.hint(), eval_code(e)))
        })
        .or_else(|| {
            cause
                .downcast_ref::<ExperimentError>()
                .map(|e| (e.hint(), code(e)))
        })
        .or_else(|| {
            cause
                .downcast_ref::<SynthError>()
                .map(|e| (e.hint(), if e.is_wrong_use() { 2 } else { 1 }))
        })
        .or_else(|| {
            cause
                .downcast_ref::<PrivacyError>()
                .map(|e| (e.hint(), privacy_code(e)))
        })
        .or_else(|| cause.downcast_ref::<FidelityError>().map(|e| (e.hint(), 1)))
        .or_else(|| cause.downcast_ref::<ExportError>().map(|e| (e.hint(), 1)))
        .or_else(|| {
            cause
                .downcast_ref::<ServeError>()
                .map(|e| (e.hint(), if e.is_wrong_use() { 2 } else { 1 }))
        })
        .or_else(|| {
            cause
                .downcast_ref::<ScoreError>()
                .map(|_| ("use ids of the training data", 1))
        })
    });
    let (hint, code) = told.map_or((None, 1), |(hint, code)| (Some(hint), code));
    Told { text, hint, code }
}

fn code(error: &ExperimentError) -> u8 {
    if error.is_wrong_use() { 2 } else { 1 }
}

fn attack_code(error: &AttackError) -> u8 {
    if error.is_wrong_use() { 2 } else { 1 }
}

fn privacy_code(error: &PrivacyError) -> u8 {
    if error.is_wrong_use() { 2 } else { 1 }
}

fn eval_code(error: &EvalError) -> u8 {
    match error {
        EvalError::UnknownMetric { .. } | EvalError::CutOff { .. } => 2,
        _ => 1,
    }
}
