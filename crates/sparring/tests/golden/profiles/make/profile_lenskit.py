"""LensKit on the golden run.

Set-up: pip install lenskit==2025.8.1
Usage:  python profile_lenskit.py

Plain names average over the lists of users that have test items, which is what LensKit's own
evaluation produces. Names that end in `_all_lists` measure every list of the run instead, so
that users without test items show: their list metrics are undefined and `list_summary` fills
them with 0. Average precision has no such row: LensKit divides by zero there.
"""

import logging
import warnings
from importlib.metadata import version

import pandas as pd
from lenskit import metrics
from lenskit.data import ItemList, ItemListCollection, from_interactions_df
from lenskit.metrics.ranking import AveragePrecision

from golden import CUTS, N_ITEMS, read_lists, read_rows, read_test, read_train, write_profile

ITEMS = [int(row["item"]) for row in read_rows("items.csv")]


def collection(lists):
    """An item list collection with one list a user."""
    return ItemListCollection.from_dict(lists, key="user_id")


def list_metrics(k, train):
    """`label -> metric of one list`; `k` is None for the whole list."""
    return {
        "precision": metrics.Precision(k),
        "recall": metrics.Recall(k),
        "hit_rate": metrics.Hit(k),
        "mrr": metrics.RecipRank(k),
        "map": AveragePrecision(k),
        "ndcg": metrics.NDCG(k),
        "ndcg_offset1": metrics.NDCG(k, weight=metrics.LogRankWeight(offset=1)),
        "ndcg_graded": metrics.NDCG(k, gain="rating"),
        "dcg": metrics.DCG(k),
        "rbp": metrics.RBP(k),
        "rbp_normalized": metrics.RBP(k, normalize=True),
        "popularity_rank": metrics.ranking.MeanPopRank(train, n=k),
    }


def global_metrics(k):
    """`label -> metric over all lists`; the catalogue is the 60 items."""
    return {
        "gini": metrics.ListGini(k, items=N_ITEMS),
        "gini_exposure": metrics.ExposureGini(k, items=N_ITEMS),
    }


def run_analysis(per_list, overall, outputs, test):
    """LensKit's own loop over lists and its own summaries: `label -> value`."""
    analysis = metrics.RunAnalysis()
    for label, metric in (per_list | overall).items():
        analysis.add_metric(metric, label)
    result = analysis.measure(outputs, test)
    means, totals = result.list_summary()["mean"], result.global_metrics()
    return {label: means[label] for label in per_list} | {label: totals[label] for label in overall}


def measure(run_name):
    """Every metric as `[(metric, k, value), ...]`."""
    pairs = [(user, item) for user, row in read_train().items() for item in sorted(row)]
    train = from_interactions_df(pd.DataFrame(pairs, columns=["user_id", "item_id"]), items=ITEMS)
    relevant = read_test()
    test = collection(
        {u: ItemList(list(row), rating=list(row.values())) for u, row in relevant.items()}
    )
    lists = {
        user: ItemList([i for i, _ in row], scores=[s for _, s in row], ordered=True)
        for user, row in read_lists(run_name).items()
    }
    evaluated = collection({user: row for user, row in lists.items() if user in relevant})
    values = []
    for k in (*CUTS, 0):
        per_list, overall = list_metrics(k or None, train), global_metrics(k or None)
        scores = run_analysis(per_list, overall, evaluated, test)
        values += [(metric, k, score) for metric, score in scores.items()]
        del per_list["map"]
        scores = run_analysis(per_list, overall, collection(lists), test)
        values += [(f"{metric}_all_lists", k, score) for metric, score in scores.items()]
    return values


def main():
    """Writes the profile of the full and of the short run."""
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    package = f"LensKit {version('lenskit')} (numpy {version('numpy')})"
    notes = ("k = 0 is the metric without a cut; _all_lists keeps users without test items",)
    for run, out in (("run.csv", "profile_lenskit.csv"), ("run_short.csv", "short_lenskit.csv")):
        write_profile(out, package, "profile_lenskit.py", measure(run), run, notes)


if __name__ == "__main__":
    main()
