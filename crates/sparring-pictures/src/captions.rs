//! Sentences about pictures: of two sets that are built in, or of a file.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use sparring_wide::Matrix;

use crate::error::PictureError;
use crate::set::Pictures;
use crate::told::{Kind, Table, Told};

/// The sets with sentences of their own.
const BUILT_IN: [(&str, &str); 2] = [
    ("fashion-mnist", include_str!("captions/fashion-mnist.toml")),
    ("mnist", include_str!("captions/mnist.toml")),
];

/// Sentences, each about a class or about a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captions {
    /// The sentences.
    pub texts: Vec<String>,
    /// The class or picture of each.
    pub of: Vec<u32>,
    /// Whether they are about classes, not single pictures.
    pub of_classes: bool,
    /// Where they come from.
    path: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BuiltIn {
    templates: Vec<String>,
    class: Vec<Class>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Class {
    names: Vec<String>,
    kept: Vec<String>,
}

/// What pictures and classes are called in a file of sentences.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Of each class: its sub-folder, or its number.
    pub classes: Vec<String>,
    /// Of each picture: its file without the ending, or its number.
    pub pictures: Vec<String>,
}

impl Captions {
    /// The sentences of a built-in set, or those of a CSV file with the columns `class` or `picture`, and
    /// `caption`.
    ///
    /// # Errors
    /// [`PictureError`] with the line, if the file is not one of these.
    pub fn read(argument: &str, names: &Names) -> Result<Self, PictureError> {
        match built_in(argument) {
            Some(set) => Ok(set.every()),
            None => of_file(Path::new(argument), names),
        }
    }

    /// The prompts of a built-in set that are kept from training, or those of a file.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn kept(argument: &str, names: &Names) -> Result<Self, PictureError> {
        match built_in(argument) {
            Some(set) => Ok(set.kept()),
            None => of_file(Path::new(argument), names),
        }
    }

    /// What is told of each picture, given the vectors of the sentences `[N, T]` under an encoder.
    ///
    /// # Errors
    /// [`PictureError::Captions`] if there is a class or picture without a sentence.
    pub fn told(
        &self,
        vectors: &Matrix,
        encoder: &str,
        pictures: &Pictures,
    ) -> Result<Told, PictureError> {
        let (n, what) = if self.of_classes {
            (pictures.classes(), "class")
        } else {
            (pictures.len(), "picture")
        };
        let wrong = |finding: String| PictureError::Captions {
            path: self.path.clone(),
            finding,
        };
        if self.of_classes && n == 0 {
            return Err(wrong(
                "is about classes, and the pictures have no labels".to_owned(),
            ));
        }
        let mut order: Vec<usize> = (0..self.of.len()).collect();
        order.sort_by_key(|&at| self.of[at]);
        order.retain(|&at| (self.of[at] as usize) < n);
        let groups: Vec<u32> = order.iter().map(|&at| self.of[at]).collect();
        let all = 0..u32::try_from(n).expect("pictures fit u32");
        for group in all.clone() {
            if groups.binary_search(&group).is_err() {
                return Err(wrong(format!("has no sentence about {what} {group}")));
            }
        }
        let rows = order.iter().flat_map(|&at| vectors.row(at));
        let width = vectors.cols;
        let sorted = Matrix::from_vec(groups.len(), width, rows.copied().collect());
        let kind = Kind::Words {
            encoder: encoder.to_owned(),
        };
        let table = if self.of_classes {
            Table::about_groups(kind, &sorted, groups)
        } else {
            Table::new(kind, &sorted, groups)
        };
        let of = match &pictures.labels {
            Some(labels) if self.of_classes => labels.clone(),
            _ => all.collect(),
        };
        Ok(Told::new(table, of))
    }
}

fn built_in(name: &str) -> Option<BuiltIn> {
    let (_, text) = BUILT_IN.iter().find(|(set, _)| *set == name)?;
    Some(toml::from_str(text).expect("the built-in sentences are read by a test"))
}

impl BuiltIn {
    fn about(&self, texts: impl Fn(&Class) -> Vec<String>) -> Captions {
        let mut captions = Captions {
            texts: Vec::new(),
            of: Vec::new(),
            of_classes: true,
            path: PathBuf::from("the sentences"),
        };
        for (at, class) in (0_u32..).zip(&self.class) {
            captions.texts.extend(texts(class));
            captions.of.resize(captions.texts.len(), at);
        }
        captions
    }

    /// Every name in every template.
    fn every(&self) -> Captions {
        self.about(|class| {
            let of = |name: &String| {
                let name = name.clone();
                self.templates
                    .iter()
                    .map(move |template| template.replace("{}", &name))
            };
            class.names.iter().flat_map(of).collect()
        })
    }

    fn kept(&self) -> Captions {
        self.about(|class| class.kept.clone())
    }
}

fn of_file(path: &Path, names: &Names) -> Result<Captions, PictureError> {
    let wrong = |finding: String| PictureError::Captions {
        path: path.to_path_buf(),
        finding,
    };
    let bytes = std::fs::read(path).map_err(|source| PictureError::Io {
        path: path.to_path_buf(),
        action: "read",
        source,
    })?;
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes.as_slice());
    let header = reader.headers().map_err(|e| wrong(e.to_string()))?.clone();
    let column = |name: &str| header.iter().position(|field| field.trim() == name);
    let (about, caption) = (column("class").or(column("picture")), column("caption"));
    let (Some(about), Some(caption)) = (about, caption) else {
        let header: Vec<&str> = header.iter().collect();
        return Err(wrong(format!(
            "has the columns {}, expected class and caption, or picture and caption",
            header.join(", ")
        )));
    };
    let of_classes = column("class").is_some();
    let known = if of_classes {
        &names.classes
    } else {
        &names.pictures
    };
    let numbers: std::collections::HashMap<&str, u32> =
        known.iter().map(String::as_str).zip(0..).collect();
    let mut captions = Captions {
        texts: Vec::new(),
        of: Vec::new(),
        of_classes,
        path: path.to_path_buf(),
    };
    for (line, record) in (2..).zip(reader.records()) {
        let record = record.map_err(|e| wrong(format!("line {line}: {e}")))?;
        let (name, text) = (record[about].trim(), record[caption].trim());
        let Some(number) = numbers.get(name) else {
            let (what, n) = if of_classes {
                ("class", known.len())
            } else {
                ("picture", known.len())
            };
            return Err(wrong(format!(
                "line {line}: there is no {what} `{name}` among {n}"
            )));
        };
        if text.is_empty() {
            return Err(wrong(format!("line {line}: says nothing")));
        }
        captions.texts.push(text.to_owned());
        captions.of.push(*number);
    }
    if captions.texts.is_empty() {
        return Err(wrong("has no sentences".to_owned()));
    }
    Ok(captions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparring_deep::PictureShape;
    use std::collections::HashSet;

    #[test]
    fn built_in_sentences_are_many_and_none_is_kept_twice() {
        for (set, _) in BUILT_IN {
            let (every, kept) = (
                Captions::read(set, &Names::default()).unwrap(),
                Captions::kept(set, &Names::default()).unwrap(),
            );
            // Twelve templates and five names a class at least.
            assert!(every.texts.len() >= 600 && kept.texts.len() >= 30, "{set}");
            let seen: HashSet<&String> = every.texts.iter().collect();
            assert_eq!(seen.len(), every.texts.len(), "{set}");
            assert!(kept.texts.iter().all(|text| !seen.contains(text)), "{set}");
            assert!(every.texts.iter().all(|text| !text.contains("{}")));
            let classes: HashSet<u32> = kept.of.iter().copied().collect();
            assert_eq!(classes.len(), 10);
        }
    }

    fn pictures(labels: Option<Vec<u32>>) -> Pictures {
        Pictures {
            shape: PictureShape {
                side: 28,
                channels: 1,
            },
            bytes: vec![0; 3 * 784],
            labels,
        }
    }

    #[test]
    fn sentences_of_a_file_are_told_of_its_classes() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("c.csv");
        let argument = path.to_str().unwrap();
        let names = Names {
            classes: vec!["cats".to_owned(), "dogs".to_owned()],
            pictures: ["a", "b", "c"].map(str::to_owned).to_vec(),
        };
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Captions::read(argument, &names)
        };
        let captions =
            read("class,caption\ndogs,\"a dog, barking\"\ncats,a cat\ndogs,a hound\n").unwrap();
        assert_eq!(
            (captions.of.as_slice(), captions.of_classes),
            ([1, 0, 1].as_slice(), true)
        );
        assert_eq!(captions.texts[0], "a dog, barking");
        let vectors = Matrix::from_vec(3, 2, vec![0.0, 1.0, 4.0, 0.0, 0.0, 3.0]);
        let told = captions
            .told(&vectors, "e", &pictures(Some(vec![0, 1, 1])))
            .unwrap();
        assert_eq!((told.table.groups(), told.pictures()), (2, 3));
        let refused = captions.told(&vectors, "e", &pictures(None)).unwrap_err();
        assert!(refused.to_string().ends_with("have no labels"), "{refused}");
        let refused = captions
            .told(&vectors, "e", &pictures(Some(vec![0, 1, 2])))
            .unwrap_err();
        assert!(
            refused.to_string().ends_with("no sentence about class 2"),
            "{refused}"
        );
        let each = read("picture,caption\nc,third\na,first\nb,second\n").unwrap();
        let told = each.told(&vectors, "e", &pictures(None)).unwrap();
        assert_eq!(told.table.groups(), 3);
        for (text, words) in [
            ("class,text\ncats,a cat\n", "has the columns class, text"),
            (
                "class,caption\nbirds,a bird\n",
                "line 2: there is no class `birds` among 2",
            ),
            ("class,caption\ncats,\n", "line 2: says nothing"),
            ("class,caption\n", "has no sentences"),
            ("class,caption\ncats\n", "line 2"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
        }
        let nowhere = Captions::read("nowhere.csv", &names).unwrap_err();
        assert!(
            nowhere.to_string().contains("nowhere.csv: cannot read"),
            "{nowhere}"
        );
    }
}
