"""Deployments with the real CDK CLI on local AWS: terminal output and resources.

The scenarios in tests/acceptance create, change, tag, adopt, roll back and destroy; these tests hold what they leave.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from cdk_sagemaker_algorithm.local import LocalAws
from tests.support.cdk_cli import CdkCli

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("deploy")]


@pytest.fixture(scope="module")
def sagemaker(aws: LocalAws) -> Any:
    return aws.client("sagemaker")


def names(sagemaker: Any) -> set[str]:
    return {each["AlgorithmName"] for each in sagemaker.list_algorithms()["AlgorithmSummaryList"]}


def test_an_exact_name_is_kept_and_its_change_refused_with_the_remedy(cdk: CdkCli, sagemaker: Any) -> None:
    before = names(sagemaker)
    assert cdk.deploy("Named", name="forest-1").status == 0
    assert cdk.outputs("Named")["Name"] == "forest-1"
    refused = cdk.deploy("Named", name="forest-1", max_depth="8")
    assert refused.status != 0
    assert "new algorithm_name" in refused.output
    assert names(sagemaker) == before | {"forest-1"}
    renamed = cdk.deploy("Named", name="forest-2", max_depth="8")
    assert renamed.status == 0, renamed.output
    assert names(sagemaker) == before | {"forest-2"}
    assert cdk.destroy("Named").status == 0
    assert names(sagemaker) == before


def test_what_is_deployed_is_the_base_of_diff(aws: LocalAws, cdk: CdkCli) -> None:
    def compare(**settings: str) -> tuple[int, str]:
        synthesized = cdk.run("synth", "--quiet", settings=settings)
        assert synthesized.status == 0, synthesized.output
        done = subprocess.run(
            [
                *(sys.executable, "-m", "cdk_sagemaker_algorithm", "diff", "--deployed", str(cdk.assembly)),
                *("--fail-on", "replacement"),
            ],
            env=aws.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return done.returncode, done.stdout

    deployed = cdk.deploy("Forest")
    assert deployed.status == 0, deployed.output
    assert compare(stack="Forest") == (
        0,
        "1 without change\n\n1 algorithm without change: Forest/Algorithm\n",
    )
    status, output = compare(stack="Forest", revision="2")
    assert (status, output.partition(";")[0]) == (3, "1 to replace and revalidate")
    assert "revision: not set -> 2" in output
    status, output = compare(stack="Grove")
    assert (status, output.partition(";")[0]) == (0, "1 to create")
