//! A planted log over pictures with labels: each user likes one class. Writes the log, or asks what a
//! generator told tastes draws for fresh users.
//!
//! ```text
//! cargo run -p sparring-pictures --example planted_tastes -- log PICTURES LIMIT USERS LOG.csv
//! cargo run -p sparring-pictures --example planted_tastes -- judge PICTURES LIMIT GAN TASTE CACHE
//! ```
//!
//! The items are the numbers of the first LIMIT pictures; the judge learns from all. A user has 30 of them, nine in ten of the
//! user's class and the rest of any. Fresh users have ten items each, all of their class.

#![expect(clippy::print_stdout, reason = "an example prints what it finds")]

use std::error::Error;
use std::fmt::Write;
use std::path::Path;

use rand::RngExt;
use sparring::artifact::Artifact;
use sparring::data::ItemIx;
use sparring::recommend::Cancel;
use sparring_pictures::{Judge, Pictures, ReadOptions, Saved, Taste, read};
use sparring_wide::Seed;

/// Events of a user, and those of a fresh one.
const EVENTS: [usize; 2] = [30, 10];
/// One in so many events is of any class.
const STRAY: usize = 10;
/// Fresh users of a class, and pictures drawn for each.
const FRESH: [u64; 2] = [20, 20];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["log", pictures, limit, users, file] => {
            let pictures = some(pictures, limit, Path::new("."))?;
            std::fs::write(file, log(&pictures, users.parse()?))?;
        }
        ["judge", pictures, limit, gan, taste, cache] => {
            let cache = Path::new(cache);
            let all = read(pictures, cache, ReadOptions::default())?;
            let pictures = some(pictures, limit, cache)?;
            let judge = Judge::new(&all, cache, &Cancel::new())?;
            drawn(&pictures, &judge, (Path::new(gan), Path::new(taste)))?;
        }
        _ => {
            return Err(
                "log PICTURES LIMIT USERS LOG.csv, or judge PICTURES LIMIT GAN TASTE CACHE".into(),
            );
        }
    }
    Ok(())
}

fn some(pictures: &str, limit: &str, cache: &Path) -> Result<Pictures, Box<dyn Error>> {
    let options = ReadOptions {
        limit: Some(limit.parse()?),
        ..ReadOptions::default()
    };
    Ok(read(pictures, cache, options)?)
}

/// The pictures of each class.
fn by_class(pictures: &Pictures) -> Vec<Vec<usize>> {
    let mut classes = vec![Vec::new(); pictures.classes()];
    for (at, class) in pictures.labels.iter().flatten().enumerate() {
        classes[*class as usize].push(at);
    }
    classes
}

fn log(pictures: &Pictures, users: usize) -> String {
    let classes = by_class(pictures);
    let mut text = String::from("user,item,timestamp\n");
    for user in 0..users {
        let mut stream = Seed(2026).stream_at("planted user", user as u64);
        let own = &classes[user % classes.len()];
        let mut had = std::collections::HashSet::new();
        while had.len() < EVENTS[0] {
            let item = if stream.random_range(0..STRAY) == 0 {
                stream.random_range(0..pictures.len())
            } else {
                own[stream.random_range(0..own.len())]
            };
            if had.insert(item) {
                writeln!(text, "u{user},{item},{}", had.len()).expect("a string takes all");
            }
        }
    }
    text
}

fn drawn(
    pictures: &Pictures,
    judge: &Judge<'_>,
    (gan, taste): (&Path, &Path),
) -> Result<(), Box<dyn Error>> {
    let (saved, artifact) = (Saved::load(gan)?, Artifact::load(taste)?);
    let taste = Taste {
        model: artifact
            .model
            .factored()
            .ok_or("the model has no places of items")?,
        items: &artifact.items,
    };
    println!(
        "the judge is right on {:.3} of held-out pictures",
        judge.accuracy()
    );
    let (mut right, mut all) = (0, 0);
    for (class, own) in (0_u32..).zip(by_class(pictures)) {
        let mut hits = 0;
        for user in 0..FRESH[0] {
            let mut stream = Seed(7).stream_at("fresh user", u64::from(class) * FRESH[0] + user);
            let history: Vec<ItemIx> = (0..EVENTS[1])
                .filter_map(|_| {
                    let item = own[stream.random_range(0..own.len())].to_string();
                    artifact.items.get(&item).map(ItemIx)
                })
                .collect();
            let wanted = taste.wanted(&history, 20)?;
            let n = usize::try_from(FRESH[1])?;
            let drawn = saved.imagine(&wanted, (n, 4), Seed(user))?;
            hits += judge
                .classes(&drawn)
                .iter()
                .filter(|said| **said == class)
                .count();
        }
        let drawn = usize::try_from(FRESH[0] * FRESH[1])?;
        println!("class {class}: {:.3}", hits as f64 / drawn as f64);
        right += hits;
        all += drawn;
    }
    println!(
        "in the user's class: {:.3} of {all}",
        right as f64 / all as f64
    );
    Ok(())
}
