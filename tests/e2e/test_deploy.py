"""Deployments with the real CDK CLI on local AWS: terminal output and resources."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_algorithm.local import LocalAws, ValidationPlan
from tests.support.cdk_cli import CdkCli
from tests.support.existing import FOREST_NEEDS

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("deploy")]

APP = Path(__file__).with_name("app.py")


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws(plan=ValidationPlan().lasting(2), existing=FOREST_NEEDS) as running:
        yield running


@pytest.fixture(scope="module")
def cdk(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> CdkCli:
    cli = CdkCli(aws, APP, tmp_path_factory.mktemp("cdk"))
    cli.bootstrap()
    return cli


@pytest.fixture(scope="module")
def sagemaker(aws: LocalAws) -> Any:
    return aws.client("sagemaker")


def names(sagemaker: Any) -> set[str]:
    return {each["AlgorithmName"] for each in sagemaker.list_algorithms()["AlgorithmSummaryList"]}


def tags(sagemaker: Any, arn: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=arn)["Tags"]}


def test_an_algorithm_is_deployed_changed_tagged_and_destroyed(cdk: CdkCli, sagemaker: Any) -> None:
    before = names(sagemaker)
    first = cdk.deploy("Forest")
    assert first.status == 0, first.output
    made = cdk.outputs("Forest")
    description = sagemaker.describe_algorithm(AlgorithmName=made["Name"])
    assert description["AlgorithmStatus"] == "Completed"
    assert description["AlgorithmArn"] == made["Arn"]
    assert made["Name"].startswith("forest-algorithm-")
    profile = description["ValidationSpecification"]["ValidationProfiles"][0]
    assert profile["TrainingJobDefinition"]["StoppingCondition"]["MaxRuntimeInSeconds"] == 1800
    assert tags(sagemaker, made["Arn"])["team"] == "trees"

    changed = cdk.deploy("Forest", max_depth="16")
    assert changed.status == 0, changed.output
    remade = cdk.outputs("Forest")
    assert remade["Name"] != made["Name"]
    assert names(sagemaker) == before | {remade["Name"]}

    tagged = cdk.deploy("Forest", max_depth="16", team="leaves")
    assert tagged.status == 0, tagged.output
    assert cdk.outputs("Forest") == remade
    assert tags(sagemaker, remade["Arn"])["team"] == "leaves"
    created = sagemaker.describe_algorithm(AlgorithmName=remade["Name"])["CreationTime"]

    revised = cdk.deploy("Forest", max_depth="16", team="leaves", revision="2")
    assert revised.status == 0, revised.output
    again = cdk.outputs("Forest")
    assert again["Name"] != remade["Name"]
    assert sagemaker.describe_algorithm(AlgorithmName=again["Name"])["CreationTime"] > created

    destroyed = cdk.destroy("Forest")
    assert destroyed.status == 0, destroyed.output
    assert names(sagemaker) == before


def test_a_failed_validation_is_explained_and_leaves_nothing(aws: LocalAws, cdk: CdkCli, sagemaker: Any) -> None:
    before = names(sagemaker)
    aws.fail_next("training", "AlgorithmError: could not read column 5 of iris.csv, exit code: 1")
    failed = cdk.deploy("Broken")
    assert failed.status != 0
    assert "could not read column 5 of iris.csv" in failed.output
    assert "training job validation-" in failed.output
    assert "/aws/sagemaker/TrainingJobs" in failed.output
    assert names(sagemaker) == before


def test_a_failed_update_keeps_the_old_algorithm_as_the_output(aws: LocalAws, cdk: CdkCli, sagemaker: Any) -> None:
    before = names(sagemaker)
    assert cdk.deploy("Careful").status == 0
    old = cdk.outputs("Careful")
    created = sagemaker.describe_algorithm(AlgorithmName=old["Name"])["CreationTime"]
    aws.fail_next("transform", "ClientError: 400 from the container")
    failed = cdk.deploy("Careful", max_depth="8")
    assert failed.status != 0
    assert "400 from the container" in failed.output
    assert sagemaker.describe_algorithm(AlgorithmName=old["Name"])["CreationTime"] == created
    # Nothing to change for the old definition: the stack still has the old algorithm.
    assert cdk.deploy("Careful").status == 0
    assert cdk.outputs("Careful") == old
    assert names(sagemaker) == before | {old["Name"]}
    assert cdk.destroy("Careful").status == 0
    assert names(sagemaker) == before


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
