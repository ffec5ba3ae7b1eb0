from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cdk_sagemaker_algorithm.diff.classify.accepted_values import accepted_values
from cdk_sagemaker_algorithm.model.accepted_values import ValueSet, integer, is_integral, number, outside
from cdk_sagemaker_algorithm.rules import check

INTEGERS = ValueSet(kind="integer", low=Decimal(1), high=Decimal(10))
REALS = ValueSet(kind="real", low=Decimal(0), high=Decimal(1))


@pytest.mark.parametrize(
    ("values", "text", "held"),
    [
        (INTEGERS, "5", True),
        (INTEGERS, "+5", True),
        (INTEGERS, "05", True),
        (INTEGERS, "5.0", True),
        (INTEGERS, "5.5", False),
        (INTEGERS, "11", False),
        (INTEGERS, "1_0", False),
        (INTEGERS, "five", False),
        (INTEGERS, "", False),
        (REALS, "1e-500", True),
        (REALS, "1e500", False),
        (REALS, "1_0e-1", False),
        (REALS, ".5", True),
        (REALS, " 0.5 ", True),
        (REALS, "nan", False),
        (REALS, "0x1p-1", False),
        (ValueSet(kind="text"), "anything", True),
        (ValueSet(kind="choices", choices=("05", "10")), "5", False),
    ],
)
def test_holds(values: ValueSet, text: str, *, held: bool) -> None:
    assert values.holds(text) is held


def _request(kind: str, value: str) -> dict[str, Any]:
    """A request whose profile gives a hyperparameter a value."""
    bounds = {"MinValue": "1", "MaxValue": "10"} if kind == "Integer" else {"MinValue": "0", "MaxValue": "1"}
    parameter = {"Name": "x", "Type": kind, "Range": {f"{kind}ParameterRangeSpecification": bounds}}
    job = {"HyperParameters": {"x": value}}
    return {
        "TrainingSpecification": {"SupportedHyperParameters": [parameter]},
        "ValidationSpecification": {"ValidationProfiles": [{"TrainingJobDefinition": job}]},
    }


@pytest.mark.parametrize("kind", ["Integer", "Continuous"])
@pytest.mark.parametrize("text", ["5", "+5", "05", "5.0", "0.5", "1_0e-1", "1e-500", "11", "-1", "five", "0x1", " 1 "])
def test_rules_and_diff_give_the_same_answer(kind: str, text: str) -> None:
    request = _request(kind, text)
    values = accepted_values(request["TrainingSpecification"]["SupportedHyperParameters"][0])
    assert values is not None
    rejected = any(finding.rule.endswith(":profile-hyper-parameter-value") for finding in check(request))
    assert values.holds(text) is not rejected


def test_numbers() -> None:
    assert integer("05") == 5
    assert integer("5.0") is None
    assert integer("9" * 1000) is None
    assert number("1e400") is None
    assert is_integral("5.0")
    assert not is_integral("5.5")


def test_outside_finds_a_lost_value() -> None:
    assert outside(ValueSet(kind="choices", choices=("05", "10")), INTEGERS) is None
    assert outside(ValueSet(kind="choices", choices=("05", "11")), INTEGERS) == "11"
    assert outside(INTEGERS, ValueSet(kind="integer", low=Decimal(2), high=Decimal(10))) == "1"
