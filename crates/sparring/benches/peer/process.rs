//! A program of another package that takes turns with ours: it answers each line with numbers.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A process that waits for its turn.
pub(crate) struct Peer {
    child: Child,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts a script of `benches/peers`, which is sent `first` before its first turn.
    pub(crate) fn start(python: &str, arguments: &[&str], first: &str) -> std::io::Result<Self> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers");
        let mut child = Command::new(python)
            .args(arguments)
            .current_dir(folder)
            .env_remove("OPENBLAS_CORETYPE")
            .env_remove("OPENBLAS_L2_SIZE")
            .env("OPENBLAS_NUM_THREADS", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.as_mut().expect("its input is piped");
        input.write_all(first.as_bytes())?;
        let answers = BufReader::new(child.stdout.take().expect("its output is piped"));
        Ok(Self { child, answers })
    }

    /// The numbers that answer a request.
    pub(crate) fn ask(&mut self, request: &str) -> Vec<f64> {
        let input = self.child.stdin.as_mut().expect("its input is piped");
        writeln!(input, "{request}").expect("the peer listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the peer answers");
        let numbers = line.split_whitespace();
        numbers
            .map(|number| number.parse().expect("the peer answers with numbers"))
            .collect()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        drop(self.child.wait());
    }
}
