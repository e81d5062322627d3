//! Readers on good and on bad files.

use std::fs;
use std::io::Write;

use super::*;
use crate::canvas::grid;

fn idx(n: u32, side: u32, kind: u8) -> Vec<u8> {
    let mut file = vec![0, 0, kind, 3];
    for length in [n, side, side] {
        file.extend(length.to_be_bytes());
    }
    file.extend((0..n * side * side).map(|at| (at % 251) as u8));
    file
}

fn labels(n: u32) -> Vec<u8> {
    let mut file = vec![0, 0, 8, 1];
    file.extend(n.to_be_bytes());
    file.extend((0..n).map(|at| (at % 3) as u8));
    file
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn error(path: &Path, options: ReadOptions) -> String {
    let argument = path.to_str().unwrap();
    read(argument, Path::new("/nowhere"), options)
        .unwrap_err()
        .to_string()
}

fn good(path: &Path, options: ReadOptions) -> Pictures {
    read(path.to_str().unwrap(), Path::new("/nowhere"), options).unwrap()
}

#[test]
fn idx_is_read_with_its_labels_compressed_or_not() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("t-images-idx3-ubyte");
    fs::write(&path, idx(5, 28, 8)).unwrap();
    let plain = good(&path, ReadOptions::default());
    assert_eq!(
        (plain.len(), plain.shape.side, plain.shape.channels),
        (5, 28, 1)
    );
    assert!(plain.labels.is_none());
    fs::remove_file(&path).unwrap();
    fs::write(
        place.path().join("t-labels-idx1-ubyte.gz"),
        gzipped(&labels(5)),
    )
    .unwrap();
    fs::write(
        place.path().join("t-images-idx3-ubyte.gz"),
        gzipped(&idx(5, 28, 8)),
    )
    .unwrap();
    let limit = Some(4);
    // The folder finds its only file.
    let some = good(
        place.path(),
        ReadOptions {
            limit,
            ..Default::default()
        },
    );
    assert_eq!(some.bytes, plain.bytes[..4 * 784]);
    assert_eq!(some.labels, Some(vec![0, 1, 2, 0]));
    let resize = Some(32);
    let larger = good(
        place.path(),
        ReadOptions {
            resize,
            ..ReadOptions::default()
        },
    );
    assert_eq!((larger.len(), larger.shape.side), (5, 32));
}

#[test]
fn damaged_idx_files_are_named_with_the_place() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("images-idx3-ubyte");
    let whole = idx(3, 28, 8);
    let options = ReadOptions::default();
    let found = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        error(&path, options)
    };
    let cut = found(&whole[..1000]);
    assert!(
        cut.ends_with("byte 1000: has 984 bytes behind its header, expected 2352 (3 x 28 x 28)"),
        "{cut}"
    );
    assert!(found(&whole[..10]).ends_with("byte 10: ends within its 3 lengths"));
    assert!(found(b"hello, world").ends_with("byte 0: is not IDX, which begins with two zeros"));
    assert!(found(b"").contains("byte 0: is not IDX"));
    assert!(found(&idx(1, 28, 13)).contains("type 0x0d, expected bytes"));
    assert!(found(&idx(0, 28, 8)).ends_with("has no pictures"));
    let huge = [&[0, 0, 8, 3][..], &[0xff; 12]].concat();
    assert!(found(&huge).contains("expected too many"));
    let zipped = gzipped(&whole);
    assert!(found(&zipped[..zipped.len() / 2]).contains("the gzip data end too early"));
    assert!(
        found(&idx(3, 20, 8)).contains("20 x 20, networks are made for squares of 28, 32 or 64")
    );
    fs::write(place.path().join("labels-idx1-ubyte"), labels(2)).unwrap();
    let labels = found(&whole);
    assert!(labels.contains("labels-idx1-ubyte: byte 3") && labels.contains("each of 3 pictures"));
    let resize = Some(30);
    assert_eq!(
        error(
            &path,
            ReadOptions {
                resize,
                ..ReadOptions::default()
            }
        ),
        "resize must be 28, 32 or 64, got 30"
    );
}

fn png(side: usize, channels: usize, shade: u8) -> Vec<u8> {
    // A sheet of one picture has a gap of 2 around it.
    let shape = PictureShape {
        side: side - 4,
        channels,
    };
    grid(&vec![shade; shape.size()], shape, 1, 1).to_png()
}

#[test]
fn folders_of_pictures_have_one_size_and_classes() {
    let place = tempfile::tempdir().unwrap();
    let options = ReadOptions::default();
    assert!(error(place.path(), options).contains("has no PNG or JPEG files"));
    for class in ["b", "a"] {
        fs::create_dir(place.path().join(class)).unwrap();
        fs::write(place.path().join(class).join("1.png"), png(28, 1, 9)).unwrap();
    }
    let grey = good(place.path(), options);
    assert_eq!((grey.len(), grey.shape.channels), (2, 1));
    assert_eq!(grey.labels, Some(vec![0, 1]));
    assert_eq!(grey.bytes[30 * 3], 9);
    // One in colour makes all coloured.
    fs::write(place.path().join("b/2.png"), png(28, 3, 7)).unwrap();
    let coloured = good(place.path(), options);
    assert_eq!((coloured.len(), coloured.shape.channels), (3, 3));
    fs::write(place.path().join("b/3.png"), png(32, 1, 7)).unwrap();
    let mixed = error(place.path(), options);
    assert!(
        mixed.contains("3.png: 32 x 32") && mixed.contains("has 28 x 28"),
        "{mixed}"
    );
    let resize = Some(28);
    assert_eq!(
        good(
            place.path(),
            ReadOptions {
                resize,
                ..ReadOptions::default()
            }
        )
        .len(),
        4
    );
}

#[test]
fn files_that_are_no_pictures_are_named() {
    let place = tempfile::tempdir().unwrap();
    let options = ReadOptions::default();
    let path = place.path().join("1.png");
    fs::write(&path, "hello").unwrap();
    assert!(error(place.path(), options).ends_with("1.png: byte 0: is neither PNG nor JPEG"));
    let whole = png(28, 1, 9);
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(error(place.path(), options).contains("1.png: byte 0: damaged PNG"));
    fs::write(&path, b"\xff\xd8\xff\xe0 not much of a picture").unwrap();
    assert!(error(place.path(), options).contains("damaged JPEG"));
    fs::write(&path, whole).unwrap();
    assert!(error(&path, options).contains("is one picture"));
    let missing = error(Path::new("fashion-minst"), options);
    assert!(
        missing.ends_with("did you mean `fashion-mnist`?"),
        "{missing}"
    );
    assert_eq!(
        error(Path::new("quickdraw-cat"), options),
        "the set `quickdraw-cat` has not been fetched"
    );
}
