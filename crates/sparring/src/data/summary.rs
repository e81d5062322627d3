//! What a log looks like: counts, quantiles, inequality, times.

use serde::{Deserialize, Serialize};

use super::dataset::Dataset;
use super::load::duplicates;

/// The figures that `data inspect` prints.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Number of users.
    pub users: usize,
    /// Number of items.
    pub items: usize,
    /// Number of interactions.
    pub interactions: usize,
    /// Share of all user-item pairs that are in the log.
    pub density: f64,
    /// Interactions a user.
    pub activity: Spread,
    /// Interactions an item.
    pub popularity: Spread,
    /// Events that repeat an earlier pair of user and item.
    pub duplicates: usize,
    /// Counts of each rating, if there are at most 20 different ones.
    pub ratings: Option<Vec<(f32, usize)>>,
    /// Earliest and latest time as dates, if the log has times.
    pub times: Option<(String, String)>,
    /// Memory of the interactions, in bytes for each.
    pub bytes_per_interaction: f64,
}

/// A distribution of counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Smallest.
    pub min: u32,
    /// 5 % quantile.
    pub p5: u32,
    /// 25 % quantile.
    pub p25: u32,
    /// Median.
    pub median: u32,
    /// 75 % quantile.
    pub p75: u32,
    /// 95 % quantile.
    pub p95: u32,
    /// Largest.
    pub max: u32,
    /// Mean.
    pub mean: f64,
    /// Gini coefficient: 0 if all are equal, near 1 if one has everything.
    pub gini: f64,
}

impl Spread {
    /// Of these counts; all zero if there are none.
    ///
    /// ```text
    /// gini = sum_i (2 i - n - 1) x_i / (n sum_i x_i),  x sorted, i from 1
    /// ```
    pub fn of(mut counts: Vec<u32>) -> Self {
        counts.sort_unstable();
        let n = counts.len();
        let total: f64 = counts.iter().map(|&count| f64::from(count)).sum();
        let weighted: f64 = counts
            .iter()
            .enumerate()
            .map(|(at, &count)| (2.0 * (at + 1) as f64 - n as f64 - 1.0) * f64::from(count))
            .sum();
        let gini = if total > 0.0 {
            weighted / (n as f64 * total)
        } else {
            0.0
        };
        let quantile = |per_cent: usize| match n {
            0 => 0,
            _ => counts[(n - 1) * per_cent / 100],
        };
        Self {
            min: quantile(0),
            p5: quantile(5),
            p25: quantile(25),
            median: quantile(50),
            p75: quantile(75),
            p95: quantile(95),
            max: quantile(100),
            mean: total / n.max(1) as f64,
            gini,
        }
    }
}

impl Summary {
    /// Of a log, best loaded with all its duplicates.
    pub fn of(data: &Dataset) -> Self {
        let count = |user| u32::try_from(data.history(user).len()).expect("fewer than 2^32 events");
        let pairs = data.n_users() as f64 * data.n_items() as f64;
        let interactions = data.n_interactions();
        let repeated = duplicates(data).1;
        Self {
            users: data.n_users(),
            items: data.n_items(),
            interactions,
            density: (interactions - repeated) as f64 / pairs.max(1.0),
            activity: Spread::of(data.user_indices().map(count).collect()),
            popularity: Spread::of(data.item_counts()),
            duplicates: repeated,
            ratings: ratings(data),
            times: times(data),
            bytes_per_interaction: data.interactions().heap_bytes() as f64
                / interactions.max(1) as f64,
        }
    }
}

fn ratings(data: &Dataset) -> Option<Vec<(f32, usize)>> {
    let mut counts: Vec<(f32, usize)> = Vec::new();
    for user in data.user_indices() {
        for &rating in data.interactions().ratings(user)? {
            match counts.binary_search_by(|(known, _)| known.total_cmp(&rating)) {
                Ok(at) => counts[at].1 += 1,
                Err(_) if counts.len() == 20 => return None,
                Err(at) => counts.insert(at, (rating, 1)),
            }
        }
    }
    Some(counts)
}

fn times(data: &Dataset) -> Option<(String, String)> {
    let all = || {
        data.user_indices().flat_map(|user| {
            (0..data.history(user).len()).filter_map(move |at| data.interactions().time(user, at))
        })
    };
    Some((date(all().min()?), date(all().max()?)))
}

/// Seconds since 1970 as a date; small numbers are positions, not times, and stay as they are.
fn date(secs: i64) -> String {
    if !(10_000_000..100_000_000_000).contains(&secs) {
        return secs.to_string();
    }
    let (days, rest) = (secs.div_euclid(86_400), secs.rem_euclid(86_400));
    // Days to a date of the Gregorian calendar, counted in eras of 400 years from 1 March.
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let in_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * in_year + 2) / 153;
    let day = in_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    let year = year + era * 400 + carry;
    format!(
        "{year}-{month:02}-{day:02} {:02}:{:02} UTC",
        rest / 3_600,
        rest % 3_600 / 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gini_and_quantiles() {
        let spread = Spread::of(vec![1, 1, 1, 1]);
        assert_eq!((spread.gini, spread.median, spread.mean), (0.0, 1, 1.0));
        // (2*1-3)*0 + (2*2-3)*4 = 4 over 2*4 = 8.
        assert!((Spread::of(vec![4, 0]).gini - 0.5).abs() < 1e-12);
        let spread = Spread::of((0..=100).collect());
        assert_eq!(
            (spread.p5, spread.p25, spread.p95, spread.max),
            (5, 25, 95, 100)
        );
        assert_eq!(Spread::of(vec![]).max, 0);
    }

    #[test]
    fn dates_are_of_the_calendar() {
        // 2000-03-01 00:00 UTC is 951868800, 1997-09-20 03:05:10 UTC is 874724710.
        assert_eq!(date(951_868_800), "2000-03-01 00:00 UTC");
        assert_eq!(date(951_868_799), "2000-02-29 23:59 UTC");
        assert_eq!(date(874_724_710), "1997-09-20 03:05 UTC");
        assert_eq!(date(17), "17");
    }
}
