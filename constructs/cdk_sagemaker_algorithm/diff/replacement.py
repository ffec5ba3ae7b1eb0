"""What a deployment does to an algorithm, as the handler decides it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.assembly.unresolved import Equality
from cdk_sagemaker_algorithm.model.json_tree import Tree, child, text_of
from cdk_sagemaker_algorithm_provider.contract.canonical import revision
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import tag_map

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.assembly.algorithms import Algorithm


class Verdict(StrEnum):
    """What a deployment does to an algorithm.

    CREATED: made, and validated.
    REMOVED: deleted, or left behind where its policy says so.
    REPLACED: a new one is made and validated, and the old one deleted then.
    MOVED: it has another stack or logical ID, so one is deleted, and the same is created and validated.
    REFUSED: the deployment fails, and nothing is touched.
    CHANGED_IN_PLACE: the algorithm stays; its tags, or how the stack treats it, change.
    UNCHANGED: the same algorithm, however the template is written.
    UNDECIDED: only the deployment knows.
    """

    CREATED = "created"
    REMOVED = "removed"
    REPLACED = "replaced"
    MOVED = "moved"
    REFUSED = "refused"
    CHANGED_IN_PLACE = "changed-in-place"
    UNCHANGED = "unchanged"
    UNDECIDED = "undecided"

    @property
    def label(self) -> str:
        """The name for people."""
        return {
            "replaced": "replaced and revalidated",
            "moved": "moved and revalidated",
            "refused": "refused by the deployment",
            "changed-in-place": "changed in place",
            "unchanged": "unchanged in effect",
        }.get(self.value, self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict and why.

    Attributes:
        verdict: The verdict.
        reasons: Why, in sentences without a period.
    """

    verdict: Verdict
    reasons: tuple[str, ...] = ()


_FIXED = (
    "and CloudFormation refuses that for a custom resource: keep the provider, or give the algorithm another construct "
    "ID, which deletes and creates it"
)


def judge(before: Algorithm, after: Algorithm) -> Judgement:
    """Tell what an update does to an algorithm.

    Args:
        before: The resource in BASE.
        after: The resource of the same logical ID and stack in HEAD.

    Returns:
        The verdict; no deployment was asked.
    """
    token = _token(before, after)
    if token is Equality.DIFFERENT:
        return Judgement(verdict=Verdict.REFUSED, reasons=(f"the service token changes, {_FIXED}",))
    judgement = _judge(before, after)
    if token is Equality.EQUAL:
        return judgement
    settled = judgement.verdict in (Verdict.UNCHANGED, Verdict.CHANGED_IN_PLACE)
    doubt = f"the service token may change, {_FIXED}"
    return Judgement(verdict=Verdict.UNDECIDED if settled else judgement.verdict, reasons=(*judgement.reasons, doubt))


def _judge(before: Algorithm, after: Algorithm) -> Judgement:
    content = unresolved.compare(dict(before.content), dict(after.content))
    again = unresolved.compare(_revision(before.settings), _revision(after.settings))
    name = unresolved.compare(before.explicit_name, after.explicit_name)
    if None in (before.exists, after.exists) and before.condition != after.condition:
        return Judgement(verdict=Verdict.UNDECIDED, reasons=(_conditional(before, after),))
    if name is Equality.DIFFERENT:
        reason = f"its name changes: {_name_words(before)} -> {_name_words(after)}"
        return Judgement(verdict=Verdict.REPLACED, reasons=(reason,))
    if Equality.DIFFERENT in (content, again):
        return _changed(after, content, name)
    if Equality.UNDECIDED in (content, again, name):
        return Judgement(verdict=Verdict.UNDECIDED, reasons=_undecided_reasons(before, after))
    return Judgement(verdict=Verdict.CHANGED_IN_PLACE if settings_differ(before, after) else Verdict.UNCHANGED)


def _changed(after: Algorithm, content: Equality, name: Equality) -> Judgement:
    reason = "its definition changes" if content is Equality.DIFFERENT else "its revision changes"
    if not after.explicit_name:
        # A changed definition is there to be seen; a revision is not part of it.
        return Judgement(verdict=Verdict.REPLACED, reasons=() if content is Equality.DIFFERENT else (reason,))
    exact = unresolved.display(after.explicit_name)
    if name is Equality.UNDECIDED:
        doubt = f"{reason}; it is replaced if its exact name {exact} changes too, and refused otherwise"
        return Judgement(verdict=Verdict.UNDECIDED, reasons=(doubt,))
    refusal = (
        f"{reason}, but an algorithm cannot be changed and its exact name {exact} stays: "
        "give it a new algorithm_name, or leave algorithm_name out so that the name follows from the definition"
    )
    return Judgement(verdict=Verdict.REFUSED, reasons=(refusal,))


def _conditional(before: Algorithm, after: Algorithm) -> str:
    names = [algorithm.condition[0] if algorithm.condition else "none" for algorithm in (before, after)]
    change = "changes" if names[0] == names[1] else f"changes: {names[0]} -> {names[1]}"
    return f"whether it exists depends on a condition, which {change}"


def _undecided_reasons(before: Algorithm, after: Algorithm) -> tuple[str, ...]:
    found: list[str] = []
    for member in ("Revision", "AlgorithmName"):
        values = (before.settings.get(member), after.settings.get(member))
        if unresolved.compare(*values) is Equality.UNDECIDED:
            found.append(f"{member}: {unresolved.explain(*values)}")
    if unresolved.compare(dict(before.content), dict(after.content)) is Equality.UNDECIDED:
        found.append("whether its definition changes is known at deployment only")
        if after.explicit_name:
            exact = unresolved.display(after.explicit_name)
            found.append(f"if it does, the deployment refuses unless its exact name {exact} changes too")
    return tuple(found)


def settings_differ(before: Algorithm, after: Algorithm) -> bool:
    """Whether anything but the algorithm itself changes that somebody may notice."""
    return bool(
        tags(before.settings) != tags(after.settings)
        or any(
            _finding(before, after, member) is not Equality.EQUAL
            for member in ("WaitForValidation", "RetainFailed", "ServiceTimeout")
        )
        or timeout(before) != timeout(after)
        or before.deletion_policy != after.deletion_policy
        or before.replace_policy != after.replace_policy
    )


def tags(settings: Mapping[str, Tree]) -> dict[str, str]:
    """The tags of an algorithm, as the handler reads them."""
    value = settings.get("Tags")
    return tag_map(value if isinstance(value, list) else ())


def timeout(algorithm: Algorithm) -> str:
    """How long the stack waits for validation; empty if it does not."""
    if not algorithm.waits:
        return ""
    return max(text_of(properties.get("ValidationTimeoutInSeconds")) for properties in algorithm.waits)


def timeout_seconds(algorithm: Algorithm) -> int | None:
    """How long the stack waits for validation, in seconds; None if it does not, or only the deployment knows."""
    text = timeout(algorithm)
    return int(text) if text.isascii() and text.isdecimal() else None


def _token(before: Algorithm, after: Algorithm) -> Equality:
    values = (before.settings.get("ServiceToken"), after.settings.get("ServiceToken"))
    old, new = (unresolved.whole_symbol(value) for value in values)
    if old and new and old.kind == new.kind == "resource" and old.name != new.name:
        # Two resources of one stack are two functions.
        return Equality.DIFFERENT
    return unresolved.compare(*values)


def _finding(before: Algorithm, after: Algorithm, member: str) -> Equality:
    return unresolved.compare(child(dict(before.settings), member), child(dict(after.settings), member))


def _revision(settings: Mapping[str, Tree]) -> str:
    return revision(settings)


def _name_words(algorithm: Algorithm) -> str:
    return unresolved.display(algorithm.explicit_name) or "a generated one"
