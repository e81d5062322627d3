"""implicit on the golden run, through a model that returns the lists of the run.

Set-up: pip install implicit==0.7.3
Usage:  python profile_implicit.py
"""

from importlib.metadata import version

import numpy as np
from implicit.evaluation import ranking_metrics_at_k
from scipy.sparse import csr_matrix

from golden import CUTS, N_ITEMS, read_lists, read_test, read_train, write_profile

FIRST_ITEM = 101
N_USERS = 40


class RunModel:
    """Recommends what the run file says; places past the end of a list hold -1."""

    def __init__(self, lists):
        self.lists = lists

    def recommend(self, userid, user_items, N=10, **_):
        """Item numbers and scores, `[users, N]` each, as implicit's models return them."""
        ids = np.full((len(userid), N), -1, dtype=np.int32)
        scores = np.full((len(userid), N), -np.finfo(np.float32).max, dtype=np.float32)
        for row, user in enumerate(userid):
            for place, (item, score) in enumerate(self.lists.get(user + 1, [])[:N]):
                ids[row, place] = item - FIRST_ITEM
                scores[row, place] = score
        return ids, scores


def as_matrix(lists):
    """Users by items, ones where a pair is present."""
    pairs = [(user - 1, item - FIRST_ITEM) for user, row in lists.items() for item in row]
    users, items = zip(*pairs)
    ones = np.ones(len(pairs), dtype=np.float32)
    return csr_matrix((ones, (users, items)), shape=(N_USERS, N_ITEMS))


def measure(run_name):
    """Every metric as `[(metric, k, value), ...]`."""
    model = RunModel(read_lists(run_name))
    train, test = as_matrix(read_train()), as_matrix(read_test())
    values = []
    for k in CUTS:
        scores = ranking_metrics_at_k(model, train, test, K=k, show_progress=False)
        values += [(metric, k, scores[metric]) for metric in ("precision", "map", "ndcg", "auc")]
    return values


def main():
    """Writes the profile of the full and of the short run."""
    package = f"implicit {version('implicit')} (numpy {version('numpy')})"
    for run, out in (("run.csv", "profile_implicit.csv"), ("run_short.csv", "short_implicit.csv")):
        write_profile(out, package, "profile_implicit.py", measure(run), run)


if __name__ == "__main__":
    main()
