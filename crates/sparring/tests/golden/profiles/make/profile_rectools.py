"""RecTools on the golden run.

Set-up: pip install rectools==0.19.0
Usage:  python profile_rectools.py
"""

from importlib.metadata import version

import pandas as pd
from rectools import Columns, metrics

from golden import CUTS, read_lists, read_rows, read_test, read_train, write_profile


def table(rows, columns):
    """A frame with RecTools' column names."""
    return pd.DataFrame(rows, columns=columns)


def metrics_at(k, distance):
    """`label -> metric object` for one cut."""
    return {
        "precision": metrics.Precision(k),
        "r_precision": metrics.Precision(k, r_precision=True),
        "recall": metrics.Recall(k),
        "f1": metrics.F1Beta(k),
        "hit_rate": metrics.HitRate(k),
        "accuracy": metrics.Accuracy(k),
        "mcc": metrics.MCC(k),
        "map": metrics.MAP(k),
        "map_divide_by_k": metrics.MAP(k, divide_by_k=True),
        "ndcg": metrics.NDCG(k),
        "ndcg_achievable": metrics.NDCG(k, divide_by_achievable=True),
        "mrr": metrics.MRR(k),
        "pauc": metrics.PartialAUC(k),
        "pap": metrics.PAP(k),
        "pauc_exclude": metrics.PartialAUC(k, insufficient_handling="exclude"),
        "pap_exclude": metrics.PAP(k, insufficient_handling="exclude"),
        "novelty": metrics.MeanInvUserFreq(k),
        "popularity": metrics.AvgRecPopularity(k),
        "popularity_normalized": metrics.AvgRecPopularity(k, normalize=True),
        "serendipity": metrics.Serendipity(k),
        "ild": metrics.IntraListDiversity(k, distance),
        "coverage_count": metrics.CatalogCoverage(k),
        "coverage": metrics.CatalogCoverage(k, normalize=True),
        "sufficient": metrics.SufficientReco(k),
        "covered_users": metrics.CoveredUsers(k),
    }


def measure(run_name):
    """Every metric as `[(metric, k, value), ...]`."""
    reco = table(
        [
            (user, item, rank)
            for user, row in read_lists(run_name).items()
            for rank, (item, _) in enumerate(row, start=1)
        ],
        [Columns.User, Columns.Item, Columns.Rank],
    )
    pair = [Columns.User, Columns.Item]
    test = table([(u, i) for u, row in read_test().items() for i in row], pair)
    train = table([(u, i) for u, row in read_train().items() for i in sorted(row)], pair)
    features = pd.DataFrame(read_rows("items.csv")).astype(int).set_index("item")
    distance = metrics.PairwiseHammingDistanceCalculator(features)
    values = []
    for k in CUTS:
        scores = metrics.calc_metrics(
            metrics_at(k, distance),
            reco=reco,
            interactions=test,
            prev_interactions=train,
            catalog=features.index.to_numpy(),
        )
        values += [(metric, k, scores[metric]) for metric in metrics_at(k, distance)]
    return values


def main():
    """Writes the profile of the full and of the short run."""
    package = f"RecTools {version('rectools')} (pandas {version('pandas')})"
    notes = (
        "catalogue: the 60 items of items.csv; prev_interactions: train.csv",
        "ild: Hamming distance over the columns f0..f5 of items.csv",
    )
    for run, out in (("run.csv", "profile_rectools.csv"), ("run_short.csv", "short_rectools.csv")):
        write_profile(out, package, "profile_rectools.py", measure(run), run, notes)


if __name__ == "__main__":
    main()
