//! What `synthesize --epsilon` releases besides items, and what was spent before.

use std::fs;

use anyhow::Context as _;
use sparring::data::Columns;
use sparring::experiment::Spent;
use sparring::privacy::{Delta, Epsilon, Statement};
use toml::{Table, Value};

use crate::context::Context;
use crate::failure::WrongUse;
use crate::release_args::ReleaseArgs;

/// What stands for a catalogue that is released.
pub(crate) const RELEASE: &str = "release";
/// Seconds of a day.
const DAY: i64 = 86_400;
/// How ratings are named.
const RATINGS: &str = "name them as 1..5, or one by one as 0.5,1,1.5,2, rising";
/// How a range of times is named.
const TIMES: &str = "name the first and the last, as 2000-01-01..2003-02-28 or as two numbers, the first before the last";

/// Puts what is asked for into the settings of a synthesizer with a guarantee.
pub(crate) fn settings(args: &ReleaseArgs, table: &mut Table) -> anyhow::Result<()> {
    table.insert("delta".to_owned(), args.delta.into());
    if args.insist {
        table.insert("insist".to_owned(), true.into());
    }
    let mut extras = match table.get("extras") {
        Some(Value::Table(extras)) => extras.clone(),
        _ => Table::new(),
    };
    if args.catalogue.as_deref() == Some(RELEASE) {
        extras.insert("catalogue".to_owned(), true.into());
    }
    if let Some(text) = &args.ratings {
        let ratings = ratings(text)?.0.into_iter().map(Value::Float);
        extras.insert("ratings".to_owned(), Value::Array(ratings.collect()));
    }
    if let Some(text) = &args.times {
        let times = times(text)?.map(Value::Integer);
        extras.insert("times".to_owned(), Value::Array(times.to_vec()));
    }
    if !extras.is_empty() {
        table.insert("extras".to_owned(), extras.into());
    }
    Ok(())
}

/// What was spent before, and may be in all.
pub(crate) fn spent(args: &ReleaseArgs) -> anyhow::Result<Spent> {
    let before = match &args.ledger {
        None => None,
        Some(path) => {
            let place = format!("--ledger {}", path.display());
            let text = fs::read_to_string(path).map_err(|error| WrongUse {
                finding: format!("{place}: {error}"),
                hint: "name the ledger.json of an earlier release",
            })?;
            Some(Statement::read(&text).context(place)?)
        }
    };
    Ok(Spent {
        before,
        budget: args.budget.map(Epsilon::new).transpose()?,
    })
}

/// What has to be said about numbers that promise little.
pub(crate) fn warn(context: &Context, epsilon: Epsilon, delta: f64) {
    if let Some(warning) = epsilon.warning() {
        context.out.note(format!("warning: {warning}"));
    }
    if delta > Delta::LIMIT {
        context.out.note(format!(
            "warning: with chance {delta} a release may give a user away"
        ));
    }
}

/// The columns as they are written: nothing of how ratings look is read from the log.
///
/// # Errors
/// If the log does not have what is declared of it.
pub(crate) fn columns(args: &ReleaseArgs, of_log: Columns) -> anyhow::Result<Columns> {
    let missing = |what: &str, column: Option<&String>| match column {
        Some(_) => Ok(()),
        None => Err(WrongUse {
            finding: format!("--{what}: the log has no {what}"),
            hint: "leave it out, or name the log that has them",
        }),
    };
    let mut decimal = false;
    if let Some(text) = &args.ratings {
        missing("ratings", of_log.rating.as_ref())?;
        decimal = ratings(text)?.1;
    }
    if args.times.is_some() {
        missing("times", of_log.time.as_ref())?;
    }
    Ok(Columns { decimal, ..of_log })
}

/// The ratings of a list or range, rising, and whether all are written with a point.
fn ratings(text: &str) -> Result<(Vec<f64>, bool), WrongUse> {
    let wrong = |finding: String| WrongUse {
        finding: format!("--ratings {text}: {finding}"),
        hint: RATINGS,
    };
    let number = |text: &str| {
        let found = text
            .trim()
            .parse::<f64>()
            .ok()
            .filter(|x| x.is_finite() && *x >= 0.0);
        found.ok_or_else(|| wrong(format!("`{text}` is no rating")))
    };
    let texts: Vec<&str> = match text.split_once("..") {
        Some((first, last)) => vec![first, last],
        None => text.split(',').collect(),
    };
    let numbers: Vec<f64> = texts
        .iter()
        .map(|text| number(text))
        .collect::<Result<_, _>>()?;
    let ratings = match (text.contains(".."), &numbers[..]) {
        (true, &[first, last]) => {
            let steps = (last - first).clamp(0.0, 100.0);
            let rating = |at: u32| first + f64::from(at);
            (0..=100)
                .take_while(|at| f64::from(*at) <= steps)
                .map(rating)
                .collect()
        }
        _ => numbers,
    };
    if ratings.len() < 2 || ratings.len() > 20 || ratings.windows(2).any(|pair| pair[0] >= pair[1])
    {
        return Err(wrong(format!(
            "{} ratings; 2 to 20, rising, are needed",
            ratings.len()
        )));
    }
    Ok((ratings, texts.iter().all(|text| text.contains('.'))))
}

/// The first and the last time of a range.
fn times(text: &str) -> Result<[i64; 2], WrongUse> {
    let wrong = |finding: &str| WrongUse {
        finding: format!("--times {text}: {finding}"),
        hint: TIMES,
    };
    let (first, last) = text.split_once("..").ok_or_else(|| wrong("no range"))?;
    let time = |text: &str, rest: i64| match text.trim().parse::<i64>() {
        Ok(number) => Ok(number),
        Err(_) => match days(text.trim()) {
            Some(days) => Ok(days * DAY + rest),
            None => Err(wrong(&format!("`{text}` is neither a date nor a number"))),
        },
    };
    let (first, last) = (time(first, 0)?, time(last, DAY - 1)?);
    if first >= last {
        return Err(wrong("it ends before it begins"));
    }
    Ok([first, last])
}

/// Days from 1970-01-01 to a date `year-month-day` of the Gregorian calendar.
fn days(text: &str) -> Option<i64> {
    let parts: Vec<i64> = text
        .split('-')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    let [year, month, day] = parts[..] else {
        return None;
    };
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [
        31,
        28 + i64::from(leap(year)),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let at = usize::try_from(month).ok()?.checked_sub(1)?;
    let possible = (1..=lengths.get(at).copied()?).contains(&day) && (1..=9999).contains(&year);
    let before = year - 1;
    let years = 365 * before + before / 4 - before / 100 + before / 400;
    // 719,162 days from 0001-01-01 to 1970-01-01.
    let months: i64 = lengths[..at].iter().sum();
    possible.then(|| years + months + day - 1 - 719_162)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratings_are_ranges_or_lists() {
        assert_eq!(
            ratings("1..5").unwrap(),
            (vec![1.0, 2.0, 3.0, 4.0, 5.0], false)
        );
        assert_eq!(
            ratings("0.5,1.0, 1.5").unwrap(),
            (vec![0.5, 1.0, 1.5], true)
        );
        assert_eq!(ratings("1.0..3.0").unwrap(), (vec![1.0, 2.0, 3.0], true));
        assert!(!ratings("0.5,1").unwrap().1);
        for wrong in [
            "", "5", "5..1", "1,1", "3,2", "a..b", "1..", "-1..3", "0..40", "1,nan",
        ] {
            assert!(ratings(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_are_dates_or_numbers() {
        // 2000-01-01 is day 10,957; 2000-02-29 59 days later.
        assert_eq!(times("1970-01-01..1970-01-01").unwrap(), [0, 86_399]);
        let first = 10_957 * DAY;
        assert_eq!(
            times("2000-01-01..2000-02-29").unwrap(),
            [first, first + 60 * DAY - 1]
        );
        assert_eq!(times("5..900").unwrap(), [5, 900]);
        assert_eq!(days("2038-01-19"), Some(24_855));
        for wrong in [
            "",
            "5",
            "9..5",
            "5..5",
            "2000-02-30..2001-01-01",
            "2000-13-01..2001-01-01",
            "2000-01..2001-01-01",
            "x..y",
            "0-01-01..2000-01-01",
        ] {
            assert!(times(wrong).is_err(), "{wrong}");
        }
    }
}
