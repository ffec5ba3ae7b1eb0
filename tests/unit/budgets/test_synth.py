"""What can be counted of the budgets at synth; times are for ``make bench``."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from constructs import Construct

from cdk_sagemaker_algorithm import Algorithm
from cdk_sagemaker_algorithm.model import render
from cdk_sagemaker_algorithm.model.member_names import snake_case
from tests.benchmarks import definition, provider, start, synth
from tests.support.kernel import round_trips

#: CloudFormation's limits for a stack.
RESOURCES, TEMPLATE_BYTES = 500, 1_000_000
ALGORITHMS = 95


@pytest.fixture(scope="module")
def ours() -> dict[str, Any]:
    return synth.template(synth.OURS, 2)


def test_the_dataclasses_are_the_definition_that_the_others_get() -> None:
    rendered = render(definition.as_dataclasses())
    assert {member: rendered[snake_case(member)] for member in definition.as_request()} == definition.as_request()


def test_the_definition_is_of_the_size_that_the_budgets_are_for() -> None:
    training = definition.as_request()["TrainingSpecification"]
    assert len(training["SupportedHyperParameters"]) == 20
    assert len(training["TrainingChannels"]) == 3


def test_the_raw_calls_make_the_same_template(ours: dict[str, Any]) -> None:
    raw = synth.template(synth.RAW, 2)
    roles = {name for name, each in ours["Resources"].items() if each["Type"] == "AWS::IAM::Role"}
    assert ours["Resources"].keys() == raw["Resources"].keys()
    # Only the construct lets the handler pass the role that validates.
    assert {name for name, each in ours["Resources"].items() if each != raw["Resources"][name]} < roles


def test_the_properties_stay_a_nested_document(ours: dict[str, Any]) -> None:
    algorithms = [each for each in ours["Resources"].values() if each["Type"] == synth.ALGORITHM_TYPE]
    assert len(algorithms) == 2
    for algorithm in algorithms:
        assert {
            member: algorithm["Properties"][member] for member in definition.as_request()
        } == definition.as_request()


def test_an_algorithm_takes_no_round_trips_but_those_for_what_is_in_the_template() -> None:
    # A construct, five resources, four references and a dependency.
    assert synth.round_trips_for_each(synth.RAW) == 11
    assert synth.round_trips_for_each(synth.OURS) == 11
    assert synth.round_trips_for_each(synth.OURS_WITHOUT_SLICES) == 3


def test_template_bytes_for_each_algorithm() -> None:
    assert synth.bytes_for_each(synth.OURS) <= 12 * 1024


def test_many_algorithms_fit_into_a_stack() -> None:
    alone = len(json.dumps(synth.template(synth.OURS, 0), separators=(",", ":")))
    assert alone + ALGORITHMS * synth.bytes_for_each(synth.OURS) < TEMPLATE_BYTES
    assert provider.resources() + ALGORITHMS * (1 + definition.SLICES) <= RESOURCES


def test_resources_of_the_provider() -> None:
    assert provider.resources() == 8


def test_round_trips_of_the_provider() -> None:
    # Eight resources, their permissions, and what linters are told of them; once for a stack.
    assert provider.round_trips_of(provider.OURS) <= 60


def test_the_construct_imports_nothing_before_it_is_needed() -> None:
    modules = start.modules_of("from cdk_sagemaker_algorithm import Algorithm, AlgorithmProvider")
    assert "cdk_sagemaker_algorithm.cdk.algorithm" in modules
    assert modules.isdisjoint(start.LATE)


def test_the_provider_does_without_the_model() -> None:
    modules = start.modules_of("from cdk_sagemaker_algorithm import AlgorithmProvider")
    assert "cdk_sagemaker_algorithm.cdk.provider.provider" in modules
    assert "cdk_sagemaker_algorithm.model" not in modules


@pytest.mark.parametrize("arguments", [("--help",), ("check", "request.json")], ids=" ".join)
def test_commands_that_need_no_cdk_do_not_import_it(arguments: tuple[str, ...]) -> None:
    modules = start.modules_of_command(*arguments)
    assert "cdk_sagemaker_algorithm.cli" in modules
    assert modules.isdisjoint({"aws_cdk", "jsii", "boto3", "botocore"})


def test_an_algorithm_in_a_construct_of_its_own_asks_only_where_it_is() -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    counts: list[int] = []
    for number in range(3):
        scope = Construct(stack, f"Part{number}")
        with round_trips() as trips:
            Algorithm(scope, "Trees", **definition.as_dataclasses(), wait_for_validation=False)
        counts.append(trips.count)
    # The construct's path takes two, its stack's provider and environment one each, what is in the template three.
    assert counts[1:] == [7, 7]


def test_tags_are_paid_for_by_who_has_them() -> None:
    counts: list[int] = []
    for tagged in (False, True):
        app = cdk.App()
        stack = cdk.Stack(app, "Stack")
        first, second = (
            Algorithm(stack, name, **definition.as_dataclasses(), wait_for_validation=False) for name in "AB"
        )
        if tagged:
            cdk.Tags.of(first).add("team", "tables")
        with round_trips() as trips:
            found = app.synth().get_stack_by_name("Stack").template["Resources"]
        counts.append(trips.count)
        tags = [each["Properties"].get("Tags") for each in found.values() if each["Type"] == synth.ALGORITHM_TYPE]
        assert tags == [[{"Key": "team", "Value": "tables"}] if tagged else None, None]
        assert second.cdk_tag_manager.has_tags() is False
    # The aspect asks for the manager; it is made, its token is asked for, and set as a property. Its tags are read
    # when the tree is validated, which takes a node, a validation, a callback and its answer.
    assert counts[1] - counts[0] <= 10
