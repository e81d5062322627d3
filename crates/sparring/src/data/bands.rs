//! Items by popularity: their order, the head, and tenths of the events.

/// The items, most popular first, equal ones by index.
pub(crate) fn by_popularity(counts: &[u32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|&item| std::cmp::Reverse(counts[item]));
    order
}

/// How many items are the head: the most popular fifth of those that anybody has.
pub(crate) fn head(counts: &[u32]) -> usize {
    counts
        .iter()
        .filter(|&&count| count > 0)
        .count()
        .div_ceil(5)
}

/// The tenth of the events that each item falls into, 0 for the most popular items: item by item,
/// most popular first, by the share of the events before it.
pub(crate) fn tenths(counts: &[u32]) -> Vec<usize> {
    let total: u64 = counts.iter().map(|&count| u64::from(count)).sum();
    let (mut tenths, mut before) = (vec![0; counts.len()], 0_u64);
    for item in by_popularity(counts) {
        let tenth = (10 * before).checked_div(total).unwrap_or(0);
        tenths[item] = usize::try_from(tenth).expect("at most 10").min(9);
        before += u64::from(counts[item]);
    }
    tenths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_by_hand() {
        let counts = [1, 5, 0, 3, 1];
        assert_eq!(by_popularity(&counts), [1, 3, 0, 4, 2]);
        assert_eq!(head(&counts), 1);
        // Before them: item 1 none, item 3 five, item 0 eight, item 4 nine, item 2 ten of ten.
        assert_eq!(tenths(&counts), [8, 0, 9, 5, 9]);
        assert_eq!(tenths(&[0, 0]), [0, 0]);
    }
}
