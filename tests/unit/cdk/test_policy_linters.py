"""parliament and asl-validator on what a user would deploy: the policies and state machines of all snippets."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_sqs as sqs

from cdk_sagemaker_algorithm import AlgorithmProvider
from tests.support import snippets
from tests.support.iam import Account
from tests.support.policy_linters import asl_validator, parliament
from tests.support.stacks import algorithm, new_stack, template, validation

# An action whose resources are of several types has to name one only: parliament wants each of them.
OTHER_RESOURCES = {"states:ListExecutions": ":mapRun:"}
ROLE = "HandlerRole780B7844.0"
# Before they exist, network interfaces cannot be named.
NETWORK_INTERFACES = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
]


def with_every_option() -> dict[str, Any]:
    stack = new_stack()
    # CDK's own types disagree on parameters' names.
    encryption_key: Any = kms.Key(stack, "Key")
    destination: Any = destinations.SqsDestination(sqs.Queue(stack, "Queue"))
    provider = AlgorithmProvider(
        stack,
        "Provider",
        encryption_key=encryption_key,
        vpc=ec2.Vpc.from_vpc_attributes(
            stack, "Vpc", vpc_id="vpc-1", availability_zones=["us-east-1a"], private_subnet_ids=["subnet-1"]
        ),
        on_failure=destination,
    )
    key = kms.Key(stack, "VolumeKey")
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10, "VolumeKmsKeyId": key}
    specification = validation(ResourceConfig=resources)
    algorithm(stack, provider=provider, validation_specification=specification, validation_role_starts_jobs=True)
    return template(stack)


@cache
def deployed() -> dict[str, dict[str, Any]]:
    """The templates of all snippets, and of a stack with every option that has permissions of its own."""
    found = {f"{name}-{stack}": each for name in snippets.NAMES for stack, each in snippets.templates(name).items()}
    return found | {"every option": with_every_option()}


def policies() -> dict[str, Any]:
    return {
        f"{name}-{policy}": document
        for name, content in deployed().items()
        for policy, document in Account(content).documents().items()
    }


def is_expected(issue: str, detail: Any) -> bool:
    match issue:
        case "RESOURCE_MISMATCH":
            return all(OTHER_RESOURCES.get(each["action"], "-") in each["required_format"] for each in detail)
        case "RESOURCE_STAR":
            return sorted(detail) == NETWORK_INTERFACES
        case _:
            return False


def test_parliament_finds_nothing_in_a_policy(tmp_path: Path) -> None:
    found = parliament(policies(), tmp_path)

    assert [each for each in found if not is_expected(*each[1:])] == []
    # Lest a linter that does not run finds nothing.
    assert found


CANNOT_WORK: dict[str, dict[str, Any]] = {
    "UNKNOWN_ACTION": {"Action": "sagemaker:MakeAlgorithm"},
    "RESOURCE_MISMATCH": {"Resource": "arn:aws:sagemaker:us-east-1:123456789012:model/*"},
    "UNKNOWN_CONDITION_FOR_ACTION": {"Condition": {"StringEquals": {"sagemaker:TaggingAction": "CreateAlgorithm"}}},
}


def test_parliament_finds_policies_that_cannot_work(tmp_path: Path) -> None:
    (document,) = (each for name, each in policies().items() if name.startswith("getting_started") and ROLE in name)
    spoiled = {issue: copy.deepcopy(document) for issue in CANNOT_WORK}
    for issue, change in CANNOT_WORK.items():
        create = next(each for each in spoiled[issue]["Statement"] if each["Action"] == "sagemaker:CreateAlgorithm")
        create.update(change)

    found = parliament(spoiled, tmp_path)

    assert {(name, issue) for name, issue, detail in found if not is_expected(issue, detail)} >= {
        (issue, issue) for issue in CANNOT_WORK
    }


def machines() -> dict[str, Any]:
    """The definitions that differ, by the name of one state machine that has each."""
    found: dict[str, str] = {}
    for name, content in deployed().items():
        account = Account(content)
        for logical_id, each in snippets.resources_of(content, "AWS::StepFunctions::StateMachine").items():
            found[account.resolved(each["Properties"]["DefinitionString"])] = f"{name}-{logical_id}"
    return {name: json.loads(definition) for definition, name in found.items()}


def test_asl_validator_finds_nothing_in_a_state_machine(tmp_path: Path) -> None:
    # The waiter, and the users' own machines of two snippets.
    assert len(machines()) == 3

    assert asl_validator(machines(), tmp_path) == ""


def no_such_state(definition: dict[str, Any]) -> None:
    definition["States"]["Wait"]["Next"] = "Sleep"


def no_type(definition: dict[str, Any]) -> None:
    del definition["States"]["Wait"]["Type"]


def bad_path(definition: dict[str, Any]) -> None:
    definition["States"]["Wait"]["SecondsPath"] = "WaitSeconds["


def test_asl_validator_finds_state_machines_that_cannot_work(tmp_path: Path) -> None:
    definition = next(each for name, each in machines().items() if "Waiter" in name)
    spoiled: dict[str, Any] = {}
    for spoil in (no_such_state, no_type, bad_path):
        spoiled[spoil.__name__] = copy.deepcopy(definition)
        spoil(spoiled[spoil.__name__])

    found = asl_validator(spoiled, tmp_path)

    assert [name for name in spoiled if f'{name}.json" is invalid' not in found] == []
