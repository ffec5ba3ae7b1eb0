"""Yes-or-no members of a definition; one that is absent is false, as the service's model has it."""

from __future__ import annotations

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.diff.classify.change import Change, Impact, Turn, make
from cdk_sagemaker_algorithm.model.json_tree import Tree, child, text_of


def flag(tree: Tree | None, member: str) -> bool | None:
    """Whether a member is true; None if only the deployment knows."""
    value = child(tree, member)
    if not unresolved.is_decided(value):
        return None
    return text_of(value).lower() == "true"


def spelled_out(subject: str, noun: str, path: str, values: tuple[Tree | None, Tree | None]) -> Change:
    """A flag that is false, by being absent on one side."""
    what = Turn(noun, _word(values[0]), _word(values[1]))
    return make(Impact.NONE, subject, what, path, values, reason="the same, written in another way")


def _word(value: Tree | None) -> str:
    return "absent" if value is None else text_of(value)
