//! Every call of `gorse_rs` against a running server: `main ADDRESS KEY ITEM...`.

use gorse_rs::blocking::Gorse;
use gorse_rs::{Feedback, Item, RecommendOptions, User};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (address, key, items) = (format!("{}/", args[0]), &args[1], &args[2..]);
    let client = Gorse::new(address.clone(), key.clone());
    let user = User {
        user_id: "rs-u".into(),
        labels: serde_json::json!({"a": 1}),
        comment: "c".into(),
    };
    assert_eq!(client.insert_user(&user).unwrap().row_affected, 1);
    assert_eq!(client.get_user("rs-u").unwrap(), user);
    let item = Item {
        item_id: "rs-i".into(),
        is_hidden: true,
        labels: serde_json::json!({"embedding": [0.5]}),
        categories: vec!["d".into(), "e".into()],
        timestamp: "2022-11-20T13:55:27Z".into(),
        comment: "t".into(),
    };
    assert_eq!(client.insert_item(&item).unwrap().row_affected, 1);
    assert_eq!(client.get_item("rs-i").unwrap(), item);
    let event = |item: &str| Feedback {
        feedback_type: "watch".into(),
        user_id: "rs-u".into(),
        item_id: item.into(),
        value: 1.5,
        timestamp: "2022-11-20T13:55:27Z".into(),
    };
    let mut events = vec![event(&items[0]), event(&items[1])];
    events.sort_by(|a, b| a.item_id.cmp(&b.item_id));
    assert_eq!(client.insert_feedback(&events).unwrap().row_affected, 2);
    assert_eq!(client.list_feedback("rs-u", "watch").unwrap(), events);
    assert_eq!(client.delete_feedback("rs-u", &items[1]).unwrap().row_affected, 1);
    let list = client.get_recommend("rs-u", RecommendOptions { n: 3 }).unwrap();
    assert!(list.len() == 3 && !list.contains(&items[0]));
    assert_eq!(client.get_item_neighbors(&items[0]).unwrap().len(), 10);
    assert_eq!(client.delete_item("rs-i").unwrap().row_affected, 1);
    assert!(client.get_item("rs-i").is_err());
    assert_eq!(client.delete_user("rs-u").unwrap().row_affected, 1);
    assert!(client.get_user("rs-u").is_err());
    assert!(Gorse::new(address, "wrong").get_user("rs-u").is_err());
    println!("11 calls");
}
