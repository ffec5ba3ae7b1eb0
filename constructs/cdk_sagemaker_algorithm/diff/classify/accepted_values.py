"""Determine the values that a hyperparameter specification of a template accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.model.accepted_values import ValueSet, number
from cdk_sagemaker_algorithm.model.json_access import Tree, child, elements, members, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping


def accepted_values(hyperparameter: Tree) -> ValueSet | None:
    """Return the accepted values of a hyperparameter specification; None for deploy-time or invalid values."""
    kind, bounds = child(hyperparameter, "Type"), child(hyperparameter, "Range")
    if not unresolved.is_decided(kind) or not unresolved.is_decided(bounds):
        return None
    match kind:
        case "FreeText":
            return ValueSet(kind="text")
        case "Categorical":
            listed = child(bounds, "CategoricalParameterRangeSpecification", "Values")
            if listed is None:
                return ValueSet(kind="text")
            return ValueSet(kind="choices", choices=tuple(text_of(value) for value in elements(listed)))
        case "Integer" | "Continuous":
            return _numbers(kind, members(child(bounds, f"{kind}ParameterRangeSpecification")))
        case _:
            return None


def _numbers(kind: str, bounds: Mapping[str, Tree]) -> ValueSet | None:
    low, high = (number(text_of(bounds.get(name))) for name in ("MinValue", "MaxValue"))
    if (low is None and "MinValue" in bounds) or (high is None and "MaxValue" in bounds):
        return None
    return ValueSet(kind="integer" if kind == "Integer" else "real", low=low, high=high)


def range_text(hyperparameter: Tree) -> str:
    """Return the display text of a range: two limits with a dash, or the categories; `any` without a range."""
    for kind, bounds in members(child(hyperparameter, "Range")).items():
        if kind == "CategoricalParameterRangeSpecification":
            return ", ".join(text_of(value) for value in elements(child(bounds, "Values")))
        return f"{text_of(child(bounds, 'MinValue'))}–{text_of(child(bounds, 'MaxValue'))}"  # noqa: RUF001 - a range in prose
    return "any"
