//! Between events of a log and the classes that a network of events knows.

use rand::RngExt;
use sparring_deep::START;
use sparring_wide::Stream;

use crate::data::{
    Dataset, GAP_CLASSES, GAP_KNOTS, ItemIx, UserIx, gap_class, gap_quantiles, gap_within,
    least_gap,
};
use crate::recommend::{Event, NamedTensors, WeightsError};

/// Different ratings up to which each is a class of its own.
const LEVELS: usize = 32;
/// Classes of ratings where there are more.
const BINS: usize = 10;
/// Knots of the table of starts.
const STARTS: usize = 65;
/// Classes of gaps: an hour parts the class that it falls into.
const CLASSES: usize = GAP_CLASSES + 1;

/// An event in classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Coded {
    pub(super) item: u32,
    /// The number of classes where there is none.
    pub(super) reaction: u32,
    /// Of the gap before it; the number of classes where it is unknown.
    pub(super) gap: u32,
    /// Events of its session so far, itself included; 0 where that is not known.
    pub(super) session: u32,
}

/// The events of a log in classes, by user.
#[derive(Debug, Clone)]
pub(in crate::models) struct CodedLog {
    users: Vec<Vec<Coded>>,
    /// The row before a user's first event.
    pub(super) start: Coded,
}

impl CodedLog {
    pub(super) fn of(&self, user: UserIx) -> &[Coded] {
        &self.users[user.at()]
    }
}

/// What the classes stand for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Coding {
    /// The ratings, rising; none if the log has no two different ones.
    pub(super) levels: Vec<f32>,
    /// Gaps at their quantiles by class `[G, 9]`; none if times are not dates.
    knots: Vec<f32>,
    /// Times of first events at their quantiles, and the last time of the log; none without times.
    starts: Vec<i64>,
    /// The gap that ends a session, an hour, in the unit of the log; 0 without times.
    hour: u64,
    /// Whether users come back to items.
    pub(super) repeats: bool,
    /// Events of the longest history.
    pub(super) longest: usize,
}

impl Coding {
    /// Of a log.
    pub(super) fn of(data: &Dataset) -> Self {
        let log = data.interactions();
        let rows = || {
            data.user_indices()
                .filter(|user| !log.row(*user).is_empty())
        };
        let mut levels: Vec<f32> = rows()
            .filter_map(|user| log.ratings(user))
            .flatten()
            .copied()
            .collect();
        levels.sort_by(f32::total_cmp);
        let mut distinct = levels.clone();
        distinct.dedup();
        if distinct.len() > LEVELS {
            let last = levels.len() - 1;
            distinct = (0..BINS)
                .map(|bin| levels[last * (2 * bin + 1) / (2 * BINS)])
                .collect();
            distinct.dedup();
        }
        if distinct.len() < 2 {
            distinct.clear();
        }
        let repeats = rows().any(|user| {
            let mut items = log.row(user).to_vec();
            items.sort_unstable();
            items.windows(2).any(|pair| pair[0] == pair[1])
        });
        let (knots, starts, hour) = Self::times(data).unwrap_or_default();
        Self {
            levels: distinct,
            knots,
            starts,
            hour,
            repeats,
            longest: rows().map(|user| log.row(user).len()).max().unwrap_or(0),
        }
    }

    /// The tables of gaps and of starts, and how long an hour is, if times are dates.
    fn times(data: &Dataset) -> Option<(Vec<f32>, Vec<i64>, u64)> {
        let log = data.interactions();
        let hour = u64::try_from(log.clock()?.hour()?).ok()?;
        let mut by_class: Vec<Vec<u64>> = vec![Vec::new(); CLASSES];
        let (mut starts, mut last) = (Vec::new(), i64::MIN);
        for user in data.user_indices() {
            let mut before = None;
            for at in 0..log.row(user).len() {
                let time = log.time(user, at)?;
                match before {
                    None => starts.push(time),
                    Some(before) => {
                        let gap = time.abs_diff(before);
                        by_class[class_of(gap, hour)].push(gap);
                    }
                }
                before = Some(time);
                last = last.max(time);
            }
        }
        starts.sort_unstable();
        let used = by_class
            .iter()
            .rposition(|gaps| !gaps.is_empty())
            .unwrap_or(0)
            + 1;
        let knots = by_class[..used].iter_mut().enumerate();
        let knots = knots
            .flat_map(|(class, gaps)| gap_quantiles(class, gaps))
            .collect();
        let knot = |at: usize| starts[at * (starts.len() - 1) / (STARTS - 1)];
        let mut table: Vec<i64> = (0..STARTS).map(knot).collect();
        table.push(last);
        Some((knots, table, hour))
    }

    /// Whether times are known.
    pub(super) fn timed(&self) -> bool {
        !self.starts.is_empty()
    }

    /// Classes of reactions.
    pub(super) fn reactions(&self) -> usize {
        self.levels.len()
    }

    /// Classes of gaps, 1 without times: something comes.
    pub(super) fn gaps(&self) -> usize {
        (self.knots.len() / GAP_KNOTS).max(1)
    }

    /// The class of a rating, the number of classes for none.
    fn reaction(&self, rating: Option<f32>) -> u32 {
        let far = |level: &f32| (level - rating.unwrap_or(f32::NAN)).abs();
        let nearest = self.levels.iter().enumerate().filter(|_| rating.is_some());
        let nearest = nearest.min_by(|a, b| far(a.1).total_cmp(&far(b.1)));
        index(nearest.map_or(self.levels.len(), |(class, _)| class))
    }

    /// The class of the gap after an earlier time, the number of classes if one is unknown.
    fn gap(&self, before: Option<i64>, time: Option<i64>) -> u32 {
        let class = match (before, time) {
            _ if !self.timed() => 0,
            (Some(before), Some(time)) => {
                class_of(since(before, time), self.hour).min(self.gaps() - 1)
            }
            _ => self.gaps(),
        };
        index(class)
    }

    /// Events in classes.
    pub(super) fn events(&self, history: &[Event]) -> Vec<Coded> {
        let (mut before, mut session) = (None, 0);
        let each = history.iter().enumerate();
        each.map(|(at, event)| {
            let gap = if at == 0 {
                index(self.gaps())
            } else {
                self.gap(before, event.time)
            };
            let apart = before
                .zip(event.time)
                .map(|(before, time)| since(before, time) >= self.hour);
            session = match apart {
                _ if !self.timed() || event.time.is_none() => 0,
                Some(false) => session + 1,
                _ => 1,
            };
            before = event.time;
            Coded {
                item: event.item.0,
                reaction: self.reaction(event.rating),
                gap,
                session,
            }
        })
        .collect()
    }

    /// Items of which nothing else is known.
    pub(super) fn items(&self, items: &[ItemIx]) -> Vec<Coded> {
        let unknown = |item: &ItemIx| Coded {
            item: item.0,
            reaction: index(self.reactions()),
            gap: index(self.gaps()),
            session: 0,
        };
        items.iter().map(unknown).collect()
    }

    /// A log in classes.
    pub(super) fn log(&self, data: &Dataset) -> CodedLog {
        let users = data.user_indices();
        CodedLog {
            users: users
                .map(|user| self.events(&Event::history(data, user)))
                .collect(),
            start: start_row(self),
        }
    }

    /// Events of the session of an event that is drawn `gap` after another, whose session has so many.
    pub(super) fn session(&self, so_far: u32, gap: u32) -> u32 {
        match gap as usize {
            _ if !self.timed() => 0,
            gap if gap >= self.gaps() || gap > gap_class(self.hour) => 1,
            _ => so_far + 1,
        }
    }

    /// The longest gap of a class.
    pub(super) fn up_to(&self, class: usize) -> u64 {
        let parted = gap_class(self.hour);
        match class {
            class if class + 1 >= CLASSES => u64::MAX,
            class if class < parted => least_gap(class + 1) - 1,
            class if class == parted => self.hour.saturating_sub(1),
            class => least_gap(class) - 1,
        }
    }

    /// The time of a first event.
    pub(super) fn start(&self, stream: &mut Stream) -> Option<i64> {
        let place = stream.random_range(0..self.starts.len().checked_sub(2)?);
        let (low, high) = (self.starts[place], self.starts[place + 1]);
        Some(stream.random_range(low..=high))
    }

    /// A time after another, by the class of the gap; none if that is after the log ends.
    pub(super) fn after(&self, time: i64, class: u32, stream: &mut Stream) -> Option<i64> {
        let at = class as usize * GAP_KNOTS;
        let gap = gap_within(&self.knots[at..at + GAP_KNOTS], stream);
        let next = time.saturating_add_unsigned(gap);
        (next <= *self.starts.last()?).then_some(next)
    }

    pub(super) fn weights(&self) -> NamedTensors {
        let number = |n: usize| u32::try_from(n).expect("fewer than 2^32");
        NamedTensors::new()
            .with("levels", &[self.levels.len()], self.levels.clone())
            .with("gaps", &[self.knots.len()], self.knots.clone())
            .with_wholes("starts", &self.starts)
            .with_wholes("hour", &[i64::try_from(self.hour).unwrap_or(i64::MAX)])
            .with_indices("repeats", &[1], vec![u32::from(self.repeats)])
            .with_indices("longest", &[1], vec![number(self.longest)])
    }

    pub(super) fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let wrong = |name: &str, expected| WeightsError::Value {
            name: name.to_owned(),
            expected,
            found: "other numbers".to_owned(),
        };
        let levels = weights.vector("levels")?.to_vec();
        if !levels.is_sorted_by(|a, b| a < b) || levels.len() == 1 {
            return Err(wrong("levels", "rising ratings, none or two and more"));
        }
        let knots = weights.vector("gaps")?.to_vec();
        let rising = knots
            .chunks(GAP_KNOTS)
            .all(|row| row.is_sorted_by(|a, b| a <= b));
        if !knots.len().is_multiple_of(GAP_KNOTS) || knots.len() > CLASSES * GAP_KNOTS || !rising {
            return Err(wrong("gaps", "rising gaps by class"));
        }
        let starts = weights.wholes("starts")?;
        let fits = starts.len() == STARTS + 1 && !knots.is_empty();
        if !(fits || starts.is_empty() && knots.is_empty()) || !starts.is_sorted() {
            return Err(wrong("starts", "rising times, none or a table"));
        }
        let longest = weights.indices("longest")?;
        let hour = weights.wholes("hour")?;
        let hour = match hour[..] {
            [hour] if (hour > 0) != starts.is_empty() => u64::try_from(hour).unwrap_or(0),
            _ => return Err(wrong("hour", "the length of an hour, 0 without times")),
        };
        Ok(Self {
            levels,
            knots,
            starts,
            hour,
            repeats: weights.indices("repeats")? == [1],
            longest: *longest
                .first()
                .ok_or_else(|| wrong("longest", "one number"))? as usize,
        })
    }
}

/// The time after an earlier one, 0 if it is not after it.
fn since(before: i64, time: i64) -> u64 {
    u64::try_from(time.saturating_sub(before)).unwrap_or(0)
}

/// The class of a gap: by powers of two, and the one that holds an hour in two, since an hour ends a session.
fn class_of(gap: u64, hour: u64) -> usize {
    gap_class(gap) + usize::from(gap >= hour)
}

/// A class as networks count it.
pub(super) fn index(class: usize) -> u32 {
    u32::try_from(class).expect("few classes")
}

/// The row before the first event.
pub(super) fn start_row(coding: &Coding) -> Coded {
    Coded {
        item: START,
        reaction: index(coding.reactions()),
        gap: index(coding.gaps()),
        session: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::InteractionsBuilder;
    use crate::data::Vocabulary;
    use sparring_wide::Seed;
    use std::sync::Arc;

    fn timed() -> Dataset {
        let day = 86_400_i64;
        let mut builder = InteractionsBuilder::new();
        let base = 1_000_000_000;
        for (user, at, rating, time) in [
            (0, 0, 4.0, base),
            (0, 1, 2.0, base + 3),
            (0, 2, 5.0, base + day),
            (1, 1, 4.0, base + 10),
            (1, 0, 2.0, base + 10),
        ] {
            builder.push(UserIx(user), ItemIx(at), Some(rating), Some(time));
        }
        let names = |n: u32| Arc::new((0..n).map(|i| i.to_string()).collect::<Vocabulary>());
        Dataset::new(names(2), names(3), builder.build(2))
    }

    #[test]
    fn classes_by_hand() {
        let data = timed();
        let coding = Coding::of(&data);
        assert_eq!(coding.levels, [2.0, 4.0, 5.0]);
        // A day is 86,397 s after the second event: 17 bits, and more than an hour.
        assert_eq!(coding.gaps(), 19);
        assert!(!coding.repeats && coding.timed());
        let log = coding.log(&data);
        let of = |item, reaction, gap, session| Coded {
            item,
            reaction,
            gap,
            session,
        };
        // The day ends a session.
        let expected = [of(0, 1, 19, 1), of(1, 0, 2, 2), of(2, 2, 18, 1)];
        assert_eq!(log.of(UserIx(0)), expected);
        assert_eq!(log.of(UserIx(1)), [of(1, 1, 19, 1), of(0, 0, 0, 2)]);
        // 3,600 s lie between 2,048 and 4,095: class 12 ends before them, class 13 begins with them.
        assert_eq!(
            [2_047, 2_048, 3_599, 3_600, 4_095, 4_096].map(|gap| class_of(gap, 3_600)),
            [11, 12, 12, 13, 13, 14]
        );
        assert_eq!(
            [11, 12, 13, 14, 19].map(|gap| coding.session(4, gap)),
            [5, 5, 1, 1, 1]
        );
        let mut stream = Seed(1).stream("test");
        let start = coding.start(&mut stream).unwrap();
        assert!((1_000_000_000..=1_000_000_010).contains(&start));
        assert_eq!(coding.after(start, 2, &mut stream), Some(start + 3));
        assert_eq!(
            coding.after(start + 86_000, 18, &mut stream),
            None,
            "the log ends"
        );
        assert_eq!(Coding::from_weights(&coding.weights()).unwrap(), coding);
        assert_eq!(
            [0, 1, 2, 11, 12, 13, 14, 65].map(|class| coding.up_to(class)),
            [0, 1, 3, 2_047, 3_599, 4_095, 8_191, u64::MAX]
        );
    }

    #[test]
    fn without_times_and_ratings_something_comes() {
        let data = crate::split::contract::log(&[&[0, 1], &[1, 1]]);
        let coding = Coding::of(&data);
        assert_eq!((coding.gaps(), coding.reactions()), (1, 0));
        assert!(coding.repeats);
        let log = coding.log(&data);
        assert_eq!(
            log.of(UserIx(0))[1],
            Coded {
                item: 1,
                reaction: 0,
                gap: 0,
                session: 0
            }
        );
        assert_eq!(coding.start(&mut Seed(1).stream("test")), None);
        assert_eq!(Coding::from_weights(&coding.weights()).unwrap(), coding);
    }

    #[test]
    fn damaged_codings_are_refused() {
        let weights = Coding::of(&timed()).weights();
        let cases = [
            weights.clone().with("levels", &[2], vec![2.0, 1.0]),
            weights.clone().with("gaps", &[3], vec![0.0; 3]),
            weights.clone().with_indices("starts", &[2], vec![0, 0]),
            weights.clone().with_wholes("hour", &[0]),
        ];
        for damaged in cases {
            assert!(Coding::from_weights(&damaged).is_err());
        }
    }
}
