"""Compare inference specifications."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_sagemaker_algorithm.diff.classify.change import Change, Effect, Impact, make
from cdk_sagemaker_algorithm.diff.classify.named_lists import (
    AllowedValues,
    NamedList,
    always,
    is_opaque,
    opaque,
)
from cdk_sagemaker_algorithm.diff.classify.scalars import leaf_changes
from cdk_sagemaker_algorithm.diff.classify.training import image_changes
from cdk_sagemaker_algorithm.model.json_access import Tree, child, elements, text_of

_PATH = "InferenceSpecification"
_CHOICES = (
    AllowedValues(
        subject="batch transform",
        noun="instance type",
        path=f"{_PATH}.SupportedTransformInstanceTypes",
        request="transform InstanceType",
    ),
    AllowedValues(
        subject="real-time inference",
        noun="instance type",
        path=f"{_PATH}.SupportedRealtimeInferenceInstanceTypes",
        request="endpoint InstanceType",
    ),
    AllowedValues(
        subject="inference",
        noun="content type",
        path=f"{_PATH}.SupportedContentTypes",
        request="ContentType",
        default=None,
    ),
    AllowedValues(
        subject="inference",
        noun="response type",
        path=f"{_PATH}.SupportedResponseMIMETypes",
        request="Accept",
        default=None,
    ),
)
_MEMBERS = frozenset(choices.path.rpartition(".")[2] for choices in _CHOICES)
# Read by the Inference Recommender only: no effect on requests or containers.
_DESCRIPTIVE = frozenset({"Framework", "FrameworkVersion", "NearestModelName"})
_IMAGE = ("Image", "ImageDigest")
_REORDERED = Effect(Impact.BEHAVIOR, "order changed", "containers run one after the other, so their order matters")
_OTHER_CONTAINERS = "the same requests are accepted, and other containers process them"


def compare_inference(before: Tree | None, after: Tree | None) -> Iterator[Change]:
    """Yield the changes between two inference specifications."""
    if is_opaque(before, after):
        yield from opaque("inference specification", _PATH, before, after)
    elif before is None and after is not None:
        reason = "models can be created from it now"
        yield make(Impact.COMPATIBLE, "inference", "specification added", _PATH, (None, after), reason=reason)
    elif before is not None and after is None:
        reason = "requests to create a model, an endpoint or a batch transform from it are rejected now"
        what = "specification removed"
        yield make(Impact.BREAKING, "inference", what, _PATH, (before, None), reason=reason, counterexample="any model")
    else:
        yield from _containers(child(before, "Containers"), child(after, "Containers"))
        for choices in _CHOICES:
            member = choices.path.rpartition(".")[2]
            yield from choices.compare(child(before, member), child(after, member))
        yield from leaf_changes("inference", _PATH, before, after, Impact.BEHAVIOR, without=_MEMBERS | {"Containers"})


def _containers(before: Tree | None, after: Tree | None) -> Iterator[Change]:
    old, new = elements(before), elements(after)
    if len(old) == len(new) == 1:
        yield from _container("container", f"{_CONTAINERS.path}[0]", old[0], new[0])
        return
    if len(old) == len(new) and old != new and sorted(map(str, old)) == sorted(map(str, new)):
        yield _REORDERED.change("containers", _CONTAINERS.path, (before, after))
        return
    yield from _CONTAINERS.compare(before, after)


def _name(container: Tree) -> str:
    # Containers without a hostname share one name; the matching numbers them by position.
    return text_of(child(container, "ContainerHostname"), "without hostname")


def _container(subject: str, path: str, old: Tree, new: Tree) -> Iterator[Change]:
    if is_opaque(old, new):
        yield from opaque(subject, path, old, new)
        return
    yield from image_changes(subject, path, old, new, _IMAGE)
    yield from leaf_changes(
        subject,
        path,
        old,
        new,
        Impact.BEHAVIOR,
        reason="the same requests are accepted, but results can differ",
        without=_DESCRIPTIVE | frozenset(_IMAGE),
    )
    yield from leaf_changes(subject, path, old, new, Impact.DOCUMENTATION, only=_DESCRIPTIVE)


_CONTAINERS = NamedList(
    noun="container",
    path=f"{_PATH}.Containers",
    name_of=_name,
    removed=always(Effect(Impact.BEHAVIOR, "removed", _OTHER_CONTAINERS)),
    added=always(Effect(Impact.BEHAVIOR, "added", _OTHER_CONTAINERS)),
    compare_pair=lambda element, old, new: _container(element.subject, element.path, old, new),
    order=_REORDERED,
    by_position=True,
)
