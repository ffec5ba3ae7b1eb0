"""Synth warns if another stack imports the ARN or the name of an algorithm."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_ssm as ssm

from cdk_sagemaker_algorithm import Algorithm, ChannelSpecification, TrainingSpecification
from cdk_sagemaker_algorithm.cdk.exports_in_use import EXPORT_IN_USE


def warnings(where: str, strength: cdk.ReferenceStrength | None = None, *, attribute: str = "algorithm_arn") -> int:
    """The warnings of an app whose stack User or Prod refers to an algorithm of stack Prod."""
    app = cdk.App()
    stacks = {name: cdk.Stack(app, name) for name in ("Prod", "User")}
    algorithm = Algorithm(
        stacks["Prod"],
        "Churn",
        training_specification=TrainingSpecification(
            training_image="123456789012.dkr.ecr.us-east-1.amazonaws.com/forest:1",
            supported_training_instance_types=["ml.m5.large"],
            training_channels=[ChannelSpecification.file("train", content_types=["text/csv"])],
        ),
    )
    value: str = getattr(algorithm, attribute)
    if strength is not None:
        value = cdk.Stack.consume_reference(value, strength)
    ssm.StringParameter(stacks[where], "Value", string_value=value)
    found = assertions.Annotations.from_stack(stacks["Prod"]).find_warning(
        "/Prod/Churn", assertions.Match.string_like_regexp(EXPORT_IN_USE)
    )
    return len(found)


@pytest.mark.parametrize("attribute", ["algorithm_arn", "algorithm_name"])
def test_a_strong_reference_from_another_stack_is_warned_of_once(attribute: str) -> None:
    assert warnings("User", attribute=attribute) == 1


def test_a_weak_reference_and_one_of_the_same_stack_are_fine() -> None:
    assert warnings("Prod") == 0
    assert warnings("User", cdk.ReferenceStrength.WEAK) == 0
