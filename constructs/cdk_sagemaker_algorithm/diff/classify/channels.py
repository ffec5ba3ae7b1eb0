"""Compare training channels."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.diff.classify.change import Change, Effect, Impact
from cdk_sagemaker_algorithm.diff.classify.flags import Flag, flag
from cdk_sagemaker_algorithm.diff.classify.named_lists import AllowedValues, Element, Matching, NamedList, by
from cdk_sagemaker_algorithm.diff.classify.scalars import leaf_changes
from cdk_sagemaker_algorithm.model.json_access import Tree, child

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
_REQUIRED_REASON = "requests without it were accepted and are rejected now"


def _removed(element: Element, _: Tree, matching: Matching) -> Effect:
    reason = _because("requests that set it are rejected now", matching.renamed(element.name, _NAMES))
    return Effect(matching.impact(Impact.BREAKING), "removed", reason, element.subject)


def _added(element: Element, new: Tree, matching: Matching) -> Effect:
    hint, required = matching.renamed(element.name, _NAMES), flag(new, "IsRequired")
    if required is None:
        return Effect(Impact.UNKNOWN, "added", unresolved.explain(None, new))
    if not required:
        return Effect(Impact.COMPATIBLE, "added, optional", hint)
    reason = _because(_REQUIRED_REASON, hint)
    return Effect(matching.impact(Impact.BREAKING), "added, required", reason, f"no {element.subject}")


def _pair(element: Element, old: Tree, new: Tree) -> Iterator[Change]:
    subject, path = element.subject, element.path
    required = Flag(
        member="IsRequired",
        noun="required",
        on=Effect(Impact.BREAKING, "required now", _REQUIRED_REASON, f"no {subject}"),
        off=Effect(Impact.COMPATIBLE, "no longer required"),
    )
    yield from required.compare(subject, f"{path}.IsRequired", old, new)
    for choices in (
        AllowedValues(
            subject=subject,
            noun="content type",
            path=f"{path}.SupportedContentTypes",
            request=f"{subject} ContentType",
            default=None,
        ),
        AllowedValues(
            subject=subject,
            noun="compression type",
            path=f"{path}.SupportedCompressionTypes",
            request=f"{subject} CompressionType",
            default=("None",),
        ),
        AllowedValues(
            subject=subject,
            noun="input mode",
            path=f"{path}.SupportedInputModes",
            request=f"{subject} InputMode",
        ),
    ):
        member = choices.path.rpartition(".")[2]
        yield from choices.compare(child(old, member), child(new, member))
    yield from leaf_changes(subject, path, old, new, Impact.DOCUMENTATION, only=frozenset({"Description"}))
    yield from leaf_changes(subject, path, old, new, Impact.BEHAVIOR, without=_KNOWN)


def _because(*reasons: str) -> str:
    return "; ".join(filter(None, reasons))


CHANNELS = NamedList(
    noun="channel",
    path="TrainingSpecification.TrainingChannels",
    name_of=by("Name"),
    removed=_removed,
    added=_added,
    compare_pair=_pair,
)
