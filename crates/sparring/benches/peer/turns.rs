//! Turns of several sides in one run: their times, medians and ratios.

/// Processor time of all threads is told beside the clock, since a busy machine stretches the latter.
const MEASURES: [&str; 2] = ["by the clock", "of processor time, all threads"];

/// Medians over rounds but the first two, which warm up: ours, other kinds of ours, then the peer's kinds
/// with the medians of our ratios to them. A side is its rounds, a round its measures in milliseconds.
pub(crate) fn report(sides: &[Vec<Vec<f64>>], others: &[&str], kinds: &[&str]) {
    let measures = sides[0][0].len();
    for (measure, what) in MEASURES.into_iter().enumerate().take(measures) {
        let of = |side: &Vec<Vec<f64>>| -> Vec<f64> {
            side[2..].iter().map(|times| times[measure]).collect()
        };
        let ours = of(&sides[0]);
        println!("ours: {:.1} ms a step {what}", median(ours.clone()));
        let (own, peers) = sides[1..].split_at(others.len());
        for (side, kind) in own.iter().zip(others) {
            println!("{kind}: {:.1} ms", median(of(side)));
        }
        for (side, kind) in peers.iter().zip(kinds) {
            let theirs = of(side);
            let ratios = ours.iter().zip(&theirs).map(|(ours, theirs)| ours / theirs);
            println!(
                "PyTorch, {kind}: {:.1} ms, median of ratios {:.3}",
                median(theirs.clone()),
                median(ratios.collect())
            );
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
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
