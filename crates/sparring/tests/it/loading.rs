//! Files are read whatever their format, and broken ones are refused with place and remedy.

use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use sparring::data::{
    DataError, Dataset, Duplicates, LoadOptions, UnknownUsers, UserIx, load_aligned,
};

fn file(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("log");
    std::fs::write(&path, bytes).unwrap();
    (place, path)
}

fn load(bytes: &[u8]) -> Result<Dataset, DataError> {
    let (_place, path) = file(bytes);
    Dataset::load(&path, &LoadOptions::default())
}

fn refused(bytes: &[u8]) -> String {
    let (place, path) = file(bytes);
    let error = Dataset::load(&path, &LoadOptions::default()).expect_err("a broken file");
    assert!(!error.hint().is_empty());
    assert_eq!(
        std::fs::read(&path).unwrap(),
        bytes,
        "the file is left alone"
    );
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
    error
        .to_string()
        .replace(&path.display().to_string(), "LOG")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn ids(data: &Dataset, user: &str) -> Vec<String> {
    let user = UserIx(data.users().get(user).unwrap());
    data.history(user)
        .iter()
        .map(|item| data.items().id(item.0).to_owned())
        .collect()
}

#[test]
fn a_place_in_an_order_is_a_time_and_a_negative_one_is_none() {
    let text = b"user_id,movie_id,seq_pos\nann,x,1\nann,y,-1\nann,z,0\nbob,y,-1\nbob,x,0\n";
    let data = load(text).unwrap();
    assert_eq!(ids(&data, "ann"), ["z", "x"]);
    assert_eq!((data.n_users(), data.n_items()), (2, 2));
    // A time may be negative: it is before 1970.
    let data = load(b"user,item,time\nann,x,1\nann,y,-1\nbob,x,5\n").unwrap();
    assert_eq!(ids(&data, "ann"), ["y", "x"]);
}

#[test]
fn every_format_gives_the_same_log() {
    let texts: [&[u8]; 7] = [
        b"user,item,rating,timestamp\nann,007,4,20\nann,x,5,10\nbob,007,1,5\n",
        b"ts;stars;movie_id;userId;note\n20;4;007;ann;\"a;b\"\n10;5;x;ann;\n5;1;007;bob;\n",
        b"ann\t007\t4\t20\nann\tx\t5\t10\nbob\t007\t1\t5\n",
        b"ann 007 4 20\nann x 5 10\nbob 007 1 5",
        b"ann::007::4::20\r\nann::x::5::10\r\nbob::007::1::5\r\n",
        b"user_id:token\titem_id:token\trating:float\ttimestamp:float\nann\t007\t4.0\t20.0\nann\tx\t5\t1e1\nbob\t007\t1\t5\n",
        b"\xef\xbb\xbf\"user\",\"item\",\"rating\",\"timestamp\"\n\"ann\",\"007\",4,20\nann,x,5,10\nbob,007,1,5\n",
    ];
    for text in texts {
        for bytes in [text.to_vec(), gzip(text)] {
            let data =
                load(&bytes).unwrap_or_else(|e| panic!("{e}\n{}", String::from_utf8_lossy(text)));
            assert_eq!(ids(&data, "ann"), ["x", "007"], "in order of time");
            assert_eq!(ids(&data, "bob"), ["007"]);
            assert_eq!(data.interactions().ratings(UserIx(0)).unwrap(), [5.0, 4.0]);
        }
    }
}

#[test]
fn sequences_and_pairs_are_in_file_order() {
    let data = load(b"ann x y z\nbob z\n").unwrap();
    assert_eq!(
        (ids(&data, "ann").len(), ids(&data, "bob")),
        (3, vec!["z".to_owned()])
    );
    let data = load(b"1 9\n1 8\n2 9\n").unwrap();
    assert_eq!(ids(&data, "1"), ["9", "8"]);
    assert!(!data.interactions().has_ratings());
}

#[test]
fn ids_are_kept_to_the_letter() {
    let data = load("user,item\n7,é\n007,e\n7,\"a,b\"\n".as_bytes()).unwrap();
    assert_eq!(data.users().iter().collect::<Vec<_>>(), ["7", "007"]);
    assert_eq!(data.items().iter().collect::<Vec<_>>(), ["é", "e", "a,b"]);
}

#[test]
fn broken_files_are_refused_with_their_place() {
    let whole = gzip(b"user,item\n");
    let long = format!("user,item\na,{}\n", "x".repeat(10_000));
    let mut cut = gzip(b"user,item,rating\n1,2,3\n4,5,6\n");
    cut.truncate(cut.len() - 9);
    let cases: [(&[u8], &str); 16] = [
        (b"", "LOG: the file has no interactions"),
        (&whole, "LOG: the file has no interactions"),
        (
            b"user,genre\n1,2\n",
            "LOG:1: there is no column for the item, found: user, genre",
        ),
        (
            b"user,item,rating\n1,2,3\n1,3,NaN\n",
            "LOG:3: the rating (column 3) should be a number of 0 or more, found `NaN`",
        ),
        (
            b"user,item,rating\n1,2,-3\n",
            "LOG:2: the rating (column 3) should be a number of 0 or more, found `-3`",
        ),
        (
            b"user,item,rating\n1,2,good\n",
            "LOG:2: the rating (column 3) should be",
        ),
        (
            b"user,item,timestamp\n1,2,3\n1,4,yesterday\n",
            "LOG:3: the timestamp (column 3) should be a number of seconds since 1970, found `yesterday`",
        ),
        (
            long.as_bytes(),
            "LOG:2: the item id (column 2) should be at most 1,024 bytes long, found `xxxx",
        ),
        (b"user,item\n1,2\n3\n", "LOG:3: expected 2 columns, found 1"),
        (
            b"user,item\n1,\n",
            "LOG:2: the item id (column 2) should be some text",
        ),
        (
            b"user,item\n1,2\n1,3\n1,2\n",
            "LOG: user `1` has item `2` twice (lines 2 and 4); 1 such duplicates in all",
        ),
        (
            b"user,item\n1,caf\xe9\n",
            "LOG:2: the item id (column 2) should be UTF-8 text",
        ),
        (b"1\t2\t3\n2\t3\t4\n1\t2\n", "LOG:1: cannot tell"),
        (
            b"1\t2\t3\t881250949\n1\t2\n",
            "LOG:2: expected 4 columns, found 2",
        ),
        (
            b"hello\n",
            "LOG:1: cannot tell the format from the line `hello`",
        ),
        (&cut, "LOG: the gzip data end too early or are damaged"),
    ];
    for (bytes, expected) in cases {
        let error = refused(bytes);
        assert!(
            error.starts_with(expected),
            "expected {expected}\n   found {error}"
        );
    }
}

#[test]
fn a_path_that_does_not_exist_is_named() {
    let error = Dataset::load("/no/such/file".as_ref(), &LoadOptions::default()).unwrap_err();
    assert!(
        error.to_string().starts_with("/no/such/file: cannot open"),
        "{error}"
    );
    let empty = tempfile::tempdir().unwrap();
    let error = Dataset::load(empty.path(), &LoadOptions::default()).unwrap_err();
    assert!(matches!(error, DataError::Folder { .. }), "{error}");
}

#[test]
fn duplicates_are_kept_as_asked() {
    let (_place, path) = file(b"user,item,rating\n1,2,3\n1,2,4\n1,5,5\n");
    let rating = |duplicates| {
        let options = LoadOptions {
            duplicates,
            ..LoadOptions::default()
        };
        let data = Dataset::load(&path, &options).unwrap();
        data.interactions().ratings(UserIx(0)).unwrap().to_vec()
    };
    assert_eq!(rating(Duplicates::First), [3.0, 5.0]);
    assert_eq!(rating(Duplicates::Last), [4.0, 5.0]);
    assert_eq!(rating(Duplicates::All), [3.0, 4.0, 5.0]);
}

#[test]
fn parts_share_their_ids_and_unknown_users_are_named() {
    let (_a, train) = file(b"user,item\nann,x\nbob,y\n");
    let (_b, test) = file(b"item,user\nz,bob\ny,eve\n");
    let paths = [train, test];
    let error = load_aligned(&paths, &LoadOptions::default())
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with(":3: user `eve` is not in the training part"),
        "{error}"
    );
    let options = LoadOptions {
        unknown_users: UnknownUsers::Skip,
        ..LoadOptions::default()
    };
    let parts = load_aligned(&paths, &options).unwrap();
    assert_eq!(parts[0].items().iter().collect::<Vec<_>>(), ["x", "y", "z"]);
    assert_eq!(
        (ids(&parts[1], "bob"), ids(&parts[1], "ann")),
        (vec!["z".to_owned()], vec![])
    );
}

#[test]
fn low_ratings_are_left_out() {
    let (_place, path) = file(b"user,item,rating\n1,2,3\n1,3,4\n2,2,1\n");
    let options = |min_rating| LoadOptions {
        min_rating: Some(min_rating),
        ..LoadOptions::default()
    };
    let data = Dataset::load(&path, &options(4.0)).unwrap();
    assert_eq!(
        (data.n_users(), data.n_items(), data.n_interactions()),
        (1, 1, 1)
    );
    let error = Dataset::load(&path, &options(9.0)).unwrap_err();
    assert!(matches!(error, DataError::NothingLeft { .. }), "{error}");
}

#[test]
fn kinds_of_events_stand_for_ratings() {
    let log = b"user,item,event,rating\n1,2,view,5\n1,3,buy,1\n2,2,cart,5\n";
    let (_place, path) = file(log);
    let options = |kinds: &[&str], min_rating| LoadOptions {
        kinds: kinds.iter().map(|&kind| kind.to_owned()).collect(),
        min_rating,
        ..LoadOptions::default()
    };
    let ratings = |kinds: &[&str]| {
        let data = Dataset::load(&path, &options(kinds, None)).unwrap();
        let of = |user| data.interactions().ratings(UserIx(user)).unwrap().to_vec();
        [of(0), of(1)].concat()
    };
    assert_eq!(ratings(&["view", "cart", "buy"]), [1.0, 3.0, 2.0]);
    assert_eq!(ratings(&[]), [5.0, 1.0, 5.0], "not looked at");
    let bought = options(&["view", "cart", "buy"], Some(3.0));
    let bought = Dataset::load(&path, &bought).unwrap();
    assert_eq!(bought.n_interactions(), 1);
    let error = Dataset::load(&path, &options(&["view", "buy"], None)).unwrap_err();
    let text = error.to_string();
    assert!(
        text.ends_with(":4: column 3 (kind of event) should be one of view, buy, found `cart`"),
        "{text}"
    );
    let (_place, plain) = file(b"user,item\n1,2\n");
    let error = Dataset::load(&plain, &options(&["view"], None)).unwrap_err();
    assert!(matches!(error, DataError::NoKinds { .. }), "{error}");
    assert!(error.hint().contains("--scale"));
}
