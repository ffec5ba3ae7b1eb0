"""Compare boolean fields; a missing field is false, as in the API model."""

from __future__ import annotations

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.diff.classify.change import Change, Impact, Turn, make
from cdk_sagemaker_algorithm.model.json_tree import Tree, child, text_of


def flag(tree: Tree | None, member: str) -> bool | None:
    """Return the value of a boolean field; None for deploy-time values."""
    value = child(tree, member)
    if not unresolved.is_decided(value):
        return None
    return text_of(value).lower() == "true"


def spelled_out(subject: str, noun: str, path: str, values: tuple[Tree | None, Tree | None]) -> Change:
    """Return the change of a false field that is absent on one side."""
    what = Turn(noun, _text(values[0]), _text(values[1]))
    return make(Impact.NONE, subject, what, path, values, reason="the same value in different notation")


def _text(value: Tree | None) -> str:
    return "absent" if value is None else text_of(value)
