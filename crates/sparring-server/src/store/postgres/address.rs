//! Where a database is, and how to reach it so that nobody on the way can read.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use postgres::config::SslMode;
use postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::store::StoreError;

/// Where a `PostgreSQL` database is, and whom to believe that it is that one.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseAddress {
    /// `postgres://user:password@host/database`, or what else `libpq` takes. With `sslmode=require` the connection is
    /// encrypted, and the certificate of the server has to be good for its name, which is more than `libpq` asks then.
    pub url: String,
    /// A file in PEM of those who may have signed that certificate, which makes encryption required; those whom the
    /// system trusts if `None`.
    pub authority: Option<PathBuf>,
}

impl fmt::Debug for DatabaseAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may hold a password.
        let mut shown = f.debug_struct("DatabaseAddress");
        shown.field("authority", &self.authority);
        shown.finish_non_exhaustive()
    }
}

/// What connects.
pub(super) struct Connector {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

impl Connector {
    pub(super) fn new(address: &DatabaseAddress, config: Config) -> Result<Self, StoreError> {
        let asked = config.get_ssl_mode() == SslMode::Require || address.authority.is_some();
        let tls = asked.then(|| believing(address.authority.as_deref()));
        let mut connector = Self {
            config,
            tls: tls.transpose()?,
        };
        if connector.tls.is_some() {
            connector.config.ssl_mode(SslMode::Require);
        }
        Ok(connector)
    }

    pub(super) fn connect(&self) -> Result<Client, StoreError> {
        Ok(match &self.tls {
            Some(tls) => self.config.connect(tls.clone())?,
            None => self.config.connect(NoTls)?,
        })
    }
}

/// TLS 1.2 and 1.3 with servers whose certificate one of these has signed.
fn believing(authority: Option<&Path>) -> Result<MakeRustlsConnect, StoreError> {
    let mut roots = RootCertStore::empty();
    match authority {
        Some(file) => {
            let wrong = |finding: String| StoreError::Authority {
                path: file.to_path_buf(),
                finding,
            };
            let text =
                std::fs::read(file).map_err(|error| wrong(format!("cannot read: {error}")))?;
            for certificate in CertificateDer::pem_slice_iter(&text) {
                let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
                let added = roots.add(certificate);
                added.map_err(|error| wrong(error.to_string()))?;
            }
            if roots.is_empty() {
                return Err(wrong("there is no certificate in PEM in it".to_owned()));
            }
        }
        // What cannot be read among them signs nothing.
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider knows TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
