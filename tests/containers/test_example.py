"""The example: its unmodified Dockerfile, from synth to transform."""

from __future__ import annotations

import json
from pathlib import Path

import aws_cdk as cdk
import pytest

from cdk_sagemaker_algorithm.cli.app import run as run_command
from cdk_sagemaker_algorithm.cli.exit_statuses import DONE
from stacks.decision_trees.stack import DecisionTreesStack
from tests.containers.conftest import Tools, only
from tests.support.container_images import base_image_with_wheels, one_at_a_time

CONTAINER = Path(__file__).parents[2] / "stacks/decision_trees/container"
BASE = "docker.io/library/python:3.11-slim"
IMAGE = "localhost/decision-trees-sample:1.0"


def example_base(tools: Tools) -> None:
    """Give the name of the base image to this machine's Python with wheels."""
    requirement = next(
        word
        for line in (CONTAINER / "Dockerfile").read_text(encoding="utf-8").splitlines()
        for word in line.split()
        if "==" in word
    )
    base_image_with_wheels(tools.engine, BASE, requirement)


def example_image(tools: Tools) -> None:
    """Build the example's image."""
    example_base(tools)
    with one_at_a_time(f"example-{tools.engine.kind}"):
        tools.engine.run("build", "--network", "none", "--tag", IMAGE, str(CONTAINER), timeout=600)


@only("docker")
def test_the_example_passes_preflight(tools: Tools, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    example_image(tools)
    app = cdk.App(outdir=str(tmp_path / "cdk.out"))
    DecisionTreesStack(app, "DecisionTrees")
    app.synth()
    words = ["preflight", str(tmp_path / "cdk.out"), "--containers", "--engine", tools.engine.command, "--json"]
    status = run_command([*words, "--quiet", "--out", str(tmp_path / "out")])
    captured = capsys.readouterr()
    assert status == DONE, captured.out
    report = json.loads(captured.out)
    # A busy machine can be slow; nothing else may be found.
    assert {finding["rule"] for finding in report["findings"]} <= {"ping-slow"}
    profile = report["profiles"][0]
    assert profile["training"]["metrics"] == {"validation:accuracy": 0.9667}
    assert profile["transform"]["files"][0]["lines"] == 15
    (result,) = (tmp_path / "out").rglob("*.out")
    assert set(result.read_text(encoding="utf-8").split()) == {"setosa", "versicolor", "virginica"}
