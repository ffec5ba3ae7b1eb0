"""The container of the acceptance suite, built from its Dockerfile, passes preflight with the suite's own profile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.account import LOCAL_IMAGE
from tests.acceptance.scenarios import FAILURE
from tests.containers.conftest import Tools, only
from tests.support.container_images import one_at_a_time
from tests.support.pages import ROOT

FOLDER = ROOT / "tests/acceptance"
TAG = "localhost/acceptance-container:1"


@pytest.fixture
def image(tools: Tools) -> str:
    """The image, on this machine's Python instead of the registry's."""
    with one_at_a_time(f"acceptance-{tools.engine.kind}"):
        command = ["build", "--network", "none", "--build-arg", f"BASE={tools.base}", "--tag", TAG]
        tools.engine.run(*command, str(FOLDER / "container"), timeout=300)
    return TAG


def assembly(folder: Path, **settings: str) -> Path:
    """The suite's app with its first stack."""
    context = {"stack": "single", "image": LOCAL_IMAGE, **settings}
    subprocess.run(
        [sys.executable, FOLDER / "app.py"],
        env={**os.environ, "CDK_OUTDIR": str(folder), "CDK_CONTEXT_JSON": json.dumps(context)},
        check=True,
    )
    return folder


def preflight(tools: Tools, image: str, folder: Path) -> subprocess.CompletedProcess[str]:
    rows = FOLDER / "data/rows.csv"
    command = [sys.executable, "-m", "cdk_sagemaker_algorithm", "preflight", str(folder), "--containers"]
    command += ["--engine", tools.engine.command, "--image", image]
    command += ["--data", f"training={rows}", "--data", f"transform={rows}"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


@only("docker")
def test_the_container_trains_and_serves(tools: Tools, image: str, tmp_path: Path) -> None:
    done = preflight(tools, image, assembly(tmp_path / "out"))

    assert done.returncode == 0, done.stdout + done.stderr


@only("podman")
def test_the_container_fails_if_its_hyperparameter_says_so(tools: Tools, image: str, tmp_path: Path) -> None:
    done = preflight(tools, image, assembly(tmp_path / "out", fail="1"))

    assert done.returncode == 3, done.stdout + done.stderr
    assert FAILURE in done.stdout + done.stderr
