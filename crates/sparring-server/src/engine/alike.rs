//! Items and users beside another.

use std::sync::Arc;

use super::fill::is_on_shelf;
use super::{Engine, Wish};

impl Engine {
    /// Items that the model lists for an item alone; none if the item or its likes are unknown.
    pub(crate) async fn item_neighbours(&self, item: &str, wish: &Wish) -> Vec<(String, f64)> {
        let model = self.model();
        let known = {
            let state = self.read();
            state.find_item(item).and_then(|item| model.known(item))
        };
        let Some(known) = known else {
            return Vec::new();
        };
        let with = Arc::clone(&model);
        let beside = self.scorer.work(move || with.beside(&[known])).await;
        let Some(beside) = beside.ok().and_then(|mut all| all.pop()) else {
            return Vec::new();
        };
        let state = self.read();
        let Some(categories) = state.find_categories(&wish.categories) else {
            return Vec::new();
        };
        beside
            .iter()
            .map(|(item, score)| (model.state_index(*item), *score))
            .filter(|(item, _)| is_on_shelf(&state, *item, &categories))
            .skip(wish.offset)
            .take(wish.n)
            .map(|(item, score)| (state.items.id(item).to_owned(), f64::from(score)))
            .collect()
    }

    /// Users who share most with a user, by the cosine of what they liked.
    pub(crate) async fn user_neighbours(&self, user: &str, wish: &Wish) -> Vec<(String, f64)> {
        let (state, user, wish) = (Arc::clone(&self.state), user.to_owned(), wish.clone());
        let look = move || {
            let state = super::read(&state);
            let Some(user) = state.find_user(&user) else {
                return Vec::new();
            };
            let mut alike = state.alike(user);
            let order = |a: &(u32, f64), b: &(u32, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
            alike.sort_by(order);
            alike
                .into_iter()
                .skip(wish.offset)
                .take(wish.n)
                .map(|(user, score)| (state.users.id(user).to_owned(), score))
                .collect()
        };
        tokio::task::spawn_blocking(look)
            .await
            .expect("comparing users does not panic")
    }
}
