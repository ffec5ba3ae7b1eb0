"""Linters on the templates of all snippets: every finding is fixed or acknowledged."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_sqs as sqs

from cdk_sagemaker_algorithm import AlgorithmProvider
from tests.support import checkov, snippets
from tests.support.nag import nag
from tests.support.stacks import algorithm, new_stack, template, validation

# The snippets' own resources, which are short to show one thing; none is the construct's.
USERS_OWN = {
    "existing_algorithm": {"AwsSolutions-IAM5"},
    "own_role_and_data": {"AwsSolutions-IAM5"},
    "state_changes": {"AwsSolutions-SQS3"},
    "train_with_step_functions": {"AwsSolutions-IAM5", "AwsSolutions-SF1", "AwsSolutions-SF2"},
    "tuning_job": {"AwsSolutions-IAM5", "AwsSolutions-SF1", "AwsSolutions-SF2"},
}
COMPLIANCE = ("NIST80053R5Checks", "HIPAASecurityChecks", "PCIDSS321Checks", "ServerlessChecks")
# CDK's own, in every stack with an L2 state machine or a bucket that takes logs.
CDKS_OWN = {("W3005", "AWS::StepFunctions::StateMachine"), ("W3045", "AWS::S3::Bucket")}


@pytest.mark.parametrize("name", snippets.NAMES)
def test_cdk_nag_finds_nothing_of_ours_in_a_snippet(name: str) -> None:
    app = runpy.run_path(str(snippets.FOLDER / f"{name}.py"), run_name="__main__")["app"]

    found = nag(app)

    assert {rule.split("[")[0] for rule, _ in found} == USERS_OWN.get(name, set())
    assert [path for _, path in found if "ValidationRole" in path or "Provider" in path] == []


def nag_in_stack(packs: Sequence[str], **options: Any) -> set[tuple[str, str]]:
    """What packs of cdk-nag find in an algorithm with a profile and its provider: rules and constructs."""
    app = cdk.App()
    stack = cdk.Stack(app, "Stack")
    provider = AlgorithmProvider(stack, "Provider", **{name: make(stack) for name, make in options.items()})
    algorithm(stack, provider=provider, validation_specification=validation())
    paths = (f"{stack.node.path}/Provider/", f"{stack.node.path}/Forest/")
    return {(rule.split("[")[0], path) for rule, path in nag(app, *packs) if path.startswith(paths)}


def test_the_default_provider_has_no_finding_of_aws_solutions() -> None:
    assert nag_in_stack(["AwsSolutionsChecks"]) == set()


def test_compliance_packs_find_only_what_an_option_resolves() -> None:
    found = nag_in_stack(COMPLIANCE)

    assert {rule.rsplit("-", 1)[1] for rule, _ in found} == {
        "CloudWatchLogGroupEncrypted",
        "LambdaConcurrency",
        "LambdaInsideVPC",
        "LambdaAsyncFailureDestination",
    }


def _key(stack: cdk.Stack) -> kms.Key:
    return kms.Key(stack, "Key", enable_key_rotation=True)


def _five(_: cdk.Stack) -> int:
    return 5


def _vpc(stack: cdk.Stack) -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["eu-west-1a"], private_subnet_ids=["subnet-1"]
    )


def _destination(stack: cdk.Stack) -> destinations.SqsDestination:
    queue: Any = sqs.Queue(stack, "Queue", enforce_ssl=True, encryption=sqs.QueueEncryption.KMS)
    return destinations.SqsDestination(queue)


def test_with_its_options_a_provider_has_no_finding_of_any_pack() -> None:
    found = nag_in_stack(
        ["AwsSolutionsChecks", *COMPLIANCE],
        encryption_key=_key,
        reserved_concurrent_executions=_five,
        vpc=_vpc,
        on_failure=_destination,
    )

    assert found == set()


def test_cdk_nag_finds_what_is_not_acknowledged() -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Stack")
    provider = AlgorithmProvider(stack, "Provider")
    role = provider.node.find_child("WaiterRole")
    assert isinstance(role, iam.Role)
    role.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=["arn:aws:s3:::everything/*"]))

    assert nag(app) == [
        ("AwsSolutions-IAM5[Resource::arn:aws:s3:::everything/*]", "Stack/Provider/WaiterRole/DefaultPolicy/Resource")
    ]


def copies(folder: Path) -> dict[Path, Any]:
    """The templates of all snippets in one folder."""
    found: dict[Path, Any] = {}
    for name in snippets.NAMES:
        for path in snippets.template_files(name):
            copy = folder / f"{name}.{path.name}"
            shutil.copy(path, copy)
            found[copy] = json.loads(copy.read_text())
    return found


def test_cfn_lint_finds_nothing(tmp_path: Path) -> None:
    templates = copies(tmp_path)
    done = subprocess.run(
        ["cfn-lint", "--format", "json", "--regions", "us-east-1", "--", *templates],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    found: set[tuple[str, str]] = set()
    for match in json.loads(done.stdout):
        path: list[Any] = match["Location"]["Path"]
        section, name = (*path[:2], "", "")[:2]
        content = templates[Path(match["Filename"])]
        found.add((match["Rule"]["Id"], content[section][name]["Type"] if section == "Resources" else section))
    assert found - CDKS_OWN == set()
    # Lest a linter that does not run finds nothing.
    assert found


def test_checkov_finds_nothing_that_is_not_acknowledged(tmp_path: Path) -> None:
    copies(tmp_path)

    assert checkov.failed_checks(tmp_path) == []


def test_acknowledgements_for_checkov_have_reasons() -> None:
    skips = [
        skip
        for content in snippets.templates("getting_started")["Forest"]["Resources"].values()
        for skip in content.get("Metadata", {}).get("checkov", {}).get("skip", ())
    ]

    assert {each["id"] for each in skips} == {
        "CKV_AWS_115",
        "CKV_AWS_116",
        "CKV_AWS_117",
        "CKV_AWS_158",
        "CKV_AWS_173",
    }
    assert all(len(each["comment"]) > 20 for each in skips)


def test_cdks_own_validation_passes_a_sellers_stack() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "CDK_VALIDATION"}
    done = subprocess.run(
        [sys.executable, snippets.FOLDER / "marketplace_seller.py"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=environment,
    )

    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stdout + done.stderr


def test_an_empty_stack_shows_what_is_asked() -> None:
    assert "Resources" not in template(new_stack())
