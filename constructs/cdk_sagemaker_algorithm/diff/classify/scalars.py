"""Compare fields without consumer semantics of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.assembly.display import shortened
from cdk_sagemaker_algorithm.assembly.unresolved import Equality
from cdk_sagemaker_algorithm.diff.classify.change import Change, Impact, Turn, make, unknown
from cdk_sagemaker_algorithm.diff.classify.named_lists import match, order_change, summary, turn
from cdk_sagemaker_algorithm.model.json_access import Tree, child, members, text_of
from cdk_sagemaker_algorithm_provider.contract.canonical import SETS

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]+(?:[0-9]+|$)|[A-Z]?[a-z]+[0-9]*|[A-Z]+|[0-9]+")
_IDENTITIES = ("ProfileName", "ChannelName", "InstanceGroupName", "ContainerHostname", "Name", "Key")
_SPELLING: Mapping[str, str] = {
    "s3": "S3",
    "uri": "URI",
    "url": "URL",
    "kms": "KMS",
    "arn": "ARN",
    "mb": "MB",
    "gb": "GB",
    "id": "ID",
    "ami": "AMI",
    "etag": "ETag",
    "mime": "MIME",
}
# Short names, because the subject names the rest.
_SHORT: Mapping[str, str] = {
    "AlgorithmDescription": "description",
    "TrainingImage": "image",
    "TrainingImageDigest": "image digest",
}


def words(member: str) -> str:
    """Return a field name as words, such as `max runtime in seconds` for `MaxRuntimeInSeconds`."""
    if member in _SHORT:
        return _SHORT[member]
    parts = [word.lower() for word in _WORD.findall(member.replace("ETag", "Etag").replace("InGB", "InGb"))]
    return " ".join(_SPELLING.get(part, part) for part in parts) or member


def leaf_changes(  # noqa: PLR0913 - where, what, and which of it
    subject: str,
    path: str,
    before: Tree | None,
    after: Tree | None,
    impact: Impact,
    *,
    reason: str = "",
    only: frozenset[str] | None = None,
    without: frozenset[str] = frozenset(),
) -> Iterator[Change]:
    """Yield a change for each scalar that differs below two values; list elements are paired by name.

    Args:
        subject: Element that the values belong to.
        path: Path in CreateAlgorithm.
        before: Value in BASE.
        after: Value in HEAD.
        impact: Consumer impact of every change.
        reason: Reason for the impact.
        only: Top-level fields to compare; None compares all.
        without: Top-level fields to skip.
    """
    names = [*members(before), *(name for name in members(after) if name not in members(before))]
    for name in names:
        if (only is None or name in only) and name not in without:
            values = (child(before, name), child(after, name))
            yield from _walk(subject, (words(name),), f"{path}.{name}" if path else name, values, impact, reason)


def _walk(
    subject: str,
    trail: tuple[str, ...],
    path: str,
    values: tuple[Tree | None, Tree | None],
    impact: Impact,
    reason: str,
) -> Iterator[Change]:
    before, after = values
    finding = unresolved.compare(before, after)
    if finding is Equality.EQUAL:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in [*before, *(name for name in after if name not in before)]:
            inner = (before.get(name), after.get(name))
            yield from _walk(subject, (*trail, _member(path, name)), f"{path}.{name}", inner, impact, reason)
    elif isinstance(before, list) and isinstance(after, list) and _are_structures(before, after):
        yield from _walk_elements(subject, trail, path, values, impact, reason)
    else:
        what = _what(trail, values)
        if finding is Equality.UNDECIDED:
            yield unknown(subject, what, path, values)
        else:
            yield make(impact, subject, what, path, values, reason=reason)


def _walk_elements(
    subject: str,
    trail: tuple[str, ...],
    path: str,
    values: tuple[Tree | None, Tree | None],
    impact: Impact,
    reason: str,
) -> Iterator[Change]:
    matching = match(*values, _identity, by_position=path.rpartition(".")[2] not in SETS)
    for name, old, new in matching.both:
        yield from _walk(subject, (*trail, name), f"{path}[{name}]", (old, new), impact, reason)
    for name, old in matching.removed:
        yield make(
            impact, subject, f"{' '.join((*trail, name))} removed", f"{path}[{name}]", (old, None), reason=reason
        )
    for name, new in matching.added:
        yield make(impact, subject, f"{' '.join((*trail, name))} added", f"{path}[{name}]", (None, new), reason=reason)
    if matching.reordered and path.endswith("InstancePreferences"):
        yield make(impact, subject, f"order of {' '.join(trail)}", path, values, reason=reason)
    elif matching.reordered:
        yield order_change(f"{subject} {' '.join(trail)}", path, [name for name, _ in matching.in_new_order], values)


def _identity(element: Tree) -> str:
    for member in _IDENTITIES:
        name = child(element, member)
        if isinstance(name, str):
            return name
    return text_of(child(element, "InstanceType"), "element")


def _are_structures(before: list[Tree], after: list[Tree]) -> bool:
    return all(isinstance(element, dict) for element in [*before, *after])


def _member(path: str, name: str) -> str:
    # Keys of these maps are the user's, not the API's.
    return name if path.endswith(("Environment", "HyperParameters")) else words(name)


def _what(trail: tuple[str, ...], values: tuple[Tree | None, Tree | None]) -> str | Turn:
    noun = " ".join(trail)
    if values[0] is None:
        return f"{noun} added: {shortened(summary(values[1]))}"
    if values[1] is None:
        return f"{noun} removed: {shortened(summary(values[0]))}"
    return turn(noun, values)
