//! A saved folder with one of its files replaced by any bytes; checksums agree, so that what reads
//! the folder has to understand them.

use std::path::Path;

use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// A copy of the folder `from` in which the first byte of `input` chooses one of `files` that the
/// other bytes take the place of; nothing for no input.
pub fn copy(from: &Path, files: [&str; 3], input: &[u8]) -> Option<TempDir> {
    let (&choice, bytes) = input.split_first()?;
    let to = tempfile::tempdir().expect("room for a folder");
    let replaced = files[usize::from(choice % 3)];
    let mut manifest = String::new();
    for file in files {
        let kept = std::fs::read(from.join(file)).expect("the folder is on disk");
        if file == "manifest.json" {
            manifest = String::from_utf8(kept.clone()).expect("JSON is text");
        }
        let content = if file == replaced { bytes } else { &kept };
        if file == replaced && file != "manifest.json" {
            let hex = |bytes: &[u8]| -> String {
                Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
            };
            manifest = manifest.replace(&hex(&kept), &hex(bytes));
            std::fs::write(to.path().join("manifest.json"), &manifest).expect("room for a file");
        }
        std::fs::write(to.path().join(file), content).expect("room for a file");
    }
    Some(to)
}
