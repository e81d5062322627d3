//! Public clients of gorse, unmodified and from their registries, against `sparring serve`.
//!
//! A client that cannot be installed here was not tested, and the test says so.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};

use super::serve::{start, train};

const KEY: &str = "a key of the clients";

/// A server with a small model, ended when this is dropped.
struct Server {
    _folder: tempfile::TempDir,
    child: Child,
    address: String,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        train(folder.path());
        let (child, address) = start(folder.path(), &["--api-key", KEY]);
        Self {
            _folder: folder,
            child,
            address: format!("http://{address}"),
        }
    }

    /// Runs a program that is told the address, the key and some items of the model.
    fn tell(&self, program: &mut Command) {
        let done = program
            .args([&self.address, KEY, "i0", "i1", "i4"])
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", said(&done));
        assert!(said(&done).contains("calls"), "{}", said(&done));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn said(done: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&done.stdout) + &text(&done.stderr)
}

/// A folder that outlives the test, so that a client is installed once.
fn kept(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn program(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/clients")
        .join(name)
}

/// Whether the steps of an installation succeed; if one does not, says why the test did not run.
fn installed(client: &str, steps: &mut [Command]) -> bool {
    for step in steps {
        let failed = match step.output() {
            Ok(done) if done.status.success() => continue,
            Ok(done) => said(&done),
            Err(error) => error.to_string(),
        };
        let last = failed.lines().last().unwrap_or_default();
        let text = format!("{client} did not run, since it cannot be installed here: {last}\n");
        std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes()).unwrap();
        return false;
    }
    true
}

#[test]
fn pygorse_from_the_python_index() {
    let folder = kept("pygorse");
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv"]).arg(&folder);
    let mut pip = Command::new(folder.join("bin/pip"));
    pip.args(["install", "--quiet", "PyGorse==0.5.1"]);
    if installed("PyGorse", &mut [venv, pip]) {
        let mut python = Command::new(folder.join("bin/python"));
        Server::start().tell(python.arg(program("pygorse.py")));
    }
}

#[test]
fn gorsejs_from_npm() {
    let folder = kept("gorsejs");
    let mut node = Command::new("node");
    node.arg("--version");
    let mut npm = Command::new("npm");
    // The package needs `tslib` and does not say so.
    npm.args([
        "install",
        "--no-audit",
        "--no-fund",
        "gorsejs@0.4.8",
        "tslib@2",
    ])
    .current_dir(&folder);
    if installed("gorsejs", &mut [node, npm]) {
        std::fs::copy(program("gorsejs.cjs"), folder.join("all.cjs")).unwrap();
        let mut node = Command::new("node");
        Server::start().tell(node.arg("all.cjs").current_dir(&folder));
    }
}

#[test]
#[ignore = "compiles an HTTP client of its own, which takes minutes: run with --ignored"]
fn gorse_rs_from_crates() {
    let folder = kept("gorse_rs");
    std::fs::create_dir_all(folder.join("src")).unwrap();
    std::fs::copy(program("gorse_rs.rs"), folder.join("src/main.rs")).unwrap();
    let manifest = "[package]\nname = \"calls\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[workspace]\n\
        [dependencies]\ngorse_rs = \"=0.5.0\"\nserde_json = \"1\"\n";
    std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    let mut build = Command::new(env!("CARGO"));
    build
        .args(["build", "--quiet", "--jobs", "2"])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", folder.join("target"));
    if installed("gorse_rs", &mut [build]) {
        let mut calls = Command::new(folder.join("target/debug/calls"));
        Server::start().tell(&mut calls);
    }
}
