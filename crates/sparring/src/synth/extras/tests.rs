use super::*;
use crate::models::log;
use crate::privacy::PldAccountant;
use crate::privacy::PrivacyAccountant;
use crate::recommend::Cancel;
use sparring_wide::Seed;

fn everything() -> Extras {
    Extras {
        catalogue: true,
        ratings: vec![1.0, 2.0, 3.0],
        times: vec![800_000_000, 900_000_000],
        ..Extras::default()
    }
}

fn budget() -> (Epsilon, Delta) {
    (Epsilon::new(2.0).unwrap(), Delta::new(1e-5).unwrap())
}

fn plan(extras: &Extras) -> Result<Plan, PrivacyError> {
    let (epsilon, delta) = budget();
    extras.plan(epsilon, delta)
}

#[test]
fn shares_of_the_budget_are_those_of_the_settings() {
    let plan = plan(&everything()).unwrap();
    let (look, reactions) = (plan.catalogue.unwrap(), plan.reactions.unwrap());
    // Shares .1 and .05: noise is apart by the root of 2; a tenth of delta is lost.
    assert!((reactions / look.sigma - 2.0_f64.sqrt()).abs() < 1e-12);
    assert!((look.delta - 1e-6).abs() < 1e-18);
    // With the .85 that is left, everything costs the budget: 1/s^2 = (.1 + .05 + .85)/sigma^2.
    let sigma = look.sigma * 0.1_f64.sqrt();
    let mut events = vec![DpEvent::gaussian(sigma / 0.85_f64.sqrt())];
    events.extend(plan.events().into_iter().map(|(_, event)| event));
    let all = DpEvent::Composed(events);
    let cost = PldAccountant::of(Neighbouring::AddRemove, &all).unwrap();
    let cost = cost.epsilon(budget().1);
    assert!((cost - 2.0).abs() < 1e-3, "{cost}");
}

#[test]
fn nothing_more_costs_nothing_more() {
    let extras = Extras::default();
    assert_eq!(plan(&extras).unwrap(), Plan::default());
    assert!(Plan::default().events().is_empty());
    let notes = extras.notes().join(" ");
    assert!(
        notes.contains("--ratings") && notes.contains("--times"),
        "{notes}"
    );
    let notes = everything().notes().join(" ");
    assert!(
        !notes.contains("--ratings") && notes.contains("attributes"),
        "{notes}"
    );
}

#[test]
fn settings_out_of_range_are_refused() {
    let with = |change: &dyn Fn(&mut Extras)| {
        let mut extras = everything();
        change(&mut extras);
        plan(&extras).unwrap_err().to_string()
    };
    for (change, word) in [
        (
            &(|e: &mut Extras| e.catalogue_share = 0.0) as &dyn Fn(&mut Extras),
            "catalogue_share",
        ),
        (&|e| e.catalogue_share = 0.96, "less than 1"),
        (&|e| e.reactions_share = f64::NAN, "reactions_share"),
        (&|e| e.catalogue_delta = 1.0, "catalogue_delta"),
        (&|e| e.catalogue_items = 0, "catalogue_items"),
        (&|e| e.ratings = vec![1.0, 1.0], "rising"),
        (&|e| e.ratings = vec![-1.0, 1.0], "ratings"),
        (&|e| e.ratings = vec![1.0], "number of ratings"),
        (
            &|e| e.ratings = (0..21).map(f64::from).collect(),
            "number of ratings",
        ),
        (&|e| e.times = vec![5, 5], "later last time"),
        (&|e| e.times = vec![5], "number of times"),
    ] {
        let said = with(change);
        assert!(said.contains(word), "{word}: {said}");
    }
}

#[test]
fn what_is_declared_is_in_the_ledger() {
    let mut ledger = Ledger::new(budget().1, None);
    everything().declare(&mut ledger).unwrap();
    let public: Vec<String> = ledger
        .public()
        .iter()
        .map(|d| format!("{}: {}", d.name, d.why))
        .collect();
    assert_eq!(public.len(), 2, "the catalogue is not public: {public:?}");
    assert!(public[0].contains("1, 2, 3") && public[1].contains("800000000 to 900000000"));
    let mut ledger = Ledger::new(budget().1, None);
    Extras::default().declare(&mut ledger).unwrap();
    assert_eq!(ledger.public()[0].name, "the catalogue");
}

#[test]
fn a_catalogue_of_nobody_is_refused() {
    let (extras, cancel) = (everything(), Cancel::new());
    let run = Run::quiet(Seed(1), &cancel);
    let plan = plan(&extras).unwrap();
    let alone = log(120, 120, (0..120).map(|user| (user, user)));
    let error = extras.released_items(&plan, &alone, &run).unwrap_err();
    assert!(matches!(error, SynthError::NoCatalogue { .. }), "{error}");
    assert!(error.hint().contains("--catalogue"));
    let few = log(99, 2, (0..99).map(|user| (user, 0)));
    let error = extras.released_items(&plan, &few, &run).unwrap_err();
    assert!(error.to_string().contains("100 users"), "{error}");
    let popular = log(3000, 3, (0..3000).map(|user| (user, user % 2)));
    let items = extras
        .released_items(&plan, &popular, &run)
        .unwrap()
        .unwrap();
    assert_eq!(items.iter().collect::<Vec<_>>(), ["0", "1"]);
    assert!(
        extras
            .released_items(&Plan::default(), &alone, &run)
            .unwrap()
            .is_none()
    );
}
