//! Trains the reference DCGAN and the modern pair on the same pictures for as many epochs, and scores
//! both under the same network of features.
//!
//! ```text
//! cargo run -p sparring-pictures --example two_recipes -- PICTURES LIMIT EPOCHS FOLDER [RECIPE]
//! ```

#![expect(clippy::print_stdout, reason = "an example prints what it finds")]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use sparring::recommend::{Cancel, Run};
use sparring_pictures::{PictureConfig, ReadOptions, Recipe, Saved, Scoring, Session, read};
use sparring_wide::Seed;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [pictures, limit, epochs, folder, only @ ..] = arguments.as_slice() else {
        return Err("PICTURES LIMIT EPOCHS FOLDER [reference | modern]".into());
    };
    let folder = Path::new(folder);
    let options = ReadOptions {
        limit: Some(limit.parse()?),
        ..ReadOptions::default()
    };
    let real = read(pictures, folder, options)?;
    let cancel = Cancel::new();
    for (name, recipe) in [("modern", Recipe::Modern), ("reference", Recipe::Reference)] {
        if only.first().is_some_and(|only| only != name) {
            continue;
        }
        let mut config = PictureConfig::of(recipe);
        config.bout.epochs = epochs.parse()?;
        let out = folder.join(name);
        let session = Session {
            config,
            pictures: &real,
            told: None,
            name: pictures,
            folder: &out,
        };
        let begin = Instant::now();
        let outcome = session.run(&Run::quiet(Seed(1), &cancel))?;
        println!(
            "{name}: {} epochs of {} pictures in {:.0} s, {}",
            outcome.epochs,
            outcome.rows,
            begin.elapsed().as_secs_f64(),
            outcome
                .health
                .map_or("no look".to_owned(), |health| health.verdict)
        );
        let n = (real.len() / 2).min(5_000);
        let scoring = Scoring::new(&real, n, folder, &cancel)?;
        let drawn = Saved::load(&out)?.sample(n, None, Seed(2))?;
        let score = scoring.score(&drawn);
        println!(
            "{n} pictures a side, {} right {:.3}",
            score.task, score.accuracy
        );
        for figure in score.figures {
            println!(
                "{:>30} {:9.4} {:9.4}",
                figure.name, figure.generated, figure.real
            );
        }
        let sheet = scoring.nearest(&drawn, 16);
        std::fs::write(out.join("copies.png"), sheet.to_png())?;
    }
    Ok(())
}
