//! What came of it, in words.

use crate::data::Dataset;
use crate::eval::Interval;
use crate::report::{Augmentation, in_percent};

/// The findings in words, the decision first.
pub(super) fn words(found: &Augmentation) -> Vec<String> {
    let first = &found.generated[0];
    let percent = |i: Interval| {
        let [mean, low, high] = [i.mean, i.low, i.high].map(in_percent);
        format!("{mean} % [{low}, {high}]")
    };
    let Some(chosen) = &first.chosen else {
        let why = first.failure.as_deref().unwrap_or("every trial failed");
        return vec![format!(
            "Adding does not help here: {} made nothing ({why}).",
            first.name
        )];
    };
    let gain = chosen
        .validation
        .uplift
        .map_or_else(|| "nothing that can be measured".to_owned(), percent);
    let against = match &found.varied {
        Some(key) => format!("over the best of {} values of {key} without", found.trials),
        None => "over none".to_owned(),
    };
    let mut words = vec![if found.adopted {
        format!(
            "Adding helps: {} with amount {} gains {gain} {} on the validation part {against}.",
            first.name, chosen.amount, found.watched
        )
    } else {
        format!(
            "Adding does not help here: the best of {} settings with {} gains {gain} {} on the validation \
             part {against}, which is not beyond chance.",
            first.trials.len(),
            first.name,
            found.watched
        )
    }];
    for branch in &found.generated {
        let Some(test) = branch.chosen.as_ref().and_then(|c| c.test.as_ref()) else {
            continue;
        };
        let gain = test
            .uplift
            .map(|gain| format!("{} gains {} on the test part", branch.name, percent(gain)));
        let over = test
            .decider_over_this
            .map(|over| format!("; {} gains {} over it", first.name, percent(over)));
        words.extend(gain.map(|gain| format!("{gain}{}.", over.unwrap_or_default())));
        let short = test.short.as_ref();
        words.extend(short.and_then(|short| {
            let (users, most, gain) = (short.users, short.most, percent(short.uplift?));
            Some(format!(
                "Of {users} users of at most {most} known events it is {gain}."
            ))
        }));
    }
    words
}

/// What a reader should know.
pub(super) fn notes(found: &Augmentation, train: &Dataset) -> Vec<String> {
    let log = train.interactions();
    let bare = log.has_ratings() || log.has_times();
    let columns =
        "An augmented log has users and items alone: added rows have no ratings and no times.";
    let unvaried = format!(
        "`{}` has no setting that regularises, so only the amount is chosen.",
        found.model
    );
    let notes = [
        (found.adopted && bare).then(|| columns.to_owned()),
        found.varied.is_none().then_some(unvaried),
    ];
    notes.into_iter().flatten().collect()
}
