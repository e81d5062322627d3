//! What `sparring serve` takes.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;

/// Arguments of `sparring serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The folder of a saved model; it is loaded again whenever it changes.
    #[arg(long, value_name = "DIR")]
    pub(crate) model: PathBuf,
    /// A folder with saved models that can be loaded by name [default: the one that the model lies in].
    #[arg(long, value_name = "DIR")]
    pub(crate) models: Option<PathBuf>,
    /// A folder or file of `sparring compare`, shown as the leaderboard [default: one beside the model].
    #[arg(long, value_name = "DIR")]
    pub(crate) board: Option<PathBuf>,
    /// Folders of `sparring synthesize`, `fidelity`, `audit`, `robustness` and `augment`, whose reports are shown.
    #[arg(long, value_name = "DIR", value_delimiter = ',')]
    pub(crate) reports: Vec<PathBuf>,
    /// Where users, items and events are kept.
    #[arg(long, value_name = "DIR", default_value = "sparring-data")]
    pub(crate) data_dir: PathBuf,
    /// Address to listen at; one that others can reach needs a key.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(crate) host: IpAddr,
    /// Port to listen at; 0 for any.
    #[arg(long, value_name = "N", default_value_t = 8088)]
    pub(crate) port: u16,
    /// What clients have to send as X-API-Key [default: nothing].
    #[arg(
        long,
        env = "SPARRING_API_KEY",
        hide_env_values = true,
        value_name = "KEY"
    )]
    pub(crate) api_key: Option<String>,
    /// What loading a model takes instead of the other key.
    #[arg(
        long,
        env = "SPARRING_ADMIN_KEY",
        hide_env_values = true,
        value_name = "KEY"
    )]
    pub(crate) admin_key: Option<String>,
    /// A log whose events are stored before serving; those that are there already stay.
    #[arg(long, value_name = "LOG")]
    pub(crate) import: Option<String>,
    /// Requests a second and key; 0 for no limit.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) rate_limit: u32,
    /// Kinds of feedback that hide an item from the user and tell no taste.
    #[arg(
        long,
        value_name = "KIND",
        value_delimiter = ',',
        default_value = "read"
    )]
    pub(crate) read_types: Vec<String>,
}
