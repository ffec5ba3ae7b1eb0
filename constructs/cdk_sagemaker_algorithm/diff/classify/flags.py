"""Compare boolean fields; a missing field is false, as in the API model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.assembly.unresolved import Equality
from cdk_sagemaker_algorithm.diff.classify.change import Change, Effect, Impact, Turn, make, unknown
from cdk_sagemaker_algorithm.diff.classify.named_lists import turn
from cdk_sagemaker_algorithm.model.json_access import Tree, child, text_of


def flag(tree: Tree | None, member: str) -> bool | None:
    """Return the value of a boolean field; None for deploy-time values."""
    value = child(tree, member)
    if not unresolved.is_decided(value):
        return None
    return text_of(value).lower() == "true"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A boolean field.

    Attributes:
        member: Name of the field.
        noun: Display name of the field; empty if the subject names it.
        on: Effect of a change from false to true.
        off: Effect of a change from true to false.
    """

    member: str
    noun: str
    on: Effect
    off: Effect

    def compare(self, subject: str, path: str, before: Tree | None, after: Tree | None) -> Iterator[Change]:
        """Yield the change of the field.

        Args:
            subject: Element that the field belongs to.
            path: Path of the field in CreateAlgorithm.
            before: Structure that contains the field in BASE.
            after: Structure that contains the field in HEAD.
        """
        values = (child(before, self.member), child(after, self.member))
        equality = unresolved.compare(*values)
        if equality is Equality.UNDECIDED:
            yield unknown(subject, turn(self.noun, values), path, values)
        elif equality is Equality.DIFFERENT:
            new = flag(after, self.member)
            if flag(before, self.member) == new:
                yield spelled_out(subject, self.noun, path, values)
            else:
                yield (self.on if new else self.off).change(subject, path, values)


def spelled_out(subject: str, noun: str, path: str, values: tuple[Tree | None, Tree | None]) -> Change:
    """Return the change of a false field that is absent on one side."""
    what = Turn(noun, _text(values[0]), _text(values[1]))
    return make(Impact.NONE, subject, what, path, values, reason="the same value in different notation")


def _text(value: Tree | None) -> str:
    return "absent" if value is None else text_of(value)
