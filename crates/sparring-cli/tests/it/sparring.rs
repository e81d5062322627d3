//! Running the binary in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

/// A temporary folder with a log of 60 users in two groups of taste and its parts.
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

/// What a run left behind.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) const HEADER: &str = "user,item,rating,timestamp\n";

impl Place {
    /// An empty folder.
    pub(crate) fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// With `train.csv` and `test.csv`: user `u` of group `g` has 12 of the 20 items of its group,
    /// the last 3 of them in the test part.
    pub(crate) fn with_log() -> Self {
        let place = Self::empty();
        let (mut train, mut test) = (HEADER.to_owned(), HEADER.to_owned());
        for user in 0..60_u32 {
            for at in 0..12_u32 {
                let item = (user % 2) * 20 + (user * 7 + at * 3) % 20;
                let line = format!(
                    "anna-{user},film {item},{},{}\n",
                    1 + at % 5,
                    1000 * at + user
                );
                let part = if at < 9 { &mut train } else { &mut test };
                part.push_str(&line);
            }
        }
        place.write("train.csv", &train);
        place.write("test.csv", &test);
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// Runs the binary here; `arguments` are split at spaces.
    pub(crate) fn run(&self, arguments: &str) -> Ran {
        let output: Output = command(self.folder.path())
            .args(arguments.split(' '))
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the binary prints UTF-8");
        Ran {
            code: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    /// Runs and expects success; what was printed.
    pub(crate) fn good(&self, arguments: &str) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(0), "{arguments}\n{}{}", ran.out, ran.err);
        ran.out
    }

    /// Runs and expects a refusal with `code`, all `words` and a remedy in what it says.
    pub(crate) fn bad(&self, arguments: &str, code: i32, words: &[&str]) {
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(code), "{arguments}\n{}{}", ran.out, ran.err);
        for word in words.iter().chain(&["error: ", "what to do: "]) {
            assert!(
                ran.err.contains(word),
                "{arguments}: no `{word}` in\n{}",
                ran.err
            );
        }
    }
}

/// The binary, to be run in `folder` with no cache of the user's.
pub(crate) fn command(folder: &Path) -> std::process::Command {
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("sparring"));
    command
        .current_dir(folder)
        .env("SPARRING_DATA", folder.join("cache"))
        .env_remove("RUST_LOG");
    command
}
