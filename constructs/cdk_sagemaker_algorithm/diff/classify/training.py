"""Compare training specifications."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.diff.classify.change import Change, Effect, Impact, Turn, make
from cdk_sagemaker_algorithm.diff.classify.channels import CHANNELS
from cdk_sagemaker_algorithm.diff.classify.flags import Flag
from cdk_sagemaker_algorithm.diff.classify.hyperparameters import HYPERPARAMETERS
from cdk_sagemaker_algorithm.diff.classify.metrics import compare_metrics
from cdk_sagemaker_algorithm.diff.classify.named_lists import AllowedValues, is_opaque, opaque
from cdk_sagemaker_algorithm.diff.classify.scalars import leaf_changes
from cdk_sagemaker_algorithm.model.json_access import Tree, child, text_of

_PATH = "TrainingSpecification"
# Fields with a comparison of their own; every other field is a behavior change.
_KNOWN = frozenset(
    {
        "TrainingImage",
        "TrainingImageDigest",
        "SupportedHyperParameters",
        "SupportedTrainingInstanceTypes",
        "SupportsDistributedTraining",
        "MetricDefinitions",
        "TrainingChannels",
        "SupportedTuningJobObjectiveMetrics",
    }
)
_INSTANCE_TYPES = AllowedValues(
    subject="training",
    noun="instance type",
    path=f"{_PATH}.SupportedTrainingInstanceTypes",
    request="InstanceType",
)
_DISTRIBUTED = Flag(
    member="SupportsDistributedTraining",
    noun="distributed training",
    on=Effect(Impact.COMPATIBLE, "distributed training supported now"),
    off=Effect(
        Impact.BREAKING,
        "distributed training no longer supported",
        "requests for several instances are rejected now",
        "InstanceCount=2",
    ),
)
IMAGE_REASON = "the same requests are accepted, and run another image"


def compare_training(before: Tree | None, after: Tree | None) -> Iterator[Change]:
    """Yield the changes between two training specifications."""
    if is_opaque(before, after):
        yield from opaque("training specification", _PATH, before, after)
        return
    yield from image_changes("training", _PATH, before, after, ("TrainingImage", "TrainingImageDigest"))
    yield from HYPERPARAMETERS.compare(
        child(before, "SupportedHyperParameters"), child(after, "SupportedHyperParameters")
    )
    yield from CHANNELS.compare(child(before, "TrainingChannels"), child(after, "TrainingChannels"))
    yield from _INSTANCE_TYPES.compare(
        child(before, "SupportedTrainingInstanceTypes"), child(after, "SupportedTrainingInstanceTypes")
    )
    yield from _DISTRIBUTED.compare("training", f"{_PATH}.{_DISTRIBUTED.member}", before, after)
    yield from compare_metrics(before, after)
    yield from leaf_changes("training", _PATH, before, after, Impact.BEHAVIOR, without=_KNOWN)


def image_changes(
    subject: str, path: str, before: Tree | None, after: Tree | None, names: tuple[str, str]
) -> Iterator[Change]:
    """Yield the changes of an image and its digest."""
    image, digest = names
    yield from leaf_changes(subject, path, before, after, Impact.BEHAVIOR, reason=IMAGE_REASON, only=frozenset({image}))
    values = (child(before, digest), child(after, digest))
    if unresolved.is_decided(values[0]) and unresolved.is_decided(values[1]) and None not in values:
        old, new = text_of(values[0]), text_of(values[1])
        if old != new and old.lower() == new.lower():
            reason = "the same digest in different notation"
            yield make(Impact.NONE, subject, Turn("image digest", old, new), f"{path}.{digest}", values, reason=reason)
            return
    reason = "the digest determines the image that runs"
    yield from leaf_changes(subject, path, before, after, Impact.BEHAVIOR, reason=reason, only=frozenset({digest}))
