"""Compute the canonical form of a request, its fingerprint and the generated name.

The same properties always have the same name. A repeated request therefore finds the algorithm that the first request
created, and a rollback finds the previous algorithm. For the same input the result must never change: tests pin
examples.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from cdk_sagemaker_algorithm_provider.contract import resource_schema
from cdk_sagemaker_algorithm_provider.contract.json_types import is_array, is_object
from cdk_sagemaker_algorithm_provider.contract.limits import FINGERPRINT_LENGTH, PREFIX_LENGTH

#: Lists that SageMaker treats as sets, and the field that names an element; empty for scalars. All other lists keep
#: their order: docs/design.md has the reasons.
SETS: Mapping[str, str] = MappingProxyType(
    {
        "InputDataConfig": "ChannelName",
        "MetricDefinitions": "Name",
        "SupportedCompressionTypes": "",
        "SupportedContentTypes": "",
        "SupportedHyperParameters": "Name",
        "SupportedInputModes": "",
        "SupportedRealtimeInferenceInstanceTypes": "",
        "SupportedResponseMIMETypes": "",
        "SupportedTrainingInstanceTypes": "",
        "SupportedTransformInstanceTypes": "",
        "SupportedTuningJobObjectiveMetrics": "MetricName",
        "TrainingChannels": "Name",
        "ValidationProfiles": "ProfileName",
    }
)
_MAPS = frozenset({"Environment", "HyperParameters"})
#: Fields that mean the same when they are false or empty as when they are absent.
_ABSENT_IF_FALSE = frozenset({"CertifyForMarketplace", "IsRequired", "IsTunable", "SupportsDistributedTraining"})
_ABSENT_IF_EMPTY = frozenset(
    {
        "AlgorithmDescription",
        "Description",
        "Environment",
        "HyperParameters",
        "MetricDefinitions",
        "SupportedCompressionTypes",
        "SupportedHyperParameters",
        "SupportedTuningJobObjectiveMetrics",
    }
)


def content(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition: the properties that are fields of CreateAlgorithm, without name and tags."""
    members = resource_schema.DEFINITION_MEMBERS
    return {member: properties[member] for member in members if properties.get(member) is not None}


def canonical(value: Any) -> Any:
    """Return a value in canonical form: scalars as strings, as CloudFormation delivers them, and keys sorted.

    Values with the same meaning for SageMaker have the same form. Lists that SageMaker treats as sets are sorted. Null
    fields, and fields with the meaning of an absent field, are omitted.
    """
    if is_object(value):
        members = {key: _member(key, value[key]) for key in sorted(value) if value[key] is not None}
        return {key: child for key, child in members.items() if not _means_absent(key, child)}
    if is_array(value):
        return [canonical(child) for child in value]
    return scalar(value)


def _member(key: str, value: Any) -> Any:
    if key in _MAPS and is_object(value):
        # The keys are names that the user chose, not fields of the API.
        return {name: canonical(value[name]) for name in sorted(value) if value[name] is not None}
    child = canonical(value)
    if key in SETS and isinstance(child, list):
        return sorted(child, key=lambda item: _order(item, SETS[key]))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType, reportUnknownLambdaType]
    return child  # pyright: ignore[reportUnknownVariableType]


def _order(item: Any, name: str) -> tuple[str, str]:
    named = str(item.get(name, "")) if name and isinstance(item, dict) else ""  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    return named, json.dumps(item, sort_keys=True)


def _means_absent(key: str, child: Any) -> bool:
    return (key in _ABSENT_IF_FALSE and child == "false") or (key in _ABSENT_IF_EMPTY and child in ("", [], {}))


def same_content(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two sets of properties have the same definition; names and tags are ignored."""
    return bool(canonical(content(one)) == canonical(content(other)))


def fingerprint(properties: Mapping[str, Any], *, stack_id: str, logical_id: str) -> str:
    """Return the fingerprint: 12 hexadecimal digits of the definition, the owner and the revision."""
    parts = [canonical(content(properties)), stack_id, logical_id, revision(properties)]
    text = json.dumps(parts, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:FINGERPRINT_LENGTH]


def revision(properties: Mapping[str, Any]) -> str:
    """Return the revision; an empty string if it is not set."""
    value = properties.get(resource_schema.REVISION)
    return "" if value is None else scalar(value)


def algorithm_name(properties: Mapping[str, Any], *, stack_id: str, logical_id: str) -> str:
    """Return the exact name if it is set, otherwise the prefix in lower case and the fingerprint.

    SageMaker's responses differ in the case of ARNs, so a generated name has no capital letters.
    """
    explicit = properties.get(resource_schema.ALGORITHM_NAME)
    if explicit:
        return str(explicit)
    prefix = (
        str(properties.get(resource_schema.ALGORITHM_NAME_PREFIX) or logical_id)[:PREFIX_LENGTH].rstrip("-").lower()
    )
    return f"{prefix}-{fingerprint(properties, stack_id=stack_id, logical_id=logical_id)}"


def scalar(value: Any) -> str:
    """Return a scalar as CloudFormation delivers it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
