//! `sparring data simulate`: logs at any scale.

use serde_json::Value;

use crate::sparring::Place;

fn summary(place: &Place, folder: &str) -> Value {
    serde_json::from_slice(&place.read(&format!("{folder}/summary.json"))).unwrap()
}

#[test]
fn planted_users_need_no_data_and_do_not_depend_on_their_number() {
    let place = Place::empty();
    let run = "data simulate --items 50 --events 9";
    let told = place.good(&format!("{run} --users 1500 --threads 1 --out a"));
    assert!(told.contains("planted; 1500 users"), "{told}");
    place.good(&format!("{run} --users 1500 --threads 2 --out b"));
    place.good(&format!("{run} --users 40 --out few"));
    place.good(&format!("{run} --users 40 --seed 2 --out other"));
    let read = |folder| place.read(&format!("{folder}/interactions.csv"));
    assert!(read("a") == read("b") && read("few") != read("other"));
    let (all, few) = (read("a"), read("few"));
    assert!(all.starts_with(&few) && few.starts_with(b"user,item,rating,timestamp\ns000001,i"));
    assert_eq!(summary(&place, "a")["users"], 1500);
    assert_eq!(summary(&place, "a")["settings"]["n_items"], 50);
    let told = place.good("data inspect a");
    assert!(told.contains("1500 users, 50 items"), "{told}");
}

#[test]
fn a_saved_synthesizer_alone_makes_the_log_that_synthesize_makes() {
    let place = Place::with_log();
    let fit = "synthesize --data train.csv --model independent --save model --users 90 --out made";
    place.good(fit);
    std::fs::remove_file(place.path("train.csv")).unwrap();
    place.good("data simulate --from model --users 90 --out again");
    for file in ["interactions.csv", "summary.json"] {
        let [one, two] = ["made", "again"].map(|folder| place.read(&format!("{folder}/{file}")));
        assert!(one == two, "{file}");
    }
    place.good("data simulate --from model --out usual");
    assert_eq!(summary(&place, "usual")["users"], 60);
}

#[test]
fn wrong_use_is_told() {
    let place = Place::empty();
    for number in ["users", "items", "events"] {
        let run = format!("data simulate --{number} 0 --out made");
        place.bad(&run, 2, &[&format!("--{number} 0")]);
    }
    let run = "data simulate --users 18446744073709551615 --out made";
    place.bad(run, 2, &["no room for the factors"]);
    place.bad(
        "data simulate --from none --out made",
        1,
        &["none: there is no model here"],
    );
    let both = place.run("data simulate --from none --items 5 --out made");
    assert_eq!(both.code, Some(2), "{}", both.err);
    place.write("made", "mine");
    place.bad("data simulate --out made", 1, &["made: is not a folder"]);
    assert_eq!(place.read("made"), b"mine");
}
