"""Integers beyond what a template carries exactly."""

from __future__ import annotations

import pytest

from cdk_sagemaker_algorithm.cdk.large_integers import carried
from cdk_sagemaker_algorithm.model.shapes import Shape, input_shape


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (2**53, 2**53),
        (2**53 + 1, "9007199254740993"),
        (-(2**53) - 1, "-9007199254740993"),
        (True, True),
        (0.5, 0.5),
        ("9", "9"),
        (None, None),
    ],
)
def test_only_integers_that_would_be_rounded_become_text(given: object, expected: object) -> None:
    definition = {
        "ValidationSpecification": {"Seed": given, "List": [given, [given], {"ShuffleConfig": {"Seed": given}}]}
    }
    found = carried(definition)["ValidationSpecification"]
    assert found == {"Seed": expected, "List": [expected, [expected], {"ShuffleConfig": {"Seed": expected}}]}
    assert type(found["Seed"]) is type(expected)
    assert definition["ValidationSpecification"]["Seed"] is given


def test_a_definition_without_validation_stays_as_it_is() -> None:
    assert carried({"AlgorithmDescription": "trees"}) == {"AlgorithmDescription": "trees"}


def test_the_api_takes_large_integers_in_a_validation_only() -> None:
    assert set(_members_with_large_integers(input_shape())) == {"ValidationSpecification"}


def _members_with_large_integers(shape: Shape) -> list[str]:
    return [name for name, member in shape.members.items() if _is_large(member)]


def _is_large(shape: Shape) -> bool:
    inner = [each for each in (shape.member, shape.value) if each is not None]
    if shape.type == "structure":
        inner += shape.members.values()
    return shape.type == "long" or any(map(_is_large, inner))
