//! Connections that nobody on the way can read: TLS 1.2 and 1.3 by rustls.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Where the certificate and its key lie, in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The certificate, then those that vouch for it.
    pub certificate: PathBuf,
    /// The private key: PKCS #8, PKCS #1 or SEC1.
    pub key: PathBuf,
}

/// Why there can be no TLS.
#[derive(Debug, thiserror::Error)]
#[error("{}: {finding}", path.display())]
pub struct TlsError {
    /// The file.
    path: PathBuf,
    /// What is wrong with it.
    finding: String,
}

impl Tls {
    /// What shakes hands with clients.
    ///
    /// # Errors
    /// [`TlsError`] if a file cannot be read, holds no certificate or no key, or they do not belong
    /// together.
    pub(crate) fn acceptor(&self) -> Result<TlsAcceptor, TlsError> {
        let wrong = |path: &Path, finding: String| TlsError {
            path: path.to_path_buf(),
            finding,
        };
        let read = |path: &Path| {
            let failed = |error| wrong(path, format!("cannot read: {error}"));
            std::fs::read(path).map_err(failed)
        };
        let chain = read(&self.certificate)?;
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&chain)
            .collect::<Result<_, _>>()
            .map_err(|error| wrong(&self.certificate, error.to_string()))?;
        if chain.is_empty() {
            let finding = "there is no certificate in PEM in it".to_owned();
            return Err(wrong(&self.certificate, finding));
        }
        let key = PrivateKeyDer::from_pem_slice(&read(&self.key)?)
            .map_err(|error| wrong(&self.key, format!("no private key in PEM: {error}")))?;
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|error| wrong(&self.certificate, format!("with its key: {error}")))?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}
