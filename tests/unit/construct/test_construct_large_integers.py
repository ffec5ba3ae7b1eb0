"""Integers beyond what a template carries exactly."""

from __future__ import annotations

import pytest

from cdk_sagemaker_algorithm.large_integers import carried


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
    definition = {"Seed": given, "List": [given, [given]], "Channels": [{"ShuffleConfig": {"Seed": given}}]}
    found = carried(definition)
    assert found == {
        "Seed": expected,
        "List": [expected, [expected]],
        "Channels": [{"ShuffleConfig": {"Seed": expected}}],
    }
    assert type(found["Seed"]) is type(expected)
    assert definition["Seed"] is given
