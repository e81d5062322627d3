//! Measures what loading costs: `cargo run --release -p sparring --example load_memory -- FILE`.

#![expect(clippy::print_stdout, reason = "an example prints its result")]

use std::path::PathBuf;

use sparring::data::{Dataset, Duplicates, LoadOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("name a file")?;
    let options = LoadOptions {
        duplicates: Duplicates::All,
        ..LoadOptions::default()
    };
    let before = peak_kib();
    let data = Dataset::load(&PathBuf::from(path), &options)?;
    let n = data.n_interactions() as f64;
    println!("{n} interactions");
    let resident = data.interactions().heap_bytes() as f64;
    println!("{:.2} bytes an interaction resident", resident / n);
    if let (Some(before), Some(after)) = (before, peak_kib()) {
        let peak = (after - before) * 1024.0;
        println!(
            "{:.2} bytes an interaction at the peak, ids and buffers included",
            peak / n
        );
    }
    Ok(())
}

/// The largest resident memory so far, where the system tells.
fn peak_kib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
