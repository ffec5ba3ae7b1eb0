"""Adoption with the real CDK CLI on local AWS: an algorithm made with boto3 is adopted, and given back."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_algorithm.local import LocalAws, ValidationPlan
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import ADOPTER_TAG, STACK_TAG
from tests.support.cdk_cli import CdkCli
from tests.support.existing import FOREST_NEEDS

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("adoption")]

APP = Path(__file__).with_name("app.py")
NAME = "forest-by-hand"


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws(plan=ValidationPlan().lasting(2), existing=FOREST_NEEDS) as running:
        yield running


@pytest.fixture(scope="module")
def cdk(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> CdkCli:
    cli = CdkCli(aws, APP, tmp_path_factory.mktemp("cdk"))
    cli.bootstrap()
    return cli


def tags(sagemaker: Any, arn: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=arn)["Tags"]}


def command(aws: LocalAws, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cdk_sagemaker_algorithm", *words],
        env={**os.environ, **aws.environment},
        capture_output=True,
        text=True,
        check=False,
    )


def made_by_hand(sagemaker: Any, request: dict[str, Any]) -> dict[str, Any]:
    """An algorithm that no stack has made, validated."""
    sagemaker.create_algorithm(**request)
    while True:
        description: dict[str, Any] = sagemaker.describe_algorithm(AlgorithmName=request["AlgorithmName"])
        if description["AlgorithmStatus"] not in ("Pending", "InProgress"):
            return description
        time.sleep(0.5)


def test_an_algorithm_made_with_boto3_is_adopted_and_given_back(aws: LocalAws, cdk: CdkCli) -> None:
    sagemaker = aws.client("sagemaker")
    assert cdk.deploy("Model", name="model-1").status == 0
    model = sagemaker.describe_algorithm(AlgorithmName="model-1")
    members = ("TrainingSpecification", "InferenceSpecification", "ValidationSpecification")
    request: dict[str, Any] = {"AlgorithmName": NAME, **{member: model[member] for member in members}}
    request["TrainingSpecification"].pop("TrainingImageDigest", None)
    for container in request["InferenceSpecification"]["Containers"]:
        container.pop("ImageDigest", None)
    assert cdk.destroy("Model").status == 0
    by_hand = made_by_hand(sagemaker, request)
    arn = by_hand["AlgorithmArn"]

    unmarked = cdk.deploy("Adopter", name=NAME)
    assert unmarked.status != 0
    assert f"cdk-sagemaker-algorithm adopt {NAME}" in unmarked.output
    assert sagemaker.describe_algorithm(AlgorithmName=NAME)["CreationTime"] == by_hand["CreationTime"]

    marked = command(aws, "adopt", NAME, "--app", str(cdk.assembly), "--yes")
    assert marked.returncode == 0, marked.stderr
    assert "no differences" in marked.stdout
    assert list(tags(sagemaker, arn)) == [ADOPTER_TAG]

    rolled_back = cdk.deploy("Adopter", name=NAME, breaks="yes")
    assert rolled_back.status != 0
    assert "the properties have no TrainingSpecification" in rolled_back.output
    assert sagemaker.describe_algorithm(AlgorithmName=NAME)["CreationTime"] == by_hand["CreationTime"]
    assert STACK_TAG not in tags(sagemaker, arn), "given back, never deleted"

    adopted = cdk.deploy("Adopter", name=NAME)
    assert adopted.status == 0, adopted.output
    assert cdk.outputs("Adopter") == {"Name": NAME, "Arn": arn}
    assert sagemaker.describe_algorithm(AlgorithmName=NAME)["CreationTime"] == by_hand["CreationTime"]
    assert STACK_TAG in tags(sagemaker, arn)

    assert cdk.destroy("Adopter").status == 0
    assert sagemaker.describe_algorithm(AlgorithmName=NAME)["CreationTime"] == by_hand["CreationTime"]
    assert STACK_TAG not in tags(sagemaker, arn)

    released = command(aws, "release", NAME, "--yes")
    assert released.returncode == 0, released.stderr
    assert ADOPTER_TAG not in tags(sagemaker, arn)
