//! What items are, as anybody may know it: their kinds and their years.

use std::collections::HashMap;
use std::path::Path;

use super::error::DataError;
use super::format::short;
use super::ids::Vocabulary;
use super::sources::bytes_of;
use super::titles::decode;

/// Names of the column of the items.
const ITEM: [&str; 6] = ["item", "item_id", "itemid", "movie_id", "movieid", "id"];
/// Names of the column of the kinds.
const KINDS: [&str; 8] = [
    "genre",
    "genres",
    "kind",
    "kinds",
    "category",
    "categories",
    "class",
    "tags",
];
/// Names of the column of the year.
const YEAR: [&str; 3] = ["year", "release_year", "date"];
/// Names of the column of the title, which may end with the year in brackets.
const TITLE: [&str; 3] = ["title", "movie_title", "name"];
/// Columns of `u.item` before its flags.
const BEFORE_FLAGS: usize = 5;
/// What the flags of MovieLens's `u.item` stand for, as its `u.genre` has it.
const FLAGS: [&str; 19] = [
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
];
/// A word of titles says nothing if it stands in more than one of so many.
const COMMON: usize = 33;

/// The kinds, years and words of the items of a catalogue, by dense index.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ItemFacts {
    /// The kinds of each item, as numbers; none for an item that the file does not have.
    pub kinds: Vec<Vec<u32>>,
    /// The year of each item.
    pub years: Vec<Option<f64>>,
    /// The words of each title, as numbers: those in two titles or more, but for the commonest.
    pub words: Vec<Vec<u32>>,
    /// Items of the catalogue that the file has.
    pub known: usize,
}

/// Where the facts stand in a line.
#[derive(Debug, Clone, Copy)]
struct Layout {
    item: usize,
    kinds: Option<usize>,
    year: Option<usize>,
    title: Option<usize>,
    /// The first of a row of flags, one a kind.
    flags: Option<usize>,
    width: usize,
}

impl ItemFacts {
    /// Reads CSV or TSV with a header (`item`, then `genres` separated by bars, `year`, `title`),
    /// `movies.dat` (`id::Title (Year)::Kind|Kind`) or `u.item` (bars and flags), gzipped or not.
    ///
    /// Bytes that are not UTF-8 are read as Latin-1.
    ///
    /// # Errors
    /// If the file cannot be read, is no such table, has an item twice or none of the catalogue.
    pub fn load(path: &Path, items: &Vocabulary) -> Result<Self, DataError> {
        let mut facts = Self {
            kinds: vec![Vec::new(); items.len()],
            years: vec![None; items.len()],
            words: Vec::new(),
            known: 0,
        };
        let mut names = HashMap::new();
        let mut titles = vec![String::new(); items.len()];
        read(path, |told| {
            if let Some(item) = items.get(&told.id) {
                facts.known += 1;
                facts.years[item as usize] = told.year;
                facts.kinds[item as usize] = numbers(told.kinds, &mut names);
                titles[item as usize] = told.title;
            }
        })?;
        if facts.known == 0 {
            let finding = "no item of the catalogue is in the file".to_owned();
            return Err(refused(path, 1, finding));
        }
        facts.words = words(&titles);
        Ok(facts)
    }

    /// What such a file says of each item of a catalogue in words: title, then kinds, with the year where
    /// the title does not end with it; empty for an item that the file does not have.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn sentences(path: &Path, items: &Vocabulary) -> Result<Vec<String>, DataError> {
        let mut sentences = vec![String::new(); items.len()];
        let mut known = 0;
        read(path, |told| {
            if let Some(item) = items.get(&told.id) {
                known += 1;
                sentences[item as usize] = told.sentence();
            }
        })?;
        if known == 0 {
            let finding = "no item of the catalogue is in the file".to_owned();
            return Err(refused(path, 1, finding));
        }
        Ok(sentences)
    }

    /// The ids of the items of such a file, in its order.
    ///
    /// # Errors
    /// As [`load`](Self::load), whatever the catalogue.
    pub fn ids(path: &Path) -> Result<Vec<String>, DataError> {
        let mut ids = Vec::new();
        read(path, |told| ids.push(told.id))?;
        Ok(ids)
    }
}

/// What a line tells.
struct Told {
    id: String,
    kinds: Vec<String>,
    year: Option<f64>,
    title: String,
}

impl Told {
    fn sentence(&self) -> String {
        let mut parts = Vec::new();
        if !self.title.is_empty() {
            parts.push(self.title.clone());
        }
        if let Some(year) = self.year
            && in_brackets(&self.title).is_none()
        {
            parts.push(format!("{year:.0}"));
        }
        parts.extend(self.kinds.iter().cloned());
        parts.join(", ")
    }
}

fn refused(path: &Path, line: usize, finding: String) -> DataError {
    DataError::ItemFacts {
        path: path.to_path_buf(),
        line: line as u64,
        finding,
    }
}

/// Reads a file line by line.
fn read(path: &Path, mut each: impl FnMut(Told)) -> Result<(), DataError> {
    let text = decode(bytes_of(path)?);
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().next().unwrap_or_default();
    let (separator, layout, header) = layout(first).ok_or_else(|| {
        let finding = format!("cannot tell what the columns are: `{}`", short(first));
        refused(path, 1, finding)
    })?;
    let mut lines = HashMap::new();
    for (line, row) in (1..).zip(text.lines()).skip(usize::from(header)) {
        if row.trim().is_empty() {
            continue;
        }
        let fields = fields(row, separator);
        if fields.len() != layout.width {
            let (wanted, found) = (layout.width, fields.len());
            let finding = format!("{found} columns instead of {wanted}");
            return Err(refused(path, line, finding));
        }
        let id = fields[layout.item].clone();
        let facts = layout.facts(&fields);
        let (kinds, year) = facts.map_err(|what| refused(path, line, what))?;
        if let Some(earlier) = lines.insert(id.clone(), line) {
            let finding = format!("item `{id}` stands in line {earlier} already");
            return Err(refused(path, line, finding));
        }
        let title = layout.title.map(|at| fields[at].clone());
        each(Told {
            id,
            kinds,
            year,
            title: title.unwrap_or_default(),
        });
    }
    Ok(())
}

/// The words of titles as numbers, those that tell something.
fn words(titles: &[String]) -> Vec<Vec<u32>> {
    let split = |title: &String| {
        let without = match in_brackets(title) {
            Some(_) => title.rsplit_once('(').map_or("", |(title, _)| title),
            None => title,
        };
        let lower = without.to_lowercase();
        let mut words: Vec<String> = lower
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect();
        words.sort_unstable();
        words.dedup();
        words
    };
    let each: Vec<Vec<String>> = titles.iter().map(split).collect();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in each.iter().flatten() {
        *counts.entry(word).or_default() += 1;
    }
    let most = (titles.len() / COMMON).max(2);
    let mut names = HashMap::new();
    each.iter()
        .map(|words| {
            let telling = words.iter().filter(|word| {
                let count = counts[word.as_str()];
                (2..=most).contains(&count)
            });
            numbers(telling.cloned().collect(), &mut names)
        })
        .collect()
}

impl Layout {
    /// The kinds and the year of a line.
    fn facts(&self, fields: &[String]) -> Result<(Vec<String>, Option<f64>), String> {
        let mut kinds: Vec<String> = Vec::new();
        if let Some(at) = self.kinds {
            let texts = fields[at].split('|').map(str::trim);
            kinds.extend(texts.filter(|kind| !kind.is_empty()).map(str::to_owned));
        }
        if let Some(first) = self.flags {
            let flags = &fields[first..];
            for (at, flag) in flags.iter().enumerate() {
                match flag.as_str() {
                    "1" if flags.len() == FLAGS.len() => kinds.push(FLAGS[at].to_owned()),
                    "1" => kinds.push(at.to_string()),
                    "0" => {}
                    other => return Err(format!("flags are 0 or 1, found `{}`", short(other))),
                }
            }
        }
        let year = match (self.year, self.title) {
            (Some(at), _) if fields[at].is_empty() => None,
            (Some(at), _) => Some(year(&fields[at]).ok_or_else(|| {
                let found = short(&fields[at]);
                format!("column {} should be a year, found `{found}`", at + 1)
            })?),
            (None, Some(at)) => in_brackets(&fields[at]),
            (None, None) => None,
        };
        Ok((kinds, year))
    }
}

/// The separator, the columns, and whether the first line is their header.
fn layout(first: &str) -> Option<(&'static str, Layout, bool)> {
    if first.contains("::") {
        let width = first.split("::").count();
        let layout = Layout {
            item: 0,
            title: Some(1),
            kinds: Some(2),
            year: None,
            flags: None,
            width,
        };
        return (width == 3).then_some(("::", layout, false));
    }
    for separator in ["\t", ",", ";"] {
        let names: Vec<String> = fields(first, separator)
            .iter()
            .map(|name| name.split(':').next().unwrap_or_default().to_lowercase())
            .collect();
        let at = |wanted: &[&str]| {
            names
                .iter()
                .position(|name| wanted.contains(&name.as_str()))
        };
        let Some(item) = at(&ITEM) else { continue };
        let layout = Layout {
            item,
            kinds: at(&KINDS),
            year: at(&YEAR),
            title: at(&TITLE),
            flags: None,
            width: names.len(),
        };
        let told = layout.kinds.or(layout.year).or(layout.title).is_some();
        return told.then_some((separator, layout, true));
    }
    let width = first.split('|').count();
    let layout = Layout {
        item: 0,
        kinds: None,
        year: Some(2),
        title: Some(1),
        flags: Some(BEFORE_FLAGS),
        width,
    };
    (width > BEFORE_FLAGS).then_some(("|", layout, false))
}

/// The fields of a line; those in quotes may hold a comma.
fn fields(line: &str, separator: &str) -> Vec<String> {
    let whole = |text: &str| text.trim().to_owned();
    if separator.len() > 1 || separator == "|" {
        return line.split(separator).map(whole).collect();
    }
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator.as_bytes()[0])
        .has_headers(false)
        .from_reader(line.as_bytes());
    let record = reader.records().next().and_then(Result::ok);
    record.map_or_else(Vec::new, |record| record.iter().map(whole).collect())
}

/// A year, or the one at the end of a date such as `01-Jan-1995`.
fn year(text: &str) -> Option<f64> {
    let year = text.rsplit('-').next().unwrap_or(text);
    let found: f64 = year.parse().or_else(|_| text.parse()).ok()?;
    found.is_finite().then_some(found)
}

/// The year of `Toy Story (1995)`.
fn in_brackets(title: &str) -> Option<f64> {
    let (_, year) = title.trim_end().strip_suffix(')')?.rsplit_once('(')?;
    year.parse().ok().filter(|year: &f64| year.is_finite())
}

/// Kinds as numbers in the order in which they are met.
fn numbers(kinds: Vec<String>, names: &mut HashMap<String, u32>) -> Vec<u32> {
    let mut found: Vec<u32> = kinds
        .into_iter()
        .map(|kind| {
            let next = u32::try_from(names.len()).expect("fewer than 2^32 kinds");
            *names.entry(kind).or_insert(next)
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(content: &[u8]) -> Result<ItemFacts, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("items");
        std::fs::write(&path, content).unwrap();
        let items: Vocabulary = ["1", "2", "3"].into_iter().collect();
        ItemFacts::load(&path, &items).map_err(|error| error.to_string())
    }

    #[test]
    fn three_layouts_tell_the_same() {
        let expected = ItemFacts {
            kinds: vec![vec![0], vec![0, 1], vec![]],
            years: vec![Some(1995.0), None, None],
            words: vec![vec![]; 3],
            known: 2,
        };
        let header =
            b"item,title,genres,year\n1,\"Caf\xe9, A\",Drama,1995\n2,B,Drama|War,\n9,C,War,2000\n";
        assert_eq!(load(header).unwrap(), expected);
        let tabs = b"id\tgenres\tyear\n1\tDrama\t1995\n2\tDrama|War\t\n";
        assert_eq!(load(tabs).unwrap(), expected);
        let dat = b"1::A (1995)::Drama\n2::B::War|Drama\n";
        let dat = load(dat).unwrap();
        assert_eq!((&dat.years, &dat.kinds), (&expected.years, &expected.kinds));
        let flags = b"1|A|01-Jan-1995||url|1|0\n\n2|B|||url|1|1\n";
        assert_eq!(load(flags).unwrap(), expected);
    }

    #[test]
    fn words_that_stand_in_one_title_or_in_all_tell_nothing() {
        let titles = [
            "The Matrix (1999)",
            "The Matrix Reloaded (2003)",
            "The Pianist",
        ];
        // Two of three is the most: `the` is in all of them, `reloaded` and `pianist` in one.
        let found = words(&titles.map(str::to_owned));
        assert_eq!(found, [vec![0], vec![0], vec![]]);
    }

    #[test]
    fn a_sentence_has_all_that_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("items");
        let items: Vocabulary = ["1", "2", "3"].into_iter().collect();
        std::fs::write(
            &path,
            "item,title,genres,year\n1,A (1995),Drama,1995\n3,,Drama|War,1990\n",
        )
        .unwrap();
        let sentences = ItemFacts::sentences(&path, &items).unwrap();
        assert_eq!(sentences, ["A (1995), Drama", "", "1990, Drama, War"]);
        let others: Vocabulary = ["7"].into_iter().collect();
        assert!(ItemFacts::sentences(&path, &others).is_err());
        // The nineteen flags of MovieLens have names.
        let mut flags = ["0"; 19];
        (flags[8], flags[17]) = ("1", "1");
        let line = format!("2|B (1990)|01-Jan-1990||url|{}\n", flags.join("|"));
        std::fs::write(&path, line).unwrap();
        let sentences = ItemFacts::sentences(&path, &items).unwrap();
        assert_eq!(sentences[1], "B (1990), Drama, War");
    }

    #[test]
    fn ids_are_those_of_all_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("items");
        std::fs::write(&path, "9::A (1995)::Drama\n7::B::War\n").unwrap();
        assert_eq!(ItemFacts::ids(&path).unwrap(), ["9", "7"]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (content, words) in [
            (&b"a;b\n1;2\n"[..], ":1: cannot tell what the columns are"),
            (b"", ":1: cannot tell"),
            (b"item,price\n1,2\n", ":1: cannot tell"),
            (b"item,year\n1,1999\n2\n", ":3: 1 columns instead of 2"),
            (
                b"item,year\n1,1999\n2,soon\n",
                ":3: column 2 should be a year, found `soon`",
            ),
            (b"item,year\n1,inf\n", ":2: column 2 should be a year"),
            (
                b"item,year\n1,1999\n1,1999\n",
                ":3: item `1` stands in line 2",
            ),
            (b"item,year\n8,1999\n", ":1: no item of the catalogue"),
            (b"1|A|||url|1|2\n", ":1: flags are 0 or 1, found `2`"),
            (b"1::A\n", ":1: cannot tell"),
        ] {
            let error = load(content).unwrap_err();
            assert!(error.contains(words), "{error}\nhas no {words}");
        }
    }
}
