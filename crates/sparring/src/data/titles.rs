//! What items are called.

use std::fs;
use std::path::Path;

use super::ids::Vocabulary;

/// The titles of items by dense index, from the item file of a known set in `folder`; an empty
/// text for an item without one, no titles at all where there is no such file.
///
/// Known are `RecBole` `.item` files, `u.item`, `movies.dat` and `artists.dat`. Bytes that are not
/// UTF-8 are read as Latin-1, in which the older sets are written.
pub fn titles(folder: &Path, items: &Vocabulary) -> Vec<String> {
    let files: [(&str, &str); 4] = [
        ("ml-100k.item", "\t"),
        ("u.item", "|"),
        ("movies.dat", "::"),
        ("artists.dat", "\t"),
    ];
    let found = files.iter().find_map(|(name, separator)| {
        fs::read(folder.join(name))
            .ok()
            .map(|bytes| (decode(bytes), *separator))
    });
    let Some((text, separator)) = found else {
        return Vec::new();
    };
    let mut titles = vec![String::new(); items.len()];
    for line in text.lines() {
        let mut fields = line.split(separator);
        if let (Some(id), Some(title)) = (fields.next(), fields.next())
            && let Some(item) = items.get(id)
        {
            title.clone_into(&mut titles[item as usize]);
        }
    }
    titles
}

/// Text in UTF-8, or else in Latin-1.
pub(super) fn decode(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| {
        error
            .as_bytes()
            .iter()
            .map(|&byte| char::from(byte))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_follow_the_ids() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(
            folder.path().join("u.item"),
            b"2|Caf\xe9|x\n1|Toy Story|y\n9|Unknown|z\n",
        )
        .unwrap();
        let items: Vocabulary = ["1", "2", "3"].into_iter().collect();
        assert_eq!(titles(folder.path(), &items), ["Toy Story", "Café", ""]);
        assert!(titles(Path::new("/no/such"), &items).is_empty());
    }
}
