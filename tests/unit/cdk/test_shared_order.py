"""Stacks that share a provider, in every order in which they may be deployed; and names in one account.

What CloudFormation refuses in some order is either absent, or a refusal that docs/guides/provider.md describes, with
the order or the change that avoids it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_

from cdk_sagemaker_algorithm import AlgorithmProvider
from tests.support import creation_order, deployment_order, snippets
from tests.support.deployment_order import clashes, exports, problems
from tests.support.given_roles import declared_roles
from tests.support.stacks import algorithm, template, validation
from tests.unit.cdk.test_creation_order import STACKS, synthesized

Template = dict[str, Any]
Stacks = dict[str, Template]

Options = Callable[[cdk.Stack], dict[str, Any]]


def nothing(_: cdk.Stack) -> dict[str, Any]:
    return {}


def key(stack: cdk.Stack) -> dict[str, Any]:
    return {"encryption_key": kms.Key(stack, "Key")}


def vpc(stack: cdk.Stack) -> dict[str, Any]:
    return {"vpc": ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)}


def roles(stack: cdk.Stack) -> dict[str, Any]:
    return declared_roles(stack)


def path(_: cdk.Stack) -> dict[str, Any]:
    return {"role_path": "/service/"}


def others(_: cdk.Stack) -> dict[str, Any]:
    return {"runtime": lambda_.Runtime.PYTHON_3_12, "reserved_concurrent_executions": 5, "log_level": "WARN"}


def shared(*users: int, options: Options = nothing, provider_in: str = "Shared", own: bool = False) -> Stacks:
    """A stack with a provider, and for each number a stack with so many algorithms, which use it."""
    app = cdk.App()
    home = cdk.Stack(app, provider_in)
    provider = AlgorithmProvider(home, "Provider", **options(home))
    stacks = [home]
    for number, algorithms in enumerate(users):
        stack = cdk.Stack(app, f"User{number}")
        # A stack is not deployed without resources.
        cdk.CfnResource(stack, "Topic", type="AWS::SNS::Topic")
        stacks.append(stack)
        for each in range(algorithms):
            algorithm(stack, f"Forest{each}", validation_specification=validation(), provider=None if own else provider)
    return {stack.stack_name: template(stack) for stack in stacks}


UPDATES: dict[str, Callable[[], tuple[Stacks, Stacks]]] = {
    "second algorithm": lambda: (shared(1), shared(2)),
    "algorithm of two": lambda: (shared(2), shared(1)),
    "second stack": lambda: (shared(1), shared(1, 1)),
    "stack of two leaves": lambda: (shared(1, 1), shared(1, 0)),
    "key on": lambda: (shared(1), shared(1, options=key)),
    "key off": lambda: (shared(1, options=key), shared(1)),
    "vpc on": lambda: (shared(1), shared(1, options=vpc)),
    "vpc off": lambda: (shared(1, options=vpc), shared(1)),
    "roles given no longer": lambda: (shared(1, options=roles), shared(1)),
    "other options": lambda: (shared(1), shared(1, options=others)),
}


@pytest.mark.parametrize("name", UPDATES)
def test_an_update_of_stacks_that_share_holds_in_every_order(name: str) -> None:
    old, new = UPDATES[name]()

    assert old != new
    assert problems(old, new) == []


#: What CloudFormation refuses, and the stacks with which a person begins so that it does not.
REFUSED: dict[str, tuple[Callable[[], tuple[Stacks, Stacks]], str, tuple[str, ...]]] = {
    "last algorithm": (lambda: (shared(1), shared(0)), "cannot be deleted, because User0 uses it", ("User0",)),
    "roles given": (
        lambda: (shared(1), shared(1, options=roles)),
        "cannot be deleted, because User0 uses it",
        ("User0",),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_in_some_order_is_accepted_in_the_documented_one(name: str) -> None:
    updates, refusal, first = REFUSED[name]
    old, new = updates()

    found = problems(old, new)

    assert found
    assert all(each.startswith("Shared: export ") and each.endswith(refusal) for each in found)
    assert problems(old, new, first=first) == []


#: What CloudFormation refuses in every order.
IMPOSSIBLE: dict[str, tuple[Callable[[], tuple[Stacks, Stacks]], str]] = {
    "an algorithm moves to a shared provider": (lambda: (shared(1, own=True), shared(1)), "the service token of"),
    "an algorithm moves to a provider of its own": (lambda: (shared(1), shared(1, own=True)), "the service token of"),
    "a provider moves": (
        lambda: (
            shared(1) | {"Other": {"Resources": {}}},
            shared(1, provider_in="Other") | {"Shared": {"Resources": {}}},
        ),
        "the service token of",
    ),
    "a path for the roles": (
        lambda: (shared(1), shared(1, options=path)),
        "cannot be updated, because User0 uses it",
    ),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_is_refused_in_every_order_is_found(name: str) -> None:
    updates, refusal = IMPOSSIBLE[name]
    old, new = updates()

    for first in ((), ("User0",)):
        assert [each for each in problems(old, new, first=first) if refusal in each]


# --- Each refusal has stacks that fail by it ---


def test_permissions_that_go_before_the_algorithm_are_found() -> None:
    old, new = UPDATES["stack of two leaves"]()
    for each in old["User1"]["Resources"].values():
        each.pop("DependsOn", None)

    assert [each for each in problems(old, new) if "may no longer delete the algorithm" in each]


def test_an_import_before_its_export_is_found() -> None:
    old, new = UPDATES["second stack"]()
    new["Shared"]["Outputs"].clear()

    assert [each for each in problems(old, new) if "there is no export" in each]


def test_interfaces_that_lambda_cannot_delete_are_found() -> None:
    old, new = copy.deepcopy(UPDATES["vpc off"]())
    (group,) = (each for each in old["Shared"]["Resources"].values() if each["Type"] == "AWS::EC2::SecurityGroup")
    del group["DependsOn"]

    assert [each for each in problems(old, new) if "Lambda may no longer delete the interfaces" in each]


# --- Names ---


@cache
def all_templates() -> dict[str, Template]:
    found = {f"{name}-{stack}": each for name in snippets.NAMES for stack, each in snippets.templates(name).items()}
    return found | {name: synthesized(name) for name in STACKS}


@pytest.mark.parametrize("name", STACKS)
def test_two_stacks_of_one_template_have_no_name_in_common(name: str) -> None:
    assert clashes({"Test": synthesized(name), "Production": synthesized(name)}) == []


def test_all_templates_fit_into_one_account() -> None:
    assert clashes(all_templates()) == []


def test_two_providers_fit_into_one_stack_and_serve_another_one() -> None:
    app = cdk.App()
    home, user = cdk.Stack(app, "Shared"), cdk.Stack(app, "User")
    for name in ("One", "Two"):
        algorithm(user, f"Forest{name}", provider=AlgorithmProvider(home, name), validation_specification=validation())
    stacks = {stack.stack_name: template(stack) for stack in (home, user)}

    assert clashes(stacks) == []
    assert creation_order.problems(stacks["User"]) == []
    policies = [name for name in stacks["User"]["Resources"] if "SageMakerAlgorithmPermissions" in name]
    assert len(policies) == 2
    assert len({str(stacks["User"]["Resources"][each]["Properties"]["Roles"]) for each in policies}) == 2


def test_names_that_clash_are_found() -> None:
    spoiled = copy.deepcopy(synthesized("example"))
    for kind, member, value in (
        ("AWS::Logs::LogGroup", "LogGroupName", "/aws/vendedlogs/states/forest"),
        ("AWS::Lambda::Function", "FunctionName", "handler"),
        ("AWS::IAM::Role", "RoleName", {"Fn::Join": ["-", ["role", {"Ref": "AWS::Region"}]]}),
    ):
        resource = next(each for each in spoiled["Resources"].values() if each["Type"] == kind)
        resource["Properties"][member] = value

    found = clashes({"Test": spoiled, "Production": spoiled})

    assert {each.split()[0] for each in found} == {"AWS::IAM::Role", "AWS::Logs::LogGroup", "AWS::Lambda::Function"}


def test_policies_of_one_shared_role_that_clash_are_found() -> None:
    stacks = shared(1, 1)
    for name in ("User0", "User1"):
        (policy,) = (each for key, each in stacks[name]["Resources"].items() if "Permissions" in key)
        policy["Properties"]["PolicyName"] = "SageMakerAlgorithms"

    assert len(clashes(stacks)) == 1
    assert exports(stacks["Shared"])
    assert deployment_order.problems(stacks, stacks) == []
