//! What `sparring serve` takes.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

/// Arguments of `sparring serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The folder of a saved model; it is loaded again whenever it changes.
    #[arg(long, value_name = "DIR")]
    pub(crate) model: Option<PathBuf>,
    /// A folder with saved models that can be loaded by name [default: the one that the model lies in].
    #[arg(long, value_name = "DIR")]
    pub(crate) models: Option<PathBuf>,
    /// A folder or file of `sparring compare`, shown as the leaderboard [default: one beside the model].
    #[arg(long, value_name = "DIR")]
    pub(crate) board: Option<PathBuf>,
    /// Folders of `sparring synthesize`, `fidelity`, `audit`, `robustness` and `augment`, whose reports are shown.
    #[arg(long, value_name = "DIR", value_delimiter = ',')]
    pub(crate) reports: Vec<PathBuf>,
    /// Folder of a generator of `sparring image train`, which draws on request.
    #[arg(long, value_name = "DIR")]
    pub(crate) pictures: Option<PathBuf>,
    /// Where users, items and events are kept.
    #[arg(long, value_name = "DIR", default_value = "sparring-data")]
    pub(crate) data_dir: PathBuf,
    #[arg(
        long,
        env = "SPARRING_DATABASE",
        hide_env_values = true,
        value_name = "URL",
        help = "Keep them in this PostgreSQL database instead: postgres://user:password@host/database. With \
                ?sslmode=require behind it the connection is encrypted and the server's certificate checked"
    )]
    pub(crate) database: Option<String>,
    /// Who may have signed the database's certificate, in PEM; encrypts the connection [default: those whom the
    /// system trusts].
    #[arg(long, value_name = "FILE", requires = "database")]
    pub(crate) database_ca: Option<PathBuf>,
    /// Address to listen at; one that others can reach needs a key.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(crate) host: IpAddr,
    /// Port to listen at; 0 for any.
    #[arg(long, value_name = "N", default_value_t = 8088)]
    pub(crate) port: u16,
    /// Answer by TLS with this certificate, in PEM, and those that vouch for it after it.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's private key, in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
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
    /// Writes all stored events to a file ending in .csv or .parquet, and serves nothing.
    #[arg(long, value_name = "FILE")]
    pub(crate) export: Option<PathBuf>,
    /// Train the model again in the background whenever so much time has gone by: 30m, 6h, 1d.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) retrain_every: Option<Duration>,
    /// Train the model again in the background whenever so many events were stored.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) retrain_after: Option<u64>,
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

/// Seconds, or a number with `s`, `m`, `h` or `d`; ten seconds at least.
fn time(text: &str) -> Result<Duration, String> {
    let (digits, factor) = match text.char_indices().last() {
        Some((at, 's')) => (&text[..at], 1),
        Some((at, 'm')) => (&text[..at], 60),
        Some((at, 'h')) => (&text[..at], 3600),
        Some((at, 'd')) => (&text[..at], 86_400),
        _ => (text, 1),
    };
    let secs = digits.parse::<u64>().ok();
    let secs = secs.and_then(|number| number.checked_mul(factor));
    match secs {
        Some(secs) if (10..=366 * 86_400).contains(&secs) => Ok(Duration::from_secs(secs)),
        _ => Err("write it as 30m, 6h or 1d, ten seconds at least".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        for (text, secs) in [
            ("30m", 1800),
            ("6h", 21_600),
            ("1d", 86_400),
            ("10", 10),
            ("90s", 90),
        ] {
            assert_eq!(time(text), Ok(Duration::from_secs(secs)), "{text}");
        }
        for text in ["", "m", "9s", "-1h", "1.5h", "18446744073709551615d"] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}
