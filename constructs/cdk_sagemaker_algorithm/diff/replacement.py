"""Determine the planned action for an algorithm, with the handler's own rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.assembly.unresolved import Equality
from cdk_sagemaker_algorithm.model.json_access import Tree, child, text_of
from cdk_sagemaker_algorithm_provider.contract import resource_schema
from cdk_sagemaker_algorithm_provider.contract.canonical import revision
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import tag_map

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.assembly.algorithms import DeclaredAlgorithm


class PlannedAction(StrEnum):
    """Effect of a deployment on an algorithm.

    CREATE: the algorithm is created and validated.
    DELETE: the algorithm is deleted, or retained if its DeletionPolicy says so.
    REPLACE: a new algorithm is created and validated, then the old algorithm is deleted.
    MOVED: stack or logical ID changed, so the old algorithm is deleted and a new one is created and validated.
    REJECT: CloudFormation or the handler rejects the deployment, and the algorithm stays unchanged.
    UPDATE_IN_PLACE: the algorithm stays; its tags or its settings in the stack change.
    NO_CHANGE: the definition is the same, even if the template differs.
    UNKNOWN: the action depends on deploy-time values.
    """

    CREATE = "create"
    DELETE = "delete"
    REPLACE = "replace"
    MOVED = "moved"
    REJECT = "reject"
    UPDATE_IN_PLACE = "update-in-place"
    NO_CHANGE = "no-change"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """Display name."""
        return "unknown until deployment" if self is PlannedAction.UNKNOWN else self.value.replace("-", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Planned action and its reasons.

    Attributes:
        action: Effect of the deployment.
        reasons: Reasons for the action, in sentences without a period.
    """

    action: PlannedAction
    reasons: tuple[str, ...] = ()


_FIXED = (
    "and CloudFormation rejects that for a custom resource: keep the provider, or give the algorithm another construct "
    "ID, which deletes and creates the algorithm"
)


def decide(before: DeclaredAlgorithm, after: DeclaredAlgorithm) -> Decision:
    """Determine the effect of an update, without asking AWS.

    Args:
        before: Resource in BASE.
        after: Resource with the same stack and logical ID in HEAD.
    """
    token = _token(before, after)
    if token is Equality.DIFFERENT:
        return Decision(action=PlannedAction.REJECT, reasons=(f"the service token changes, {_FIXED}",))
    decision = _decide_by_content(before, after)
    if token is Equality.EQUAL:
        return decision
    settled = decision.action in (PlannedAction.NO_CHANGE, PlannedAction.UPDATE_IN_PLACE)
    doubt = f"the service token may change, {_FIXED}"
    return Decision(action=PlannedAction.UNKNOWN if settled else decision.action, reasons=(*decision.reasons, doubt))


def _decide_by_content(before: DeclaredAlgorithm, after: DeclaredAlgorithm) -> Decision:
    content = unresolved.compare(dict(before.content), dict(after.content))
    again = unresolved.compare(_revision(before.settings), _revision(after.settings))
    name = unresolved.compare(before.explicit_name, after.explicit_name)
    if None in (before.exists, after.exists) and before.condition != after.condition:
        return Decision(action=PlannedAction.UNKNOWN, reasons=(_conditional(before, after),))
    if name is Equality.DIFFERENT:
        reason = f"its name changes: {_name_text(before)} -> {_name_text(after)}"
        return Decision(action=PlannedAction.REPLACE, reasons=(reason,))
    if Equality.DIFFERENT in (content, again):
        return _changed(after, content, name)
    prefix = unresolved.compare(_prefix(before), _prefix(after))
    if prefix is Equality.DIFFERENT:
        return Decision(action=PlannedAction.REPLACE, reasons=("its name prefix changes",))
    if Equality.UNDECIDED in (content, again, name, prefix):
        return Decision(action=PlannedAction.UNKNOWN, reasons=_unknown_reasons(before, after))
    return Decision(action=PlannedAction.UPDATE_IN_PLACE if settings_differ(before, after) else PlannedAction.NO_CHANGE)


def _changed(after: DeclaredAlgorithm, content: Equality, name: Equality) -> Decision:
    reason = "its definition changes" if content is Equality.DIFFERENT else "its revision changes"
    if not after.explicit_name:
        # The report lists the changes of the definition; a revision is not part of it.
        return Decision(action=PlannedAction.REPLACE, reasons=() if content is Equality.DIFFERENT else (reason,))
    exact = unresolved.display(after.explicit_name)
    if name is Equality.UNDECIDED:
        doubt = f"{reason}; it is replaced if its exact name {exact} changes too, and rejected otherwise"
        return Decision(action=PlannedAction.UNKNOWN, reasons=(doubt,))
    rejection = (
        f"{reason}, but an algorithm cannot be changed and its exact name {exact} stays: "
        "set a new algorithm_name, or omit algorithm_name to get a generated name"
    )
    return Decision(action=PlannedAction.REJECT, reasons=(rejection,))


def _conditional(before: DeclaredAlgorithm, after: DeclaredAlgorithm) -> str:
    names = [algorithm.condition[0] if algorithm.condition else "none" for algorithm in (before, after)]
    change = "changes" if names[0] == names[1] else f"changes: {names[0]} -> {names[1]}"
    return f"whether it exists depends on a condition, which {change}"


def _unknown_reasons(before: DeclaredAlgorithm, after: DeclaredAlgorithm) -> tuple[str, ...]:
    reasons: list[str] = []
    for member in (
        resource_schema.REVISION,
        resource_schema.ALGORITHM_NAME,
        resource_schema.ALGORITHM_NAME_PREFIX,
    ):
        values = (before.settings.get(member), after.settings.get(member))
        if unresolved.compare(*values) is Equality.UNDECIDED:
            reasons.append(f"{member}: {unresolved.explain(*values)}")
    if unresolved.compare(dict(before.content), dict(after.content)) is Equality.UNDECIDED:
        reasons.append("whether its definition changes depends on deploy-time values")
        if after.explicit_name:
            exact = unresolved.display(after.explicit_name)
            reasons.append(f"if it does, the deployment is rejected unless its exact name {exact} changes too")
    return tuple(reasons)


def settings_differ(before: DeclaredAlgorithm, after: DeclaredAlgorithm) -> bool:
    """Return whether a setting outside of the definition changes: tags, policies, timeouts or waits."""
    return bool(
        tags(before.settings) != tags(after.settings)
        or any(
            _finding(before, after, member) is not Equality.EQUAL
            for member in (
                resource_schema.WAIT_FOR_VALIDATION,
                resource_schema.RETAIN_FAILED,
                resource_schema.SERVICE_TIMEOUT,
            )
        )
        or timeout(before) != timeout(after)
        or before.deletion_policy != after.deletion_policy
        or before.replace_policy != after.replace_policy
    )


def tags(settings: Mapping[str, Tree]) -> dict[str, str]:
    """Return the tags of an algorithm as the handler reads them."""
    value = settings.get(resource_schema.TAGS)
    return tag_map(value if isinstance(value, list) else ())


def timeout(algorithm: DeclaredAlgorithm) -> str:
    """Return the validation timeout in seconds as text; empty if the stack does not wait."""
    if not algorithm.waits:
        return ""
    return max(text_of(properties.get(resource_schema.VALIDATION_TIMEOUT)) for properties in algorithm.waits)


def timeout_seconds(algorithm: DeclaredAlgorithm) -> int | None:
    """Return the validation timeout in seconds; None if the stack does not wait, or for deploy-time values."""
    text = timeout(algorithm)
    return int(text) if text.isascii() and text.isdecimal() else None


def _token(before: DeclaredAlgorithm, after: DeclaredAlgorithm) -> Equality:
    values = (before.settings.get(resource_schema.SERVICE_TOKEN), after.settings.get(resource_schema.SERVICE_TOKEN))
    old, new = (unresolved.whole_symbol(value) for value in values)
    if old and new and old.kind == new.kind == "resource" and old.name != new.name:
        # Two different resources of one stack are never the same function.
        return Equality.DIFFERENT
    return unresolved.compare(*values)


def _finding(before: DeclaredAlgorithm, after: DeclaredAlgorithm, member: str) -> Equality:
    return unresolved.compare(child(dict(before.settings), member), child(dict(after.settings), member))


def _revision(settings: Mapping[str, Tree]) -> str:
    return revision(settings)


def _prefix(algorithm: DeclaredAlgorithm) -> Tree:
    """Return the prefix of a generated name; empty for an exact name."""
    return "" if algorithm.explicit_name else algorithm.settings.get(resource_schema.ALGORITHM_NAME_PREFIX, "")


def _name_text(algorithm: DeclaredAlgorithm) -> str:
    return unresolved.display(algorithm.explicit_name) or "a generated one"
