from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdk_sagemaker_algorithm.local import LocalAws, ValidationPlan
from tests.support.cdk_cli import CdkCli
from tests.support.computer import Computer
from tests.support.existing import FOREST_NEEDS
from tests.support.page_runs import run_by


@pytest.fixture(scope="session")
def aws() -> Iterator[LocalAws]:
    """Local AWS with what the algorithm of app.py needs."""
    with LocalAws(plan=ValidationPlan().lasting(2), existing=FOREST_NEEDS) as running:
        yield running


@pytest.fixture(scope="session")
def cdk(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> CdkCli:
    """The CDK CLI for app.py, in an account that is bootstrapped."""
    cli = CdkCli(aws, Path(__file__).with_name("app.py"), tmp_path_factory.mktemp("cdk"))
    cli.bootstrap()
    return cli


@pytest.fixture(scope="session")
def computer(tmp_path_factory: pytest.TempPathFactory) -> Computer:
    """A computer after the install lines of README, on which no Node.js was; one for all workers of a run."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    made = Computer(shared / "computer")
    with (shared / "computer.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (made.folder / "installed").exists():
            made.make()
            install = next(block for block in run_by("tests/e2e/test_install.py") if block.fence.page == "README.md")
            made.run(install.fence.body)
            (made.folder / "installed").touch()
    return made
