//! `sparring privacy`: figures, refusals, ledgers.

use crate::sparring::Place;

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn epsilon_of_steps() {
    let place = Place::empty();
    let said = place.good("privacy epsilon --sigma 1 --rate 0.2 --steps 500 --delta 1e-5");
    // dp-accounting 0.6.0: 38.1702479 and 72.4546819.
    assert!(
        said.contains("epsilon 38.170") && said.contains("72.454"),
        "{said}"
    );
    assert!(said.contains("for comparison only"), "{said}");
    let ran = place.run("privacy epsilon --sigma 1 --rate 0.2 --steps 500 --delta 1e-5");
    assert!(ran.err.contains("above 20"), "{}", ran.err);
}

#[test]
fn a_ledger_is_checked() {
    let place = Place::empty();
    let events = "--event gaussian:8 --event laplace:2 --delta 1e-6";
    let text = place.good(&format!("privacy epsilon {events} --json"));
    place.write("ledger.json", &text);
    assert!(
        place
            .good("privacy ledger ledger.json")
            .contains("no more than it says")
    );
    let found = json(&text);
    let composed = found["composed"]["epsilon"].as_f64().unwrap();
    let alone = found["events"][0]["alone"]["epsilon"].as_f64().unwrap();
    assert!(alone < composed);
    place.write("low.json", text.replace("\"scale\": 2.0", "\"scale\": 1.5"));
    place.bad(
        "privacy ledger low.json",
        1,
        &["low.json", "its events cost"],
    );
    place.write("no.json", "[]");
    place.bad("privacy ledger no.json", 1, &["no.json", "not a ledger"]);
    let over = format!("privacy epsilon {events} --budget 0.9");
    place.bad(&over, 1, &["2. laplace:2", "above the budget of 0.9"]);
}

#[test]
fn noise_for_an_epsilon_and_back() {
    let place = Place::empty();
    let found = json(
        &place.good("privacy calibrate --epsilon 2 --delta 1e-6 --rate 0.1 --steps 100 --json"),
    );
    let sigma = found["noise_multiplier"].as_f64().unwrap();
    let back =
        format!("privacy epsilon --sigma {sigma} --rate 0.1 --steps 100 --delta 1e-6 --json");
    let epsilon = json(&place.good(&back))["composed"]["epsilon"]
        .as_f64()
        .unwrap();
    assert!(epsilon <= 2.0 && epsilon > 1.999, "{epsilon}");
    let fixed = "privacy calibrate --epsilon 1 --delta 1e-6 --event gaussian:1";
    place.bad(fixed, 1, &["no noise", "gives epsilon 1"]);
}

#[test]
fn what_is_refused() {
    let place = Place::empty();
    for (arguments, words) in [
        ("epsilon --sigma 1 --delta 1e-4", "above 0.00001"),
        ("epsilon --sigma 1 --delta 0", "between 0 and 1, got 0"),
        ("epsilon --sigma 1 --delta=-1e-6", "between 0 and 1"),
        ("epsilon --sigma 1 --delta NaN", "between 0 and 1, got NaN"),
        (
            "epsilon --sigma 1 --delta 1e-5 --users 200000",
            "above 1/200000",
        ),
        ("epsilon --sigma 0 --delta 1e-6", "sigma must be"),
        ("epsilon --sigma -1 --delta 1e-6", "sigma must be"),
        ("epsilon --sigma NaN --delta 1e-6", "sigma must be"),
        (
            "epsilon --sigma 1 --rate 1.5 --delta 1e-6",
            "the rate must be",
        ),
        ("epsilon --delta 1e-6", "nothing to account for"),
        ("epsilon --event gauss:1 --delta 1e-6", "no kind `gauss`"),
        ("calibrate --epsilon 0 --delta 1e-6", "above 0, got 0"),
        ("calibrate --epsilon -1 --delta 1e-6", "above 0, got -1"),
        ("calibrate --epsilon NaN --delta 1e-6", "above 0, got NaN"),
        ("calibrate --epsilon 1 --delta 1e-6 --steps 0", "--steps 0"),
    ] {
        place.bad(&format!("privacy {arguments}"), 2, &[words]);
    }
    let insisted = place.run("privacy epsilon --sigma 1 --delta 1e-4 --insist");
    assert_eq!(insisted.code, Some(0), "{}", insisted.err);
    assert!(
        insisted.err.contains("may give a user away"),
        "{}",
        insisted.err
    );
}
