//! `sparring image`.

use std::fs;

use crate::sparring::Place;

/// An IDX file of `n` pictures with a bright square, and a file of labels.
pub(crate) fn squares(place: &Place, n: u32) {
    let mut file = vec![0, 0, 8, 3];
    let mut labels = vec![0, 0, 8, 1];
    labels.extend(n.to_be_bytes());
    for length in [n, 28, 28] {
        file.extend(length.to_be_bytes());
    }
    for at in 0..n {
        let (left, top) = (2 + (at % 2) * 12, at * 7 % 18);
        labels.push(u8::from(at % 2 == 1));
        for place in 0..784 {
            let (y, x) = (place / 28, place % 28);
            let bright = (top..top + 9).contains(&y) && (left..left + 9).contains(&x);
            file.push(if bright { 230 } else { 0 });
        }
    }
    fs::write(place.path("s-images-idx3-ubyte"), file).unwrap();
    fs::write(place.path("s-labels-idx1-ubyte"), labels).unwrap();
}

#[test]
fn pictures_are_learnt_drawn_and_scored() {
    let place = Place::empty();
    squares(&place, 120);
    let train =
        "image train --data s-images-idx3-ubyte --out gan --epochs 2 --width 4 --conditional";
    let first = place.run(train);
    assert_eq!(first.code, Some(0), "{}", first.err);
    assert!(
        first
            .out
            .contains("2 epochs of 108 pictures (28 x 28, grey)"),
        "{}",
        first.out
    );
    for file in [
        "report.html",
        "film.png",
        "interpolation.png",
        "epochs/0002.png",
    ] {
        assert!(place.path("gan").join(file).is_file(), "{file}");
    }
    let page = fs::read_to_string(place.path("gan/report.html")).unwrap();
    assert!(page.contains("loss of the discriminator") && page.contains("data:image/png;base64,"));
    // All epochs are done: nothing happens again.
    let again = place.run(train);
    assert!(
        again.out.contains("2 of them were done before"),
        "{}",
        again.out
    );

    let drawn = place.run("image sample --model gan --n 60 --class 1 --out drawn");
    assert_eq!(drawn.code, Some(0), "{}", drawn.err);
    assert_eq!(fs::read_dir(place.path("drawn")).unwrap().count(), 60);
    assert_eq!(
        place.run("image sample --model gan --out sheet.png").code,
        Some(0)
    );
    assert!(
        fs::read(place.path("sheet.png"))
            .unwrap()
            .starts_with(b"\x89PNG")
    );

    let score = "image score --real s-images-idx3-ubyte --out score --json --cache cache";
    let by_model = place.run(&format!("{score} --model gan"));
    assert_eq!(by_model.code, Some(0), "{}", by_model.err);
    let json: serde_json::Value = serde_json::from_str(&by_model.out).unwrap();
    assert_eq!(json["n"], 60);
    assert_eq!(json["figures"][0]["name"], "Frechet distance");
    assert!(place.path("score/copies.png").is_file() && place.path("score/score.json").is_file());
    let by_files = place.run(&format!("{score} --pictures drawn"));
    assert_eq!(by_files.code, Some(0), "{}", by_files.err);
}

#[test]
fn groups_of_pictures_that_look_alike_are_told_where_nothing_else_is() {
    let place = Place::empty();
    squares(&place, 120);
    let train = "image train --data s-images-idx3-ubyte --epochs 1 --width 4";
    let told = |more: &str| {
        let done = place.run(&format!("{train} {more}"));
        assert_eq!(done.code, Some(0), "{}", done.err);
        done.out
            .contains("which of 2 groups of pictures that look alike")
    };
    // No group of fewer than fifty pictures.
    assert!(told("--out groups"));
    assert!(!told("--out nothing --groups 0"));
    assert!(!told("--out classes --conditional"));
    let sheet = place.run("image sample --model groups --class 1 --n 4 --out sheet.png");
    assert_eq!(sheet.code, Some(0), "{}", sheet.err);
    let both = place.run(&format!("{train} --out b --groups 2 --conditional"));
    assert_eq!(both.code, Some(2), "{}", both.err);
}

#[test]
fn bad_pictures_and_settings_are_told() {
    let place = Place::empty();
    squares(&place, 120);
    let whole = fs::read(place.path("s-images-idx3-ubyte")).unwrap();
    fs::write(place.path("cut.idx"), &whole[..9000]).unwrap();
    fs::create_dir(place.path("empty")).unwrap();
    let cases = [
        ("--data cut.idx", 1, "cut.idx: byte 9000: has 8984 bytes"),
        ("--data empty", 1, "empty: has no PNG or JPEG files"),
        (
            "--data mnits",
            2,
            "no file, folder or set of pictures `mnits`",
        ),
        (
            "--data quickdraw-cat --cache none",
            1,
            "`quickdraw-cat` has not been fetched",
        ),
        (
            "--data s-images-idx3-ubyte --groups 2000",
            2,
            "groups must be 0 to 1024, got 2000",
        ),
        (
            "--data s-images-idx3-ubyte --width 0",
            2,
            "width must be 1 to 512, got 0",
        ),
        (
            "--data s-images-idx3-ubyte --resize 30",
            2,
            "resize must be 28, 32 or 64",
        ),
        (
            "--data s-images-idx3-ubyte --penalty=-1",
            2,
            "penalty must be 0 or more",
        ),
        (
            "--data s-images-idx3-ubyte --epochs 0",
            2,
            "epochs must be 1 or more",
        ),
    ];
    for (arguments, code, words) in cases {
        let ran = place.run(&format!("image train --out gan {arguments}"));
        assert_eq!(ran.code, Some(code), "{arguments}: {}", ran.err);
        assert!(ran.err.contains(words), "{arguments}: {}", ran.err);
        assert!(ran.err.contains("what to do"), "{arguments}: {}", ran.err);
        assert!(!place.path("gan").exists(), "{arguments}");
    }
    let ran = place.run("image sample --model empty --out x.png");
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    let few = place
        .run("image train --out few --data s-images-idx3-ubyte --limit 40 --epochs 1 --width 2");
    assert!(
        few.err.contains("there are only 40 pictures"),
        "{}",
        few.err
    );
}
