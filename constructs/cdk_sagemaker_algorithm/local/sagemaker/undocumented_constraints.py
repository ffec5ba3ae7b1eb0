"""Check constraints that CreateAlgorithm enforces beyond the API model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdk_sagemaker_algorithm.local.sagemaker.errors import validation_error
from cdk_sagemaker_algorithm.local.sagemaker.request_validation import violation
from cdk_sagemaker_algorithm.model.json_access import structure, structures

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cdk_sagemaker_algorithm.model.json_access import JsonObject

_INPUT_MODES = "Member must satisfy constraint: [Member must satisfy enum value set: [Pipe, File]]"
_LEAST_PENDING = 7200
_RESERVED = "aws:"


def check_algorithm(request: JsonObject) -> None:
    """Reject requests that SageMaker is known to reject.

    Args:
        request: CreateAlgorithm request that conforms to the API model.

    Raises:
        ServiceError: If a constraint is violated; ValidationException with all violations.
    """
    found = [*_fast_file(request), *_profiles(request)]
    if found:
        count = f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: "
        raise validation_error(count + "; ".join(found))
    check_tags(structures(request, "Tags"))


def check_tags(tags: Sequence[Mapping[str, Any]]) -> None:
    """Reject reserved and duplicate tag keys.

    Args:
        tags: Tags of a request.

    Raises:
        ServiceError: ValidationException.
    """
    keys = [tag["Key"] for tag in tags]
    for key in keys:
        if key.lower().startswith(_RESERVED):
            raise validation_error("Aws reserved tag keys are not allowed: " + key)
    if len(set(keys)) != len(keys):
        raise validation_error("Duplicate tag keys found. Please note that Tag keys are case insensitive.")


def _fast_file(request: JsonObject) -> Iterator[str]:
    """Yield channels with FastFile, which SageMaker rejects although the API model lists it."""
    channels = structures(request, "TrainingSpecification", "TrainingChannels")
    for number, channel in enumerate(channels, 1):
        modes = channel["SupportedInputModes"]
        if "FastFile" in modes:
            path = f"trainingSpecification.trainingChannels.{number}.member.supportedInputModes"
            yield violation(modes, path, _INPUT_MODES)


def _profiles(request: JsonObject) -> Iterator[str]:
    """Yield violations of limits that are narrower than in the API model."""
    profiles = structures(request, "ValidationSpecification", "ValidationProfiles")
    for number, profile in enumerate(profiles, 1):
        job = structure(profile, "TrainingJobDefinition")
        base = f"validationSpecification.validationProfiles.{number}.member.trainingJobDefinition"
        pending = job["StoppingCondition"].get("MaxPendingTimeInSeconds")
        if pending is not None and pending < _LEAST_PENDING:
            path = f"{base}.stoppingCondition.maxPendingTimeInSeconds"
            yield violation(pending, path, f"Member must have value greater than or equal to {_LEAST_PENDING}")
        for member in ("SelectedInstanceType", "SelectedInstanceCount"):
            if (given := job["ResourceConfig"].get(member)) is not None:
                yield violation(given, f"{base}.resourceConfig.{member}", "Member must be null")
