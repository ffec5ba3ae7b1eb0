"""Train a model from the CSV files of the channel ``training``."""

# scikit-learn contains no type annotations.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportMissingTypeStubs=false
from __future__ import annotations

import csv
import json
import pickle
from pathlib import Path

from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

CHANNEL = "input/data/training"
HYPERPARAMETERS = "input/config/hyperparameters.json"
MODEL = "model/decision-tree.pickle"
FAILURE_REASON = "output/failure"


def train(root: Path) -> float:
    """Fit a tree, print its accuracy for SageMaker's metric, and save it.

    Args:
        root: The folder that SageMaker mounts at /opt/ml.

    Returns:
        The accuracy on the rows that were held back.

    Raises:
        ValueError: There is no data, or a hyperparameter is not a number.
    """
    labels, features = _rows(root / CHANNEL)
    parameters = _hyperparameters(root / HYPERPARAMETERS)
    leaves = parameters.get("max_leaf_nodes")
    tree = DecisionTreeClassifier(max_leaf_nodes=int(leaves) if leaves else None, random_state=0)
    seen, held_back, seen_labels, held_back_labels = train_test_split(
        features, labels, test_size=0.2, random_state=0, stratify=labels
    )
    tree.fit(seen, seen_labels)
    accuracy = float(tree.score(held_back, held_back_labels))
    print(f"validation-accuracy: {accuracy:.4f}", flush=True)  # noqa: T201 - SageMaker reads metrics from the log
    model = root / MODEL
    model.parent.mkdir(parents=True, exist_ok=True)
    model.write_bytes(pickle.dumps(tree))
    return accuracy


def _rows(folder: Path) -> tuple[list[str], list[list[float]]]:
    rows = [row for path in sorted(folder.glob("*.csv")) for row in csv.reader(path.open(encoding="utf-8")) if row]
    if not rows:
        raise ValueError(f"no CSV rows in {folder}; check the name of the channel")
    return [row[0] for row in rows], [[float(cell) for cell in row[1:]] for row in rows]


def _hyperparameters(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    parameters: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return parameters
