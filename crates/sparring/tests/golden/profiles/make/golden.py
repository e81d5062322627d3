"""Reads the golden run and writes a profile: shared by the scripts of this folder."""

import csv
from collections import defaultdict
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent
CUTS = (5, 10, 20)
N_ITEMS = 60


def read_rows(name):
    """The rows of a data file as dictionaries of strings."""
    with open(FOLDER / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_lists(name="run.csv"):
    """`user -> [(item, score), ...]`, best first."""
    lists = defaultdict(list)
    rows = read_rows(name)
    for row in sorted(rows, key=lambda row: (int(row["user"]), int(row["rank"]))):
        lists[int(row["user"])].append((int(row["item"]), float(row["score"])))
    return dict(lists)


def read_train():
    """`user -> {item, ...}` of the training interactions."""
    train = defaultdict(set)
    for row in read_rows("train.csv"):
        train[int(row["user"])].add(int(row["item"]))
    return dict(train)


def read_test():
    """`user -> {item: rating}` of the test interactions."""
    test = defaultdict(dict)
    for row in read_rows("test.csv"):
        test[int(row["user"])][int(row["item"])] = int(row["rating"])
    return dict(test)


def write_profile(name, package, script, values, run="run.csv", notes=()):
    """Writes `[(metric, k, value), ...]` under a header that says where it comes from.

    `k` is 0 for a metric that looks at the whole ranking.
    """
    lines = [
        f"# package: {package}",
        f"# command: python make/{script}",
        "# date: 2026-11",
        f"# run files: {run}, train.csv, test.csv",
        *(f"# note: {note}" for note in notes),
        "metric,k,value",
        *(f"{metric},{k},{float(value):.17g}" for metric, k, value in values),
    ]
    (FOLDER / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_profile(name):
    """`(metric, k) -> value` of a file that `write_profile` wrote."""
    text = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader(line for line in text if not line.startswith("#"))
    return {(row["metric"], int(row["k"])): float(row["value"]) for row in rows}
