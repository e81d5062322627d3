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

/// Milliseconds of processor time of all threads of this process so far, to 10, where Linux tells
/// them.
pub(crate) fn processor_ms() -> Option<f64> {
    let line = std::fs::read_to_string("/proc/self/stat").ok()?;
    // After the name, which may have blanks, the 12th and 13th are user's and system's hundredths.
    let (_, rest) = line.rsplit_once(')')?;
    let ticks = rest.split_whitespace().skip(11).take(2);
    let ticks: Vec<f64> = ticks.map_while(|tick| tick.parse().ok()).collect();
    (ticks.len() == 2).then(|| ticks.iter().sum::<f64>() * 10.0)
}
