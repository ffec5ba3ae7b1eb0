"""Events and metrics of an algorithm."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sns as sns

from cdk_sagemaker_algorithm import Algorithm
from cdk_sagemaker_algorithm_provider.contract.outcome_event import DETAIL_TYPE, DIMENSIONS, NAMESPACE, SOURCE
from tests.support.stacks import ALGORITHM, SLICE, algorithm, new_stack, only, resources

RULE = "AWS::Events::Rule"


def pattern(stack: cdk.Stack) -> dict[str, Any]:
    found: dict[str, Any] = only(stack, RULE)["Properties"]["EventPattern"]
    return found


def test_state_changes_are_told_by_the_beginning_of_the_name() -> None:
    stack = new_stack()
    algorithm(stack, algorithm_name_prefix="forest").on_state_change("Changed")

    assert pattern(stack) == {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Algorithm State Change"],
        "detail": {"AlgorithmName": [{"prefix": "forest-"}]},
    }
    assert "DependsOn" not in only(stack, RULE)


def test_state_changes_of_an_exact_name() -> None:
    stack = new_stack()
    algorithm(stack, algorithm_name="forest").on_state_change("Changed")

    assert pattern(stack)["detail"] == {"AlgorithmName": ["forest"]}


def test_state_changes_of_an_imported_algorithm() -> None:
    stack = new_stack()
    arn = "arn:aws:sagemaker:us-east-2:111122223333:algorithm/forest-1"
    Algorithm.from_algorithm_arn(stack, "Forest", arn).on_state_change("Changed")

    assert pattern(stack)["detail"] == {"AlgorithmName": ["forest-1"]}


@pytest.mark.parametrize(
    ("method", "outcomes"),
    [("on_validation_completed", ["Completed"]), ("on_validation_failed", ["Failed", "TimedOut"])],
)
def test_validations_are_told_by_the_handlers_own_event(method: str, outcomes: list[str]) -> None:
    stack = new_stack()
    topic: Any = sns.Topic(stack, "Topic")
    getattr(algorithm(stack), method)("Told", target=targets.SnsTopic(topic), description="d", rule_name="n")

    (made,) = resources(stack, ALGORITHM)
    assert pattern(stack) == {
        "source": [SOURCE],
        "detail-type": [DETAIL_TYPE],
        "detail": {"StackId": [{"Ref": "AWS::StackId"}], "LogicalResourceId": [made], "Outcome": outcomes},
    }
    properties = only(stack, RULE)["Properties"]
    assert (properties["Description"], properties["Name"]) == ("d", "n")
    assert len(properties["Targets"]) == 1


def test_the_rule_is_there_before_the_validation_is_waited_for() -> None:
    stack = new_stack()
    algorithm(stack).on_validation_failed("Failed")

    (rule,) = resources(stack, RULE)
    waits = {each["Properties"]["WaitIndex"]: each.get("DependsOn") for each in resources(stack, SLICE).values()}

    assert waits == {1: [rule], 2: None}


def test_an_overridden_logical_id_is_the_one_that_is_matched() -> None:
    stack = new_stack()
    found = algorithm(stack)
    found.on_validation_failed("Failed")
    resource = found.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    resource.override_logical_id("Renamed")

    assert pattern(stack)["detail"]["LogicalResourceId"] == ["Renamed"]


@pytest.mark.parametrize(
    ("method", "arguments"),
    [("on_validation_completed", ["Rule"]), ("on_validation_failed", ["Rule"]), ("metric_validation_duration", [])],
)
def test_where_nobody_waits_nothing_can_be_told(method: str, arguments: list[str]) -> None:
    found = algorithm(new_stack(), wait_for_validation=False)
    with pytest.raises(ValueError, match=r"^Stack/Forest: .* requires wait_for_validation"):
        getattr(found, method)(*arguments)


@pytest.mark.parametrize(
    ("name", "metric", "statistic"),
    [
        ("metric_validation_duration", "ValidationDuration", "Average"),
        ("metric_validation_completed", "ValidationCompleted", "Sum"),
        ("metric_validation_failed", "ValidationFailed", "Sum"),
    ],
)
def test_metrics(name: str, metric: str, statistic: str) -> None:
    stack = new_stack()
    found = getattr(algorithm(stack), name)()

    (made,) = resources(stack, ALGORITHM)
    dimensions = stack.resolve(found.dimensions)
    assert (found.namespace, found.metric_name, found.statistic) == (NAMESPACE, metric, statistic)
    assert dimensions == dict(zip(DIMENSIONS, ("Stack", made), strict=True))


def test_metrics_take_the_options_of_any_metric() -> None:
    found = algorithm(new_stack()).metric_validation_duration(statistic="Maximum", period=cdk.Duration.days(1))

    assert (found.statistic, found.period.to_hours()) == ("Maximum", 24)
