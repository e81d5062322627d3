//! `sparring robustness`: what it writes, and what it refuses.

use crate::sparring::{HEADER, Place};

const PARTS: &str = "robustness --train train.csv --test test.csv --out r";

#[test]
fn attacks_are_measured_and_written() {
    let place = Place::with_log();
    let told = place.good(&format!("{PARTS} --models pop,itemknn --rates 0.05,1"));
    for word in ["bandwagon", "worst quarter", "loss %", "robustness.html"] {
        assert!(told.contains(word), "no `{word}` in\n{told}");
    }
    let json: serde_json::Value = serde_json::from_slice(&place.read("r/robustness.json")).unwrap();
    let rows = json["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(json["facts"]["users"], 60);
    assert_eq!(json["facts"]["evaluated"], 60);
    assert_eq!(json["targets"][0].as_array().unwrap().len(), 5);
    for row in rows {
        let attacks = row["attacks"].as_array().unwrap();
        assert_eq!(attacks.len(), 8);
        // 5 % of 60 users, all of 60, and 5 % of 540 events.
        assert_eq!(attacks[0]["amount"], 3.0);
        assert_eq!(attacks[1]["amount"], 60.0);
        assert_eq!(attacks[6]["amount"], 27.0);
    }
    let csv = String::from_utf8(place.read("r/robustness.csv")).unwrap();
    assert!(csv.contains("pop,baseline,random,0.05,loss,"), "{csv}");
    assert!(!csv.contains("fake-"), "fake users reach no result");
    let page = String::from_utf8(place.read("r/robustness.html")).unwrap();
    assert!(page.contains("loss-by-attack") && page.contains("itemknn"));
}

#[test]
fn the_same_seed_gives_the_same_bytes_at_any_number_of_threads() {
    let place = Place::with_log();
    let run = "robustness --train train.csv --test test.csv --models itemknn,bprmf --rates 0.1 --seeds 2 \
               --set model.bprmf.epochs=2";
    place.good(&format!("{run} --out a --threads 1"));
    place.good(&format!("{run} --out b --threads 2"));
    place.good(&format!("{run} --out c --seed 7"));
    for file in ["robustness.json", "robustness.csv", "robustness.html"] {
        let [a, b, c] = ["a", "b", "c"].map(|folder| place.read(&format!("{folder}/{file}")));
        assert!(a == b, "{file} differs");
        assert!(a != c, "{file} does not depend on the seed");
    }
}

#[test]
fn the_models_and_settings_of_a_config_are_taken() {
    let place = Place::with_log();
    place.write("a.toml", "models = ['ease']\n[model.ease]\nl2 = 7.0\n");
    place.good(&format!(
        "{PARTS} --attacks noise --rates 0.1 --config a.toml"
    ));
    let json: serde_json::Value = serde_json::from_slice(&place.read("r/robustness.json")).unwrap();
    assert_eq!(json["rows"][0]["model"], "ease");
    assert_eq!(json["rows"][0]["settings"]["l2"], 7.0);
    assert_eq!(
        json["rows"][0]["attacks"][0]["targets"],
        serde_json::Value::Null
    );
}

#[test]
fn what_does_not_exist_is_refused() {
    let place = Place::with_log();
    let pop = format!("{PARTS} --models pop");
    place.bad(
        &format!("{pop} --attacks random,bandwagn"),
        2,
        &["no attack `bandwagn`, did you mean `bandwagon`?"],
    );
    place.bad(&format!("{pop} --attacks love"), 2, &["no attack `love`"]);
    for rate in ["0", "-0.1", "1.01", "NaN", "inf"] {
        place.bad(
            &format!("{pop} --rates 0.01,{rate}"),
            2,
            &["above 0 and at most 1, got ", rate],
        );
    }
    for models in ["", " --models ", " --models ,"] {
        place.bad(
            &format!("{PARTS}{models}"),
            2,
            &["no model is named", "--models"],
        );
    }
    place.bad(
        &format!("{PARTS} --models pop,eaes"),
        2,
        &["no model `eaes`, did you mean `ease`?"],
    );
    place.bad(
        &format!("{pop} --metric ndgc@5"),
        2,
        &["no metric `ndgc`, did you mean `ndcg`?"],
    );
    assert!(!place.path("r").exists());
}

#[test]
fn too_few_items_to_push() {
    let place = Place::empty();
    // Eight items, four of them in the less popular half.
    let mut train = HEADER.to_owned();
    for user in 0..4 {
        for item in user..user + 5 {
            train.extend(["u", &user.to_string(), ",i", &item.to_string(), ",3,5\n"]);
        }
    }
    place.write("train.csv", &train);
    place.write("test.csv", format!("{HEADER}u0,i7,3,9\nu3,i0,3,9\n"));
    let pop = format!("{PARTS} --models pop --rates 0.5");
    place.bad(
        &pop,
        1,
        &[
            "less popular half of the training items has 4 items, 5 targets",
            "--targets",
        ],
    );
    assert!(!place.path("r").exists());
    place.good(&format!("{pop} --targets 4"));
    // Noise pushes nothing.
    place.good(&format!("{pop} --attacks noise"));
}

#[test]
fn places_that_cannot_be_written() {
    let place = Place::with_log();
    place.write("file", "mine");
    let run = "robustness --train train.csv --test test.csv --models pop --rates 0.1 --out file/r";
    place.bad(run, 1, &["file"]);
    assert_eq!(place.read("file"), b"mine");
}
