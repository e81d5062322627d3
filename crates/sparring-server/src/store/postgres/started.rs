//! A database server for tests: the one at `SPARRING_TEST_POSTGRES`, or one of Debian's package that lives as long as
//! the tests do.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use postgres::{Config, NoTls};

use super::DatabaseAddress;

/// Ends the server when the pipe to it is closed, which the system does at the end of the tests.
const SCRIPT: &str = r#"
    "$BIN/initdb" -D "$PLACE/data" -U sparring -A trust >"$PLACE/log" 2>&1 || exit 1
    "$BIN/postgres" -D "$PLACE/data" -k "$PLACE" -p "$PORT" -c listen_addresses=localhost -c fsync=off \
        -c ssl=on -c ssl_cert_file="$PLACE/server.crt" -c ssl_key_file="$PLACE/server.key" >>"$PLACE/log" 2>&1 &
    cat >/dev/null
    kill -INT $!
    wait
    rm -rf "$PLACE"
"#;

/// The address of a new database, and what makes and ends it.
pub(super) struct Database {
    pub(super) address: String,
    /// The same by TCP, if it is known to show [`certificate`].
    pub(super) tcp: Option<String>,
}

struct Server {
    address: String,
    tcp: Option<String>,
    certificate: Option<PathBuf>,
    /// Its end of the pipe is closed with it.
    _running: Option<Child>,
}

/// The server, or why there is none.
fn server() -> &'static Result<Server, String> {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    SERVER.get_or_init(|| match std::env::var("SPARRING_TEST_POSTGRES") {
        Ok(address) => Ok(Server {
            address,
            tcp: None,
            certificate: None,
            _running: None,
        }),
        Err(_) => start(),
    })
}

/// What the server shows to those who ask for encryption; it has signed that itself.
pub(super) fn certificate() -> Option<PathBuf> {
    server().as_ref().ok()?.certificate.clone()
}

/// The folder with the programs of the newest version that is installed.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<PathBuf> = versions
        .flatten()
        .map(|version| version.path().join("bin"))
        .filter(|bin| bin.join("initdb").is_file())
        .collect();
    found.sort();
    found.pop()
}

fn start() -> Result<Server, String> {
    let bin = programs().ok_or("PostgreSQL is not installed (Debian: postgresql)")?;
    let place = tempfile::Builder::new()
        .prefix("sparring-pg-")
        .tempdir_in("/tmp")
        .map_err(|error| error.to_string())?
        .keep();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let (certificate, key) = (place.join("server.crt"), place.join("server.key"));
    fs::write(&certificate, made.cert.pem()).map_err(|error| error.to_string())?;
    fs::write(&key, made.signing_key.serialize_pem()).map_err(|error| error.to_string())?;
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600))
        .map_err(|error| error.to_string())?;
    let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
    let port = free.map_err(|error| error.to_string())?.port();
    // The database does not run as root: then as a user who may do nothing else.
    let root =
        fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let mut command = if root {
        for path in [&place, &certificate, &key] {
            std::os::unix::fs::chown(path, Some(65_534), Some(65_534))
                .map_err(|error| error.to_string())?;
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "sh"]);
        command
    } else {
        Command::new("sh")
    };
    let running = command
        .args(["-c", SCRIPT])
        .env("BIN", &bin)
        .env("PLACE", &place)
        .env("PORT", port.to_string())
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let address = format!("host={} port={port} user=sparring", place.display());
    wait(&address, &place)?;
    Ok(Server {
        address,
        tcp: Some(format!("host=localhost port={port} user=sparring")),
        certificate: Some(certificate),
        _running: Some(running),
    })
}

/// Waits until the server answers.
fn wait(address: &str, place: &Path) -> Result<(), String> {
    let mut config: Config = address.parse().expect("an address");
    config.dbname("postgres");
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(60) {
        if config.connect(NoTls).is_ok() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let log = fs::read_to_string(place.join("log")).unwrap_or_default();
    Err(format!("PostgreSQL does not answer: {log}"))
}

impl Database {
    /// A new one; none, and told so, where there is no server.
    pub(super) fn new() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let server = match server() {
            Ok(server) => server,
            Err(why) => {
                eprintln!("not run: {why}");
                return None;
            }
        };
        let mut config: Config = server.address.parse().expect("an address");
        config.dbname("postgres");
        let mut client = config.connect(NoTls).expect("it answers");
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("sparring_{}_{n}", std::process::id());
        client
            .batch_execute(&format!("create database {name}"))
            .expect("a database is made");
        let of = |address: &String| format!("{address} dbname={name}");
        Some(Self {
            address: of(&server.address),
            tcp: server.tcp.as_ref().map(of),
        })
    }

    /// The same for a [`Postgres`](super::Postgres), which goes there unencrypted.
    pub(super) fn place(&self) -> DatabaseAddress {
        DatabaseAddress {
            url: self.address.clone(),
            authority: None,
        }
    }
}
