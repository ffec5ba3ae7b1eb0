"""Compare settings outside the definition: name, tags, revision, timeouts, policies."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.assembly.algorithms import DeclaredAlgorithm
from cdk_sagemaker_algorithm.assembly.unresolved import Equality
from cdk_sagemaker_algorithm.diff.classify.change import Change, Impact, Turn, make
from cdk_sagemaker_algorithm.diff.replacement import tags, timeout
from cdk_sagemaker_algorithm.model.json_access import Tree, text_of
from cdk_sagemaker_algorithm_provider.contract import resource_schema
from cdk_sagemaker_algorithm_provider.contract.durations import duration

_SETTINGS = {
    resource_schema.ALGORITHM_NAME_PREFIX: ("name prefix", "a new prefix replaces the algorithm"),
    resource_schema.REVISION: ("revision", "a new revision replaces the algorithm"),
    resource_schema.RETAIN_FAILED: ("retaining failed algorithms", ""),
    resource_schema.SERVICE_TIMEOUT: ("service timeout", ""),
}
_KEPT = ("Retain", "RetainExceptOnCreate")


def compare_settings(before: DeclaredAlgorithm, after: DeclaredAlgorithm) -> Iterator[Change]:
    """Yield the changes outside the definition."""
    yield from _name(before, after)
    for member, (subject, reason) in _SETTINGS.items():
        values = (before.settings.get(member), after.settings.get(member))
        yield from _setting(subject, member, values, reason)
    yield from _tags(before, after)
    yield from _waiting(before, after)
    for member, values in {
        "DeletionPolicy": (before.deletion_policy, after.deletion_policy),
        "UpdateReplacePolicy": (before.replace_policy, after.replace_policy),
    }.items():
        yield from _setting(member, member, values, "")


def is_kept(policy: str) -> bool:
    """Return whether a policy retains the algorithm after the stack stops managing it."""
    return policy in _KEPT


def _setting(subject: str, path: str, values: tuple[Tree | None, Tree | None], reason: str) -> Iterator[Change]:
    finding = unresolved.compare(*values)
    if finding is not Equality.EQUAL:
        doubt = unresolved.explain(*values) if finding is Equality.UNDECIDED else ""
        reason = "; ".join(filter(None, (reason, doubt)))
        yield make(Impact.NONE, subject, Turn("", _text(values[0]), _text(values[1])), path, values, reason=reason)


def _name(before: DeclaredAlgorithm, after: DeclaredAlgorithm) -> Iterator[Change]:
    old, new = before.explicit_name, after.explicit_name
    finding = unresolved.compare(old, new)
    if finding is Equality.EQUAL:
        return
    what = Turn("", old or "generated", new or "generated")
    impact, reason = Impact.NONE, ""
    if finding is Equality.UNDECIDED:
        impact, reason = Impact.UNKNOWN, unresolved.explain(old, new)
    elif old and (before.adopted or is_kept(after.replace_policy)):
        impact, reason = Impact.COMPATIBLE, "the algorithm with the old name is retained"
    elif old:
        impact, reason = Impact.BREAKING, "requests with the old name fail after the old algorithm is deleted"
    counterexample = f"{resource_schema.ALGORITHM_NAME}={old}" if impact is Impact.BREAKING else ""
    yield make(
        impact,
        "algorithm name",
        what,
        resource_schema.ALGORITHM_NAME,
        (old or None, new or None),
        reason=reason,
        counterexample=counterexample,
    )


def _tags(before: DeclaredAlgorithm, after: DeclaredAlgorithm) -> Iterator[Change]:
    old, new = tags(before.settings), tags(after.settings)
    for key in [*old, *(key for key in new if key not in old)]:
        values = (old.get(key), new.get(key))
        finding = unresolved.compare(*values)
        if finding is Equality.EQUAL:
            continue
        reason = unresolved.explain(*values) if finding is Equality.UNDECIDED else ""
        if values[0] is None:
            what: str | Turn = f"added: {values[1]}"
        elif values[1] is None:
            what = f"removed, was {values[0]}"
        else:
            what = Turn("", str(values[0]), str(values[1]))
        yield make(Impact.NONE, f"tag {key}", what, f"{resource_schema.TAGS}[{key}]", values, reason=reason)


def _waiting(before: DeclaredAlgorithm, after: DeclaredAlgorithm) -> Iterator[Change]:
    old, new = timeout(before), timeout(after)
    if old != new:
        what = Turn("", _time(old), _time(new))
        path = resource_schema.VALIDATION_TIMEOUT
        yield make(Impact.NONE, "waiting for validation", what, path, (old or None, new or None))


def _time(text: str) -> str:
    if not text:
        return "not at all"
    return f"up to {duration(int(text))}" if text.isdecimal() else unresolved.display(text)


def _text(value: Tree | None) -> str:
    return "not set" if value is None else text_of(value, "a list")
