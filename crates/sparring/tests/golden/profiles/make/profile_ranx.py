"""ranx on the golden run.

Set-up: pip install ranx==0.3.21
Usage:  python profile_ranx.py
"""

from importlib.metadata import version

from ranx import Qrels, Run, evaluate

from golden import CUTS, read_lists, read_test, write_profile

AT_K = ("hits", "hit_rate", "precision", "recall", "f1", "mrr", "map", "ndcg", "ndcg_burges")
WHOLE = ("r-precision", "mrr", "map", "ndcg", "rbp.80")


def as_run(name):
    """The lists of a run file; a query id is a user."""
    return Run({str(u): {str(i): s for i, s in row} for u, row in read_lists(name).items() if row})


def measure(run_name):
    """Every metric as `[(metric, k, value), ...]`, binary and graded."""
    test = read_test()
    binary = Qrels({str(u): {str(i): 1 for i in row} for u, row in test.items()})
    graded = Qrels({str(u): {str(i): r for i, r in row.items()} for u, row in test.items()})
    values = []

    def add(label, k, qrels, metric):
        score = evaluate(qrels, as_run(run_name), metric, make_comparable=True)
        values.append((label, k, score))

    for k in CUTS:
        for metric in AT_K:
            add(metric, k, binary, f"{metric}@{k}")
        for metric in ("ndcg", "ndcg_burges"):
            add(f"{metric}_graded", k, graded, f"{metric}@{k}")
        for metric in ("precision", "recall", "map", "mrr", "ndcg", "hit_rate"):
            add(f"{metric}_level4", k, graded, f"{metric}@{k}-l4")
    for metric in WHOLE:
        add(metric.replace("-", "_").replace(".", "_"), 0, binary, metric)
    return values


def main():
    """Writes the profile of the full and of the short run."""
    package = f"ranx {version('ranx')} (numba {version('numba')}, numpy {version('numpy')})"
    notes = ("make_comparable=True; _graded takes the rating as gain; _level4 counts ratings >= 4",)
    for run, out in (("run.csv", "profile_ranx.csv"), ("run_short.csv", "short_ranx.csv")):
        write_profile(out, package, "profile_ranx.py", measure(run), run, notes)


if __name__ == "__main__":
    main()
