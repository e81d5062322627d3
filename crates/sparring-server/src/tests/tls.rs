//! Answers by TLS, and certificates that cannot be used.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::{options, save};
use crate::api::Limits;
use crate::server::serve;
use crate::tls::Tls;

const ASK: &[u8] = b"GET /api/health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// Writes a certificate of its own for localhost, and its key.
fn certify(folder: &Path, name: &str) -> Tls {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let at = |end: &str| folder.join(format!("{name}.{end}"));
    std::fs::write(at("pem"), made.cert.pem()).unwrap();
    std::fs::write(at("key"), made.signing_key.serialize_pem()).unwrap();
    Tls {
        certificate: at("pem"),
        key: at("key"),
    }
}

/// Trusts that certificate alone.
fn trusting(tls: &Tls) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    let own = CertificateDer::from_pem_file(&tls.certificate).unwrap();
    roots.add(own).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

async fn ask(connector: &TlsConnector, address: SocketAddr) -> std::io::Result<String> {
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = connector.connect(name, stream).await?;
    stream.write_all(ASK).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test]
async fn answers_come_by_tls_alone() {
    let folder = tempfile::tempdir().unwrap();
    save(&folder.path().join("model"), 1);
    let tls = certify(folder.path(), "own");
    let mut options = options(folder.path(), Limits::default());
    options.tls = Some(tls.clone());
    let (told, listening) = oneshot::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(
        options,
        None,
        |address| told.send(address).unwrap(),
        async { stopped.await.unwrap() },
    ));
    let address = listening.await.unwrap();
    // One who never shakes hands keeps nobody waiting.
    let silent = TcpStream::connect(address).await.unwrap();
    let answer = ask(&trusting(&tls), address).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // Another certificate is not what answers.
    let other = certify(folder.path(), "other");
    assert!(ask(&trusting(&other), address).await.is_err());
    // Nor is there an answer in the clear.
    let mut clear = TcpStream::connect(address).await.unwrap();
    clear.write_all(ASK).await.unwrap();
    let mut answer = Vec::new();
    let _ = clear.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    drop(silent);
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}

#[test]
fn certificates_that_cannot_be_used_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (own, other) = (
        certify(folder.path(), "own"),
        certify(folder.path(), "other"),
    );
    assert!(own.acceptor().is_ok());
    let none = folder.path().join("none.pem");
    let says = |certificate: &Path, key: &Path| {
        let tls = Tls {
            certificate: certificate.to_path_buf(),
            key: key.to_path_buf(),
        };
        tls.acceptor().map(|_| ()).unwrap_err().to_string()
    };
    assert!(says(&none, &own.key).contains("none.pem: cannot read"));
    let swapped = says(&own.key, &own.key);
    assert!(
        swapped.contains("own.key: there is no certificate"),
        "{swapped}"
    );
    let swapped = says(&own.certificate, &own.certificate);
    assert!(swapped.contains("own.pem: no private key"), "{swapped}");
    let mixed = says(&own.certificate, &other.key);
    assert!(mixed.contains("own.pem: with its key"), "{mixed}");
}
