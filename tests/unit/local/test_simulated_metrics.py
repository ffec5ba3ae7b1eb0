"""Simulated metrics look like training, and a recorded log shows a wrong regex."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_sagemaker_algorithm.local import ValidationPlan
from cdk_sagemaker_algorithm.local.sagemaker.job_runner import JobSpec
from cdk_sagemaker_algorithm.local.sagemaker.simulated_metrics import final_metrics, rises, simulated_value
from cdk_sagemaker_algorithm.local.sagemaker.simulated_runner import SimulatedJobRunner

RIGHT = {"Name": "validation:accuracy", "Regex": r"accuracy: (\S+)"}
WRONG = {"Name": "validation:loss", "Regex": r"val_loss=(\S+)"}


def run(metrics: list[dict[str, str]], *recorded: str) -> tuple[list[str], list[Any]]:
    """The log and the final metrics of a job."""
    spec = JobSpec(
        kind="training", name="job", image="i", role_arn="r", definition={}, metrics=tuple(metrics), model_artifacts="m"
    )
    plan = ValidationPlan(training_log=recorded)
    log = SimulatedJobRunner(plan).start(spec, at=0, failure=None).progress(1e6).log
    return [line.text for line in log], final_metrics(metrics, log)


@pytest.mark.parametrize("name", ["validation:accuracy", "val_auc", "f1", "recall@5", "test:r2", "val:mAP"])
def test_metrics_that_are_better_when_greater_rise(name: str) -> None:
    assert rises(name, {})
    assert not rises(name, {name: "Minimize"})
    curve = [simulated_value(epoch, rising=True) for epoch in range(10)]
    assert curve == sorted(curve)


@pytest.mark.parametrize("name", ["validation:rmse", "train_loss", "error", "perplexity", "mape"])
def test_other_metrics_fall(name: str) -> None:
    assert not rises(name, {})
    assert rises(name, {name: "Maximize"})


def test_an_invented_log_says_that_it_was_written_for_the_regexes() -> None:
    log, metrics = run([RIGHT, WRONG])
    assert [metric["MetricName"] for metric in metrics] == ["validation:accuracy", "validation:loss"]
    for name in ("validation:accuracy", "validation:loss"):
        expected = f"simulated metric {name}: lines written to match its regex; a container may print others"
        assert expected in log


def test_a_recorded_log_shows_a_wrong_regex() -> None:
    log, metrics = run([RIGHT, WRONG], "epoch 1", "accuracy: 0.91", "loss=0.2")
    assert [(metric["MetricName"], metric["Value"]) for metric in metrics] == [("validation:accuracy", 0.91)]
    assert "simulated training: no line matches the regex of metric validation:loss: val_loss=(\\S+)" in log
