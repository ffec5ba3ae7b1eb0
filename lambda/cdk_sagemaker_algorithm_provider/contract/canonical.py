"""The canonical form of a request, and the names that follow from it.

Names are addresses of content: whoever has the properties can work out the algorithm's name, so a repeated event
finds what the first one made, and a rollback finds the old algorithm. Therefore nothing here may ever change its
result for the same input; a test pins examples.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cdk_sagemaker_algorithm_provider.contract import resource_schema
from cdk_sagemaker_algorithm_provider.contract.json_types import is_array, is_object
from cdk_sagemaker_algorithm_provider.contract.limits import FINGERPRINT_LENGTH, PREFIX_LENGTH


def content(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The members of CreateAlgorithm among a resource's properties, name and tags left out."""
    members = resource_schema.DEFINITION_MEMBERS
    return {member: properties[member] for member in members if properties.get(member) is not None}


def canonical(value: Any) -> Any:
    """The same value as CloudFormation would deliver it: every scalar a string, nothing null, keys sorted."""
    if is_object(value):
        return {key: canonical(value[key]) for key in sorted(value) if value[key] is not None}
    if is_array(value):
        return [canonical(child) for child in value]
    return _scalar(value)


def same_content(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two sets of properties ask for the same algorithm, whatever its name and tags."""
    return bool(canonical(content(one)) == canonical(content(other)))


def fingerprint(properties: Mapping[str, Any], *, stack_id: str, logical_id: str) -> str:
    """Twelve hexadecimal digits that stand for the content, its owner and the revision."""
    parts = [canonical(content(properties)), stack_id, logical_id, revision(properties)]
    text = json.dumps(parts, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:FINGERPRINT_LENGTH]


def revision(properties: Mapping[str, Any]) -> str:
    """The user's revision; another one makes another algorithm of the same content."""
    value = properties.get(resource_schema.REVISION)
    return "" if value is None else _scalar(value)


def algorithm_name(properties: Mapping[str, Any], *, stack_id: str, logical_id: str) -> str:
    """The exact name where the user gave one, else the prefix and the fingerprint."""
    explicit = properties.get(resource_schema.ALGORITHM_NAME)
    if explicit:
        return str(explicit)
    prefix = str(properties.get(resource_schema.ALGORITHM_NAME_PREFIX) or logical_id)[:PREFIX_LENGTH].rstrip("-")
    return f"{prefix}-{fingerprint(properties, stack_id=stack_id, logical_id=logical_id)}"


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
