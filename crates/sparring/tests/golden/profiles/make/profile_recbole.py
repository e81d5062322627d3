"""RecBole on the golden run: its own files, loader, collector, trainer and metric classes.

Set-up: pip install recbole==1.2.1 "numpy<2" "pandas<2.3" "scipy<1.14"
Usage:  python profile_recbole.py

The model is a table of the scores in `scores.csv`; RecBole masks the training items itself.
`auc` belongs to RecBole's value metrics: it pools all pairs of a user with test items and an
item outside of that user's training list.
"""

import logging
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import torch
from recbole.config import Config
from recbole.data import create_dataset
from recbole.data.dataloader import FullSortEvalDataLoader, TrainDataLoader
from recbole.evaluator import Collector, Evaluator
from recbole.evaluator.collector import DataStruct
from recbole.model.abstract_recommender import GeneralRecommender
from recbole.sampler import Sampler
from recbole.trainer import Trainer
from recbole.utils import InputType

from golden import CUTS, read_rows, read_test, read_train, write_profile

RANKING = (
    "recall",
    "precision",
    "ndcg",
    "map",
    "mrr",
    "hit",
    "gauc",
    "itemcoverage",
    "averagepopularity",
    "giniindex",
    "shannonentropy",
    "tailpercentage",
)
LABELS = {
    "hit": "hit_rate",
    "itemcoverage": "coverage",
    "averagepopularity": "popularity",
    "giniindex": "gini",
    "shannonentropy": "entropy",
    "tailpercentage": "tail",
}
DECIMALS = 15


class ScoreTable(GeneralRecommender):
    """Scores every item as the file says."""

    input_type = InputType.PAIRWISE

    def __init__(self, config, dataset):
        super().__init__(config, dataset)
        self.unused = torch.nn.Parameter(torch.zeros(1))
        table = torch.full((dataset.user_num, dataset.item_num), -1.0)
        for row in read_rows("scores.csv"):
            user = dataset.token2id(dataset.uid_field, row["user"])
            item = dataset.token2id(dataset.iid_field, row["item"])
            table[user, item] = float(row["score"])
        self.table = table

    def full_sort_predict(self, interaction):
        """Scores of all items for the users of a batch."""
        return self.table[interaction[self.USER_ID]].clone()


class PatchedCollector(Collector):
    """Keeps counts out of the way of 1.2.1's `.cpu()` on everything (RecBole issue 2131)."""

    def get_data_struct(self):
        """The collected tensors, then the counts of the data set untouched."""
        held = self.data_struct
        counts = {key: held[key] for key in list(held._data_dict) if key.startswith("data.")}
        for key in counts:
            del held[key]
        struct = super().get_data_struct()
        for key, value in counts.items():
            struct.set(key, value)
            held.set(key, value)
        return struct


def write_inter(folder, name, lists):
    """One RecBole `.inter` file with the columns user and item."""
    lines = ["user_id:token\titem_id:token"]
    lines += [f"{user}\t{item}" for user in lists for item in sorted(lists[user])]
    path = folder / "golden" / f"golden.{name}.inter"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def settings(folder, metrics, tail_ratio=None):
    """RecBole's configuration of one evaluation."""
    return {
        "data_path": str(folder),
        "checkpoint_dir": str(folder / "saved"),
        "benchmark_filename": ["train", "test"],
        "load_col": {"inter": ["user_id", "item_id"]},
        "metrics": list(metrics),
        "topk": list(CUTS),
        "valid_metric": f"{metrics[0]}@{CUTS[0]}" if metrics[0] != "auc" else "auc",
        "metric_decimal_place": DECIMALS,
        "tail_ratio": tail_ratio,
        "eval_args": {"mode": "full"} if metrics[0] != "auc" else {"mode": "labeled"},
        "use_gpu": False,
        "show_progress": False,
        "state": "ERROR",
    }


def evaluate_ranking(folder, metrics, tail_ratio=None):
    """RecBole's `Trainer.evaluate` on the test file: `name -> value`."""
    config = Config(ScoreTable, "golden", config_dict=settings(folder, metrics, tail_ratio))
    train, test = create_dataset(config).build()
    sampler = Sampler(["train", "test"], [train, test])
    train_loader = TrainDataLoader(config, train, sampler.set_phase("train"))
    test_loader = FullSortEvalDataLoader(config, test, sampler.set_phase("test"))
    trainer = Trainer(config, ScoreTable(config, train))
    trainer.eval_collector = PatchedCollector(config)
    trainer.eval_collector.data_collect(train_loader)
    return trainer.evaluate(test_loader, load_best_model=False)


def evaluate_auc(folder):
    """RecBole's pooled AUC over every candidate pair."""
    config = Config(ScoreTable, "golden", config_dict=settings(folder, ["auc"]))
    train, test = read_train(), read_test()
    pairs = [
        (float(row["score"]), float(int(row["item"]) in test[int(row["user"])]))
        for row in read_rows("scores.csv")
        if int(row["user"]) in test and int(row["item"]) not in train[int(row["user"])]
    ]
    scores, labels = zip(*pairs)
    struct = DataStruct()
    struct.set("rec.score", torch.tensor(scores).unsqueeze(-1))
    struct.set("data.label", torch.tensor(labels).unsqueeze(-1))
    return Evaluator(config).evaluate(struct)["auc"]


def measure(folder):
    """Every metric as `[(metric, k, value), ...]`."""
    scores = evaluate_ranking(folder, RANKING)
    absolute_tail = evaluate_ranking(folder, ["tailpercentage"], tail_ratio=5)
    values = []
    for k in CUTS:
        for metric in RANKING:
            if metric != "gauc":
                values.append((LABELS.get(metric, metric), k, scores[f"{metric}@{k}"]))
        values.append(("tail_count5", k, absolute_tail[f"tailpercentage@{k}"]))
    values.append(("gauc", 0, scores["gauc"]))
    values.append(("auc", 0, evaluate_auc(folder)))
    return values


def main():
    """Writes the profile; RecBole cannot have lists shorter than k."""
    sys.argv = sys.argv[:1]
    package = (
        f"RecBole {version('recbole')} "
        f"(torch {version('torch')}, numpy {version('numpy')}, pandas {version('pandas')})"
    )
    notes = (
        f"metric_decimal_place={DECIMALS}; the package's default rounds to 4 places",
        "lists come from scores.csv with training items masked, and equal run.csv",
        "tail: tail_ratio unset (0.1 of the items in training); tail_count5: tail_ratio=5",
        "gauc is computed in single precision by the package",
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "golden").mkdir()
        write_inter(folder, "train", read_train())
        write_inter(folder, "test", read_test())
        logging.disable(logging.ERROR)
        values = measure(folder)
    write_profile("profile_recbole.csv", package, "profile_recbole.py", values, notes=notes)


if __name__ == "__main__":
    main()
