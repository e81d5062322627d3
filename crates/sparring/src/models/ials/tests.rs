use super::*;
use sparring_wide::Seed;

fn tiny() -> IalsConfig {
    IalsConfig {
        embedding_dim: NonZeroUsize::new(8).unwrap(),
        epochs: NonZeroUsize::new(6).unwrap(),
        ..IalsConfig::default()
    }
}

recommender_contract!(super::tiny());

fn loss(trainer: &Alternation) -> f64 {
    let (users, items) = (&trainer.users, &trainer.items);
    let penalty = trainer.config.penalty();
    let square = |row: &[f32]| row.iter().map(|v| f64::from(v * v)).sum::<f64>();
    let mut loss = 0.0;
    for (at, user) in users.values.chunks(users.width).enumerate() {
        let row = trainer.by_user.row(at);
        for (item, factors) in items.values.chunks(items.width).enumerate() {
            let score: f64 = user
                .iter()
                .zip(factors)
                .map(|(a, b)| f64::from(a * b))
                .sum();
            loss += f64::from(penalty.unobserved_weight) * score * score;
            if row.contains(&u32::try_from(item).unwrap()) {
                loss += (score - 1.0) * (score - 1.0);
            }
        }
        let n_items = trainer.by_item.n_rows();
        loss += f64::from(penalty.at(row.len(), n_items)) * square(user);
    }
    for (at, item) in items.values.chunks(items.width).enumerate() {
        let n_users = trainer.by_user.n_rows();
        loss += f64::from(penalty.at(trainer.by_item.row(at).len(), n_users)) * square(item);
    }
    loss
}

#[test]
fn every_epoch_lowers_the_loss() {
    let cancel = crate::recommend::Cancel::new();
    let run = Run::quiet(Seed(1), &cancel);
    let data = crate::models::contract::planted();
    let mut trainer = Alternation::new(&tiny(), &data, &run).unwrap();
    trainer.epoch();
    let mut last = loss(&trainer);
    for _ in 0..5 {
        trainer.epoch();
        let now = loss(&trainer);
        assert!(now < last * (1.0 + 1e-6), "{now} after {last}");
        last = now;
    }
}

#[test]
fn learns_a_planted_taste() {
    let config = IalsConfig {
        unobserved_weight: 0.3,
        l2: 0.02,
        ..tiny()
    };
    let uplift = crate::models::contract::uplift(&config);
    assert!(uplift > 1.5, "{uplift}");
}

#[test]
fn settings_are_checked() {
    let cancel = crate::recommend::Cancel::new();
    let run = Run::quiet(Seed(1), &cancel);
    let data = crate::models::contract::planted();
    let config = IalsConfig {
        unobserved_weight: 0.0,
        ..tiny()
    };
    assert!(config.fit(&data, &run).is_err());
}
