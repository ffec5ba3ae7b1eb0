"""The example's container: what SageMaker would run, on the data that is beside it."""

from __future__ import annotations

import json
import re
import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from decision_trees import __main__ as program
from decision_trees.serving import InferenceServer
from decision_trees.training import CHANNEL, HYPERPARAMETERS, MODEL, train

EXAMPLE = Path(__file__).parents[3] / "stacks/decision_trees"
REGEX = r"validation-accuracy: (\S+)"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """What SageMaker mounts at /opt/ml."""
    shutil.copytree(EXAMPLE / "data/training", tmp_path / CHANNEL)
    hyperparameters = tmp_path / HYPERPARAMETERS
    hyperparameters.parent.mkdir(parents=True)
    hyperparameters.write_text(json.dumps({"max_leaf_nodes": "10"}), encoding="utf-8")
    return tmp_path


@pytest.fixture
def address(root: Path) -> Iterator[str]:
    train(root)
    with InferenceServer(("127.0.0.1", 0), root) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_training_prints_the_metric_that_the_definition_looks_for(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    accuracy = train(root)
    found = re.search(REGEX, capsys.readouterr().out)
    assert found is not None
    assert float(found[1]) == pytest.approx(accuracy, abs=1e-4)
    assert accuracy > 0.9
    assert (root / MODEL).stat().st_size > 0


def test_training_without_data_tells_sagemaker_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "ROOT", tmp_path)
    assert program.main(["train"]) == 1
    assert "no CSV rows" in (tmp_path / "output/failure").read_text(encoding="utf-8")
    assert "no CSV rows" in capsys.readouterr().err


def test_an_unknown_argument_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["predict"]) == 2
    assert "train | serve" in capsys.readouterr().err


def test_serving_answers_the_ping(address: str) -> None:
    with urllib.request.urlopen(f"{address}/ping", timeout=10) as response:
        assert response.status == 200


def test_serving_labels_the_transform_data(address: str) -> None:
    data = (EXAMPLE / "data/transform/iris_unlabelled.csv").read_bytes()
    request = urllib.request.Request(f"{address}/invocations", data=data, headers={"Content-Type": "text/csv"})
    with urllib.request.urlopen(request, timeout=10) as response:
        labels = response.read().decode().split()
    assert len(labels) == 15
    assert set(labels) == {"setosa", "versicolor", "virginica"}


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [(b"a,b,c,d\n", "text/csv", 400), (b"1,2\n", "text/csv", 400), (b"{}", "application/json", 415)],
)
def test_serving_refuses_what_it_cannot_read(address: str, body: bytes, content_type: str, status: int) -> None:
    request = urllib.request.Request(f"{address}/invocations", data=body, headers={"Content-Type": content_type})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    assert refused.value.code == status
    refused.value.close()
