"""Compare training channels."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.assembly.unresolved import Equality
from cdk_sagemaker_algorithm.diff.classify.change import Change, Impact, make, unknown
from cdk_sagemaker_algorithm.diff.classify.flags import flag, spelled_out
from cdk_sagemaker_algorithm.diff.classify.named_lists import (
    AllowedValues,
    Matching,
    by,
    is_opaque,
    match,
    opaque,
    presence,
    turn,
)
from cdk_sagemaker_algorithm.diff.classify.scalars import leaf_changes
from cdk_sagemaker_algorithm.model.json_tree import Tree, child

_PATH = "TrainingSpecification.TrainingChannels"
_NAMES = ("Name", "Description")
_KNOWN = frozenset(
    {
        "Name",
        "Description",
        "IsRequired",
        "SupportedContentTypes",
        "SupportedCompressionTypes",
        "SupportedInputModes",
    }
)


def compare_channels(before: Tree | None, after: Tree | None) -> Iterator[Change]:
    """Yield the changes between two lists of channels."""
    if is_opaque(before, after):
        yield from opaque("channels", _PATH, before, after)
        return
    matching = match(before, after, by("Name"))
    for name, old in matching.removed:
        reason = _because("requests that set it are rejected now", matching.renamed(name, _NAMES))
        impact, values = matching.impact(Impact.BREAKING), (old, None)
        yield make(
            impact, f"channel {name}", "removed", _path(name), values, reason=reason, counterexample=f"channel {name}"
        )
    for name, new in matching.added:
        yield _added(name, new, matching)
    for name, old, new in matching.both:
        yield from _pair(name, old, new)
    yield from presence("channels", _PATH, before, after)


def _added(name: str, new: Tree, matching: Matching) -> Change:
    hint, required = matching.renamed(name, _NAMES), flag(new, "IsRequired")
    subject, values = f"channel {name}", (None, new)
    if required is None:
        return unknown(subject, "added", _path(name), values)
    if not required:
        return make(Impact.COMPATIBLE, subject, "added, optional", _path(name), values, reason=hint)
    reason = _because("requests without it were accepted and are rejected now", hint)
    impact = matching.impact(Impact.BREAKING)
    return make(
        impact, subject, "added, required", _path(name), values, reason=reason, counterexample=f"no channel {name}"
    )


def _pair(name: str, old: Tree, new: Tree) -> Iterator[Change]:
    subject, path = f"channel {name}", _path(name)
    if is_opaque(old, new):
        yield from opaque(subject, path, old, new)
        return
    yield from _required(name, old, new)
    for choices in (
        AllowedValues(
            subject=subject,
            noun="content type",
            path=f"{path}.SupportedContentTypes",
            request=f"channel {name} ContentType",
            default=None,
        ),
        AllowedValues(
            subject=subject,
            noun="compression type",
            path=f"{path}.SupportedCompressionTypes",
            request=f"channel {name} CompressionType",
            default=("None",),
        ),
        AllowedValues(
            subject=subject,
            noun="input mode",
            path=f"{path}.SupportedInputModes",
            request=f"channel {name} InputMode",
        ),
    ):
        member = choices.path.rpartition(".")[2]
        yield from choices.compare(child(old, member), child(new, member))
    yield from leaf_changes(subject, path, old, new, Impact.DOCUMENTATION, only=frozenset({"Description"}))
    yield from leaf_changes(subject, path, old, new, Impact.BEHAVIOR, without=_KNOWN)


def _required(name: str, old: Tree, new: Tree) -> Iterator[Change]:
    subject, path = f"channel {name}", f"{_path(name)}.IsRequired"
    values = (child(old, "IsRequired"), child(new, "IsRequired"))
    finding = unresolved.compare(*values)
    if finding is Equality.UNDECIDED:
        yield unknown(subject, turn("required", values), path, values)
    elif finding is Equality.DIFFERENT:
        before, after = flag(old, "IsRequired"), flag(new, "IsRequired")
        if before == after:
            yield spelled_out(subject, "required", path, values)
        elif after:
            reason = "requests without it were accepted and are rejected now"
            counterexample = f"no channel {name}"
            yield make(
                Impact.BREAKING, subject, "required now", path, values, reason=reason, counterexample=counterexample
            )
        else:
            yield make(Impact.COMPATIBLE, subject, "no longer required", path, values)


def _because(*reasons: str) -> str:
    return "; ".join(filter(None, reasons))


def _path(name: str) -> str:
    return f"{_PATH}[{name}]"
