//! What every recommender offers, and what a fit is given.

mod behaviour;
mod bytes;
mod kept;
mod query;
mod reasons;
mod run;
mod scan;
mod tensors;
mod top_k;
mod traits;

pub use behaviour::{Behaviour, Draw, Event, Outlook, Reactions};
pub use bytes::{Bytes, BytesError};
pub use kept::{Kept, fit_part};
pub use query::Query;
pub use reasons::{Reason, reasons};
pub use run::{Cancel, Curve, Diagnosis, Monitor, Observer, Progress, Recorder, Run, Silent};
pub use scan::{Factored, Scan, ScanMemory};
pub use tensors::{NamedTensors, Tensor, WeightsError};
pub use top_k::top_k;
pub use traits::{
    Dimension, Fit, FitError, Part, Recommender, ScoreError, Trained, Tune, Values, Weights,
};
