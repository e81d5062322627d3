//! How a user and the user's events look in files: the one place that knows a row.

use std::io::Write;

use super::events::{Event, Layer};
use super::output::Order;
use super::profiles::{Block, Profiles};
use super::traits::Synthesizer;
use crate::data::{Garden, PlantedEvent, csv_field};

/// Why writing to memory does not fail.
const ROOM: &str = "there is always room in memory";

/// What the lines of a file are made of.
pub(super) struct Lines<'a> {
    head: Vec<u8>,
    /// What follows a user, by item.
    items: Vec<Vec<u8>>,
    /// The ratings that occur, rising, and what follows an item.
    ratings: (&'a [f32], Vec<Vec<u8>>),
}

impl<'a> Lines<'a> {
    /// The lines of an order.
    pub(super) fn of(order: Order<'a>) -> Self {
        let (columns, layer) = (order.columns, order.layer);
        let named = |has: bool, name: &'a Option<String>, otherwise: &'a str| {
            has.then(|| name.as_deref().unwrap_or(otherwise))
        };
        let names = [
            Some(columns.user.as_str()),
            Some(columns.item.as_str()),
            named(layer.has_ratings(), &columns.rating, "rating"),
            named(layer.has_times(), &columns.time, "timestamp"),
        ];
        let names: Vec<_> = names.into_iter().flatten().map(csv_field).collect();
        let rating = |rating: &f32| {
            if columns.decimal {
                // `4.0` rather than `4`.
                format!(",{rating:?}").into_bytes()
            } else {
                format!(",{rating}").into_bytes()
            }
        };
        let values = layer.rating_values();
        let item = |id: &str| format!(",{}", csv_field(id)).into_bytes();
        Self {
            head: (names.join(",") + "\n").into_bytes(),
            items: order.items.iter().map(item).collect(),
            ratings: (values, values.iter().map(rating).collect()),
        }
    }

    /// The line of the columns' names.
    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    /// The line of the columns' names of a file of users: `user` alone where nothing is known of them.
    pub(super) fn head_of_users(layer: &Layer) -> Vec<u8> {
        let names: Vec<_> = layer.attribute_names().into_iter().map(csv_field).collect();
        if names.is_empty() {
            return b"user\n".to_vec();
        }
        (names.join(",") + "\n").into_bytes()
    }

    /// Adds a line of what is known of a user.
    pub(super) fn add_user(user: u64, attributes: &[&str], text: &mut Vec<u8>) {
        text.extend_from_slice(user_id(user).as_bytes());
        for value in attributes {
            text.push(b',');
            text.extend_from_slice(csv_field(value).as_bytes());
        }
        text.push(b'\n');
    }

    /// Adds a line for each event of a user.
    pub(super) fn add(&self, user: u64, events: &[Event], text: &mut Vec<u8>) {
        let id = user_id(user);
        for event in events {
            text.extend_from_slice(id.as_bytes());
            text.extend_from_slice(&self.items[event.item.at()]);
            if let Some(rating) = event.rating {
                let (values, texts) = &self.ratings;
                let at = values.partition_point(|value| *value < rating);
                text.extend_from_slice(&texts[at]);
            }
            if let Some(time) = event.time {
                write!(text, ",{time}").expect(ROOM);
            }
            text.push(b'\n');
        }
    }
}

/// The lines of the users of a block.
pub(super) struct Text {
    pub(super) events: Vec<u8>,
    pub(super) users: Vec<u8>,
    /// The profiles behind it; none of planted users.
    pub(super) profiles: Profiles,
    pub(super) interactions: u64,
}

impl Text {
    /// Of users who are drawn from a synthesizer.
    pub(super) fn of(
        block: Block,
        synthesizer: &dyn Synthesizer,
        lines: &Lines<'_>,
        order: Order<'_>,
    ) -> Self {
        let (layer, seed) = (order.layer, order.seed);
        let profiles = synthesizer.part(block, &(0..order.users), seed);
        let mut text = Self {
            events: Vec::with_capacity(40 * profiles.n_interactions()),
            users: Vec::new(),
            interactions: profiles.n_interactions() as u64,
            profiles: Profiles::new(),
        };
        for (user, profile) in block.users().zip(profiles.iter()) {
            lines.add(user, &layer.events(user, profile, seed), &mut text.events);
            let attributes = layer.attributes(user, profile, seed);
            Lines::add_user(user, &attributes, &mut text.users);
        }
        text.profiles = profiles;
        text
    }

    /// Of planted users, below a number.
    pub(super) fn planted(block: Block, garden: &Garden<'_>, users: u64) -> Self {
        let mut text = Self {
            events: Vec::new(),
            users: Vec::new(),
            profiles: Profiles::new(),
            interactions: 0,
        };
        for user in block.users().take_while(|user| *user < users) {
            let events =
                garden.events(usize::try_from(user).expect("fewer than there is memory for"));
            text.interactions += events.len() as u64;
            let id = user_id(user);
            for PlantedEvent { item, rating, time } in events {
                writeln!(text.events, "{id},i{},{rating},{time}", item.0 + 1).expect(ROOM);
            }
        }
        text
    }
}

/// The external id of a synthetic user: `s000001` for the first.
pub fn user_id(user: u64) -> String {
    format!("s{:06}", user + 1)
}
