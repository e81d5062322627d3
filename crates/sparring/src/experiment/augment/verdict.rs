//! What came of it, in words.

use crate::data::Dataset;
use crate::eval::Interval;
use crate::report::{Augmentation, Branch, in_percent};

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
    words.extend(more_of_the_same(found));
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

/// Whether the same rows once more do as well as what was drawn.
fn more_of_the_same(found: &Augmentation) -> Option<String> {
    let (first, rest) = found.generated.split_first()?;
    let on_validation = |branch: &Branch| Some(branch.chosen.as_ref()?.validation.value.mean);
    let same = rest.iter().find(|branch| branch.name == "repeated")?;
    let (drawn, repeated) = (on_validation(first)?, on_validation(same)?);
    (repeated >= drawn).then(|| {
        format!(
            "The same histories repeated do as well there ({repeated:.4}, {} {drawn:.4}): what helps is more \
             training, not what was drawn. Try more epochs first.",
            first.name
        )
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::augmentation_example as example;

    #[test]
    fn repeated_rows_that_do_as_well_are_told() {
        let mut found = example();
        assert_eq!(more_of_the_same(&found), None, "nothing was repeated");
        let mut same = found.generated[0].clone();
        "repeated".clone_into(&mut same.name);
        found.generated.push(same);
        let told = more_of_the_same(&found).unwrap();
        assert!(told.contains("more training"), "{told}");
        if let Some(chosen) = &mut found.generated[2].chosen {
            chosen.validation.value.mean -= 0.01;
        }
        assert_eq!(more_of_the_same(&found), None, "what was drawn is better");
    }
}
