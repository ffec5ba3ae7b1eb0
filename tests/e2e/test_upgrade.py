"""The upgrade that docs/stability.md describes: deploy this release, then one with changed handler code."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cdk_sagemaker_algorithm.local import LocalAws, ValidationPlan
from tests.support.cdk_cli import CdkCli, Finished
from tests.support.existing import FOREST_NEEDS
from tests.support.pages import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("deploy")]

APP = Path(__file__).with_name("app.py")
HANDLER = "cdk_sagemaker_algorithm_provider"
#: The algorithm's provider has a stack of its own, so that it can be updated during a deployment of the algorithm.
APPS = {"stack": "Forest", "shared": "Shared"}
#: The validation outlasts the deployment of the next release.
SECONDS = 45.0
#: Added to the next release: a line for each of its calls. Local AWS runs functions on this machine.
TRACE = """

_handler = handler


def handler(event, context):
    with open({trace!r}, "a") as trace:
        trace.write(next((kind for kind in ("Step", "Deliver") if kind in event), "Request") + "\\n")
    return _handler(event, context)
"""


def test_an_upgrade_keeps_algorithms_and_running_executions(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    release = tmp_path / "release"
    shutil.copytree(ROOT / "lambda" / HANDLER, release / HANDLER, ignore=shutil.ignore_patterns("__pycache__"))
    index = release / HANDLER / "index.py"
    index.write_text(index.read_text(encoding="utf-8") + TRACE.format(trace=str(trace)), encoding="utf-8")

    with LocalAws(plan=ValidationPlan().lasting(SECONDS), existing=FOREST_NEEDS) as aws:
        current = CdkCli(aws, APP, folder(tmp_path / "current"))
        following = CdkCli(aws, APP, folder(tmp_path / "following"), python_path=release)
        current.bootstrap()
        assert current.deploy("Shared", **APPS).status == 0
        before = resources(aws, "Shared")

        deployed: list[Finished] = []
        deployment = threading.Thread(target=lambda: deployed.append(current.deploy("Forest", **APPS)))
        deployment.start()
        try:
            until(lambda: statuses(aws) == ["InProgress"] or bool(deployed))
            assert deployed == []
            upgraded = following.deploy("Shared", **APPS)
            assert upgraded.status == 0, upgraded.output
            assert statuses(aws) == ["InProgress"], "the validation ended before the upgrade"
            assert before == resources(aws, "Shared")
        finally:
            deployment.join()
        assert deployed[0].status == 0, deployed[0].output
        assert statuses(aws) == ["Completed"]
        # The execution that the current release began was finished by the next release's code.
        assert {"Step", "Deliver"} <= set(trace.read_text(encoding="utf-8").split())

        made = current.outputs("Forest")
        again = following.deploy("Forest", **APPS)
        assert again.status == 0, again.output
        assert following.outputs("Forest") == made
        assert "no changes" in again.output


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def resources(aws: LocalAws, stack: str) -> dict[str, tuple[str, str]]:
    """The stack's resources: type and physical ID by logical ID. The handler's physical ID is in the service token."""
    found: list[dict[str, Any]] = aws.client("cloudformation").describe_stack_resources(StackName=stack)[
        "StackResources"
    ]
    assert "AWS::Lambda::Function" in {each["ResourceType"] for each in found}
    return {each["LogicalResourceId"]: (each["ResourceType"], each["PhysicalResourceId"]) for each in found}


def statuses(aws: LocalAws) -> list[str]:
    return [each["AlgorithmStatus"] for each in aws.client("sagemaker").list_algorithms()["AlgorithmSummaryList"]]


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)
