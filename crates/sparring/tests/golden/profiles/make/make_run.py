"""Writes the run that every profile is measured on: run, train, test, scores and items.

Forty users (1..40), sixty items (101..160), lists of twenty. The planted cases:

* users 1-6 have one relevant item (at ranks 1, 5, 6, 11, 20 and outside the list),
* users 7-10 have 25 relevant items, more than any cut,
* users 11-14 have relevant items, none of them in their list,
* users 15 and 40 have nothing in test,
* user 16 has a list whose first seven places are exactly its relevant items,
* user 21 has all but one of the items outside of its training list as relevant,
* items 159 and 160 are in no training list, yet they are recommended: 160 mostly to users 15
  and 40, so that a profile that counts lists of users without test items shows it.

Scores are multiples of 1/1024, all distinct, hence exact in single precision.
`run_short.csv` is the same run with some lists cut and one user's list removed.

Usage: python make_run.py   (numpy only; the seed is fixed)
"""

import csv

import numpy as np

from golden import FOLDER

USERS = range(1, 41)
ITEMS = range(101, 161)
COLD = (159, 160)
LIST_LENGTH = 20
EMPTY = (15, 40)
ONE_RELEVANT_AT = {1: 1, 2: 5, 3: 6, 4: 11, 5: 20, 6: 23}
SHORT = {1: 1, 2: 0, 5: 7, 7: 3, 8: 12, 13: 4, 15: 2, 16: 6, 21: 9, 30: 1, 31: 17}
FEATURES = 6


def draw_train(rng):
    """Training lists, long-tailed over items; cold items are never drawn."""
    warm = [item for item in ITEMS if item not in COLD]
    weight = 1.0 / np.arange(1, len(warm) + 1) ** 0.9
    weight /= weight.sum()
    sizes = rng.integers(2, 22, size=len(USERS))
    train = {}
    for user, size in zip(USERS, sizes):
        size = {7: 9, 8: 12, 9: 1, 10: 15, 21: 38}.get(user, size)
        train[user] = set(rng.choice(warm, size=size, replace=False, p=weight).tolist())
    unseen = [item for item in warm if not any(item in row for row in train.values())]
    for item in unseen:
        train[7].add(item)
    return train


def draw_test(rng, train):
    """Relevant items of each user, disjoint from training."""
    test = {}
    for user in USERS:
        free = [item for item in ITEMS if item not in train[user]]
        size = int(rng.integers(2, 10))
        if user in EMPTY:
            size = 0
        elif user in ONE_RELEVANT_AT:
            size = 1
        elif user in (7, 8, 9, 10):
            size = 25
        elif user == 16:
            size = 7
        elif user == 21:
            size = len(free) - 1
        test[user] = set(rng.choice(free, size=size, replace=False).tolist())
    return test


def order_items(rng, user, train, test):
    """All sixty items in the order in which the pretended model ranks them."""
    popularity = {item: sum(item in row for row in train.values()) for item in ITEMS}
    score = {
        item: np.log1p(popularity[item]) + 1.3 * (item in test[user]) + 0.6 * rng.normal()
        for item in ITEMS
    }
    if user % 8 == 0:
        score[159] += 4.0
    if user in EMPTY:
        score[160] += 9.0
    order = sorted(ITEMS, key=lambda item: -score[item])
    free = [item for item in order if item not in train[user]]
    hits = [item for item in free if item in test[user]]
    rest = [item for item in free if item not in test[user]]
    if user in ONE_RELEVANT_AT:
        place = ONE_RELEVANT_AT[user] - 1
        free = rest[:place] + hits + rest[place:]
    elif user in (11, 12, 13, 14):
        free = rest[:LIST_LENGTH] + hits + rest[LIST_LENGTH:]
    elif user == 16:
        free = hits + rest
    free_in_place = iter(free)
    return [item if item in train[user] else next(free_in_place) for item in order]


def write(name, header, rows):
    """Writes one plain CSV file."""
    with open(FOLDER / name, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main():
    """Draws everything from one seed and writes the files."""
    rng = np.random.default_rng(20264)
    train = draw_train(rng)
    test = draw_test(rng, train)
    orders = {user: order_items(rng, user, train, test) for user in USERS}
    levels = rng.permutation(np.arange(1, 4096))[: len(USERS) * len(ITEMS)]
    levels = -np.sort(-levels.reshape(len(USERS), len(ITEMS)), axis=1) / 1024.0
    scores = {user: dict(zip(orders[user], row.tolist())) for user, row in zip(USERS, levels)}
    run = {
        user: [item for item in orders[user] if item not in train[user]][:LIST_LENGTH]
        for user in USERS
    }
    rows = [
        (user, item, rank, scores[user][item])
        for user in USERS
        for rank, item in enumerate(run[user], start=1)
    ]
    short = [row for row in rows if row[2] <= SHORT.get(row[0], LIST_LENGTH)]
    features = rng.integers(0, 2, size=(len(ITEMS), FEATURES)).tolist()
    write("run.csv", ("user", "item", "rank", "score"), rows)
    write("run_short.csv", ("user", "item", "rank", "score"), short)
    write(
        "scores.csv",
        ("user", "item", "score"),
        [(user, item, scores[user][item]) for user in USERS for item in ITEMS],
    )
    write(
        "train.csv",
        ("user", "item"),
        [(user, item) for user in USERS for item in sorted(train[user])],
    )
    write(
        "test.csv",
        ("user", "item", "rating"),
        [(user, item, int(rng.integers(1, 6))) for user in USERS for item in sorted(test[user])],
    )
    write(
        "items.csv",
        ("item", *(f"f{index}" for index in range(FEATURES))),
        [(item, *row) for item, row in zip(ITEMS, features)],
    )


if __name__ == "__main__":
    main()
