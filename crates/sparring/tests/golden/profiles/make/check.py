"""Recomputes every golden value from its definition and compares it with the package's.

An independent reading of the definitions: it shares no code with the packages. The tolerance
is 1e-9, except where a package itself works in single precision.

Usage: python check.py   (numpy only)
"""

from collections import Counter
from itertools import combinations

import numpy as np

from golden import CUTS, N_ITEMS, read_lists, read_profile, read_rows, read_test, read_train

TRAIN, TEST = read_train(), read_test()
ITEMS = [int(row["item"]) for row in read_rows("items.csv")]
FEATURES = {int(row.pop("item")): list(row.values()) for row in read_rows("items.csv")}
COUNTS = Counter(item for row in TRAIN.values() for item in row)
N_TRAIN = sum(COUNTS.values())
SINGLE_PRECISION = {"gauc", "gini_exposure", "gini_exposure_all_lists"}


def discount(n):
    """`1 / log2(rank + 1)` for ranks 1..n."""
    return 1.0 / np.log2(np.arange(2, n + 2))


def mean(values):
    """Arithmetic mean as a float."""
    return float(np.mean(list(values)))


class User:
    """Hits of one user's list at one cut; `k = 0` keeps the whole list."""

    def __init__(self, ranked, relevant, k):
        self.k = k or len(ranked)
        self.items = ranked[: self.k]
        self.relevant = relevant
        self.hit = np.array([item in relevant for item in self.items], dtype=float)
        self.hits = self.hit.sum()
        self.n_relevant = len(relevant)

    def precision_sum(self):
        """Sum of precision at the rank of each hit."""
        ranks = np.arange(1, len(self.hit) + 1)
        return float((self.hit.cumsum() / ranks * self.hit).sum())

    def first(self):
        """Reciprocal of the first hit's rank, or 0."""
        return 1.0 / (1 + int(self.hit.argmax())) if self.hits else 0.0

    def dcg(self, weights):
        """Sum of the weights at the hits."""
        return float((self.hit * weights[: len(self.hit)]).sum())

    def gains(self, gain):
        """The gain of each place of the list."""
        return np.array([gain(self.relevant.get(item, 0)) for item in self.items], dtype=float)


def gini(counts, n):
    """Gini coefficient of `counts`, filled up with zeros to `n` entries."""
    full = np.sort(np.concatenate([np.zeros(n - len(counts)), list(counts)]))
    return float(((2 * np.arange(1, n + 1) - n - 1) * full).sum() / (n * full.sum()))


def recbole(lists, k):
    """RecBole: lists of users with test items only; the padding item counts as an item."""
    users = [User(lists[u], TEST[u], k) for u in TEST]
    shown = Counter(item for user in users for item in user.items)
    total = sum(shown.values())
    shares = np.array(list(shown.values())) / total
    by_count = sorted(COUNTS, key=lambda item: (COUNTS[item], item))
    tail = set(by_count[: max(int(len(COUNTS) * 0.1), 1)])
    rare = {item for item, count in COUNTS.items() if count <= 5}
    ideal = discount(k).cumsum()
    return {
        "recall": mean(u.hits / u.n_relevant for u in users),
        "precision": mean(u.hits / k for u in users),
        "ndcg": mean(u.dcg(discount(k)) / ideal[min(k, u.n_relevant) - 1] for u in users),
        "map": mean(u.precision_sum() / min(k, u.n_relevant) for u in users),
        "mrr": mean(u.first() for u in users),
        "hit_rate": mean(u.hits > 0 for u in users),
        "coverage": len(shown) / (N_ITEMS + 1),
        "popularity": mean(COUNTS[item] for u in users for item in u.items),
        "gini": gini(shown.values(), N_ITEMS + 1),
        "entropy": float(-(shares * np.log(shares)).sum() / len(shown)),
        "tail": mean(item in tail for u in users for item in u.items),
        "tail_count5": mean(item in rare for u in users for item in u.items),
    }


def recbole_auc():
    """RecBole's AUC per user weighted by positives, and pooled over all pairs."""
    scores = {}
    for row in read_rows("scores.csv"):
        user, item = int(row["user"]), int(row["item"])
        if user in TEST and item not in TRAIN[user]:
            scores.setdefault(user, {})[item] = float(row["score"])
    won, weight, positive, negative = 0.0, 0, [], []
    for user, row in scores.items():
        above = [score for item, score in row.items() if item in TEST[user]]
        below = [score for item, score in row.items() if item not in TEST[user]]
        if above and below:
            won += len(above) * mean(a > b for a in above for b in below)
            weight += len(above)
        positive += above
        negative += below
    pooled = np.greater.outer(positive, negative).mean()
    return {("gauc", 0): won / weight, ("auc", 0): float(pooled)}


def lenskit(lists, k):
    """LensKit: every list that is handed over; here those of users with test items, then all."""
    ranks = lenskit_popularity_ranks()
    rows = {u: User(row, TEST.get(u, {}), k) for u, row in lists.items()}
    with_test = [user for u, user in rows.items() if u in TEST]
    values = lenskit_over(with_test, k, ranks)
    values["map"] = mean(u.precision_sum() / min(u.n_relevant, len(u.items)) for u in with_test)
    everyone = lenskit_over(list(rows.values()), k, ranks)
    return values | {f"{name}_all_lists": value for name, value in everyone.items()}


def lenskit_popularity_ranks():
    """Ascending fractional rank of the training count (ties averaged), over counted items."""
    counts = np.array([COUNTS[item] for item in ITEMS if COUNTS[item]])
    return {
        item: ((counts < COUNTS[item]).sum() + ((counts == COUNTS[item]).sum() + 1) / 2)
        / len(counts)
        for item in ITEMS
        if COUNTS[item]
    }


def lenskit_over(users, k, ranks):
    """Means over `users`; a user without test items scores 0 and still counts."""
    capped = 1.0 / np.log2(np.maximum(np.arange(1, N_ITEMS + 1), 2))
    plain = discount(N_ITEMS)
    decay = 0.85 ** np.arange(N_ITEMS)
    shown = Counter(item for user in users for item in user.items)
    exposure = Counter()
    for user in users:
        for item, weight in zip(user.items, decay):
            exposure[item] += weight

    def depth(user):
        return min(k, user.n_relevant) if k else user.n_relevant

    def over_tested(value):
        return sum(value(user) for user in users if user.n_relevant) / len(users)

    def graded(user):
        ideal = np.sort(list(user.relevant.values()))[::-1][: depth(user)]
        gains = user.gains(float)
        return (gains * capped[: len(gains)]).sum() / (ideal * capped[: len(ideal)]).sum()

    return {
        "precision": over_tested(lambda u: u.hits / len(u.items)),
        "recall": over_tested(lambda u: u.hits / depth(u)),
        "hit_rate": over_tested(lambda u: u.hits > 0),
        "mrr": over_tested(User.first),
        "ndcg": over_tested(lambda u: u.dcg(capped) / capped[: depth(u)].sum()),
        "ndcg_offset1": over_tested(lambda u: u.dcg(plain) / plain[: depth(u)].sum()),
        "ndcg_graded": over_tested(graded),
        "dcg": over_tested(lambda u: u.dcg(capped)),
        "rbp": over_tested(lambda u: u.dcg(decay) * (1 - 0.85)),
        "rbp_normalized": over_tested(
            lambda u: u.dcg(decay) / decay[: min(u.n_relevant, len(u.items))].sum()
        ),
        "popularity_rank": mean(mean(ranks.get(i, 0.0) for i in u.items) for u in users),
        "gini": gini(shown.values(), N_ITEMS),
        "gini_exposure": gini(exposure.values(), N_ITEMS),
    }


def rectools(lists, k):
    """RecTools: relevance over users of test, the rest over users with a list."""
    users = [User(lists.get(u, []), row, k) for u, row in TEST.items()]
    listed = {u: row[:k] for u, row in lists.items()}
    ideal = discount(k).sum()
    values = {
        "precision": mean(u.hits / k for u in users),
        "r_precision": mean(u.hits / min(k, u.n_relevant) for u in users),
        "recall": mean(u.hits / u.n_relevant for u in users),
        "f1": mean(2 * u.hits / (k + u.n_relevant) for u in users),
        "hit_rate": mean(u.hits > 0 for u in users),
        "accuracy": mean((N_ITEMS - k - u.n_relevant + 2 * u.hits) / N_ITEMS for u in users),
        "mcc": mean(matthews(u, k) for u in users),
        "map": mean(u.precision_sum() / u.n_relevant for u in users),
        "map_divide_by_k": mean(u.precision_sum() / k for u in users),
        "ndcg": mean(u.dcg(discount(k)) / ideal for u in users),
        "ndcg_achievable": mean(
            u.dcg(discount(k)) / discount(min(k, u.n_relevant)).sum() for u in users
        ),
        "mrr": mean(u.first() for u in users),
        "coverage_count": len({item for row in listed.values() for item in row}),
        "coverage": len({item for row in listed.values() for item in row}) / N_ITEMS,
        "sufficient": mean(len(row) >= k for row in listed.values()),
        "covered_users": mean(u in lists for u in TEST),
    }
    return values | rectools_partial_auc(lists, k) | rectools_beyond(listed)


def matthews(user, k):
    """Matthews correlation of one list, counting `k` shown items of the catalogue."""
    hit, false = user.hits, k - user.hits
    missed = user.n_relevant - hit
    rejected = N_ITEMS - k - missed
    root = np.sqrt((hit + false) * (hit + missed) * (rejected + false) * (rejected + missed))
    return (hit * rejected - false * missed) / root if root else 0.0


def rectools_partial_auc(lists, k):
    """Both read the whole list: `k` counts negatives (and for PAP positives too)."""
    pauc, pap, enough = {}, {}, set()
    for user, relevant in TEST.items():
        negatives = positives = 0
        all_gain = capped_gain = 0.0
        for item in lists.get(user, []):
            if item not in relevant:
                negatives += 1
                continue
            positives += 1
            gain = max(k - negatives, 0)
            all_gain += gain
            capped_gain += gain if positives <= k else 0
        pauc[user] = all_gain / (len(relevant) * k)
        pap[user] = capped_gain / (min(len(relevant), k) * k)
        if negatives >= k or positives == len(relevant):
            enough.add(user)
    return {
        "pauc": mean(pauc.values()),
        "pap": mean(pap.values()),
        "pauc_exclude": mean(pauc[user] for user in enough),
        "pap_exclude": mean(pap[user] for user in enough),
    }


def rectools_beyond(listed):
    """Novelty, popularity, serendipity and diversity: means of means over users with a list."""
    levels = sorted(set(COUNTS.values()), reverse=True)

    def surprise(user, item, rank):
        if item not in TEST.get(user, {}):
            return 0.0
        common = N_ITEMS - levels.index(COUNTS[item]) if COUNTS[item] else 0
        return max(N_ITEMS + 1 - rank - common, 0) / N_ITEMS

    def distance(left, right):
        return sum(a != b for a, b in zip(FEATURES[left], FEATURES[right]))

    def diversity(row):
        return mean(distance(*pair) for pair in combinations(row, 2)) if len(row) > 1 else 0.0

    rows = listed.values()
    return {
        "novelty": mean(
            mean(-np.log2((COUNTS[item] or 1) / len(TRAIN)) for item in row) for row in rows
        ),
        "popularity": mean(mean(COUNTS[item] for item in row) for row in rows),
        "popularity_normalized": mean(mean(COUNTS[i] / N_TRAIN for i in row) for row in rows),
        "serendipity": mean(
            mean(surprise(user, item, rank) for rank, item in enumerate(row, start=1))
            for user, row in listed.items()
        ),
        "ild": mean(diversity(row) for row in rows),
    }


def implicit(lists, k):
    """implicit: precision is one ratio over all users; a missing place counts as a miss."""
    users = [User(lists.get(u, []), row, k) for u, row in TEST.items()]
    ideal = discount(k).cumsum()
    return {
        "precision": sum(u.hits for u in users) / sum(min(k, u.n_relevant) for u in users),
        "map": mean(u.precision_sum() / min(k, u.n_relevant) for u in users),
        "ndcg": mean(u.dcg(discount(k)) / ideal[min(k, u.n_relevant) - 1] for u in users),
        "auc": mean(implicit_auc(u, k) for u in users),
    }


def implicit_auc(user, k):
    """Area under the top k; what lies below is joined by a straight line."""
    hit = np.concatenate([user.hit, np.zeros(k - len(user.hit))])
    negatives = N_ITEMS - user.n_relevant
    area = (hit.cumsum() * (1 - hit)).sum()
    area += (user.hits + user.n_relevant) / 2 * (negatives - (k - user.hits))
    return area / (user.n_relevant * negatives)


def ranx(lists, k):
    """ranx: every user of test; a user without list scores 0."""
    values = ranx_over(lists, k, 1)
    if not k:
        names = ("mrr", "map", "ndcg")
        whole = {name: values[name] for name in names}
        whole["r_precision"] = mean(
            User(lists.get(u, []), row, len(row)).hits / len(row) for u, row in TEST.items()
        )
        users = [User(lists.get(u, []), row, 0) for u, row in TEST.items()]
        whole["rbp_80"] = mean(0.2 * u.dcg(0.8 ** np.arange(N_ITEMS)) for u in users)
        return whole
    level4 = ranx_over(lists, k, 4)
    names = ("precision", "recall", "map", "mrr", "hit_rate", "ndcg")
    level4 = {f"{name}_level4": level4[name] for name in names}
    level4["ndcg_level4"] = ranx_graded(lists, k, float, 4)
    graded = {
        "ndcg_graded": ranx_graded(lists, k, float, 1),
        "ndcg_burges_graded": ranx_graded(lists, k, lambda rating: 2.0**rating - 1, 1),
    }
    return values | level4 | graded


def ranx_over(lists, k, level):
    """Binary metrics; relevant means a rating of at least `level`."""
    users = []
    for u, row in TEST.items():
        relevant = {item: rating for item, rating in row.items() if rating >= level}
        users.append(User(lists.get(u, []), relevant, k))

    def depth(user):
        return min(k, user.n_relevant) if k else user.n_relevant

    def over(value):
        return sum(value(user) for user in users if user.n_relevant) / len(users)

    ndcg = over(lambda u: u.dcg(discount(N_ITEMS)) / discount(depth(u)).sum())
    return {
        "hits": over(lambda u: u.hits),
        "hit_rate": over(lambda u: u.hits > 0),
        "precision": over(lambda u: u.hits / max(u.k, 1)),
        "recall": over(lambda u: u.hits / u.n_relevant),
        "f1": over(lambda u: 2 * u.hits / (u.k + u.n_relevant)),
        "mrr": over(User.first),
        "map": over(lambda u: u.precision_sum() / u.n_relevant),
        "ndcg": ndcg,
        "ndcg_burges": ndcg,
    }


def ranx_graded(lists, k, gain, level):
    """Mean nDCG with gains from ratings; ratings below `level` have no gain at all."""
    values = []
    for u, row in TEST.items():
        relevant = {item: rating for item, rating in row.items() if rating >= level}
        user = User(lists.get(u, []), relevant, k)
        ideal = np.sort([gain(rating) for rating in relevant.values()])[::-1][:k]
        top = user.gains(gain)
        if relevant:
            best = (ideal * discount(len(ideal))).sum()
            values.append((top * discount(len(top))).sum() / best)
        else:
            values.append(0.0)
    return mean(values)


def compare(name, expected):
    """Stops at the first value that differs; returns the number of values."""
    golden = read_profile(name)
    assert golden.keys() == expected.keys(), (name, golden.keys() ^ expected.keys())
    for (metric, k), value in golden.items():
        tolerance = 3e-7 if metric in SINGLE_PRECISION else 1e-9
        error = abs(value - expected[metric, k])
        assert error <= tolerance, (name, metric, k, value, expected[metric, k])
    return len(golden)


def main():
    """Checks every file."""
    cuts = {
        "recbole": (recbole, CUTS),
        "lenskit": (lenskit, (*CUTS, 0)),
        "rectools": (rectools, CUTS),
        "implicit": (implicit, CUTS),
        "ranx": (ranx, (*CUTS, 0)),
    }
    for run, prefix in (("run.csv", "profile"), ("run_short.csv", "short")):
        lists = {user: [item for item, _ in row] for user, row in read_lists(run).items()}
        for package, (define, at) in cuts.items():
            if package == "recbole" and prefix == "short":
                continue
            expected = {(m, k): v for k in at for m, v in define(lists, k).items()}
            if package == "recbole":
                expected |= recbole_auc()
            name = f"{prefix}_{package}.csv"
            print(f"{name}: {compare(name, expected)} values agree")


if __name__ == "__main__":
    main()
