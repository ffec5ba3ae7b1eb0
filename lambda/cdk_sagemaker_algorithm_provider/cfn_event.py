"""Parse and check custom resource requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cdk_sagemaker_algorithm_provider.contract.json_types import is_object

REQUEST_TYPES = ("Create", "Update", "Delete")


class InvalidEventError(ValueError):
    """The event is not a custom resource request; the message contains the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceEvent:
    """A custom resource request."""

    request_type: str
    request_id: str
    stack_id: str
    logical_id: str
    resource_type: str
    properties: Mapping[str, Any]
    old_properties: Mapping[str, Any] = field(default_factory=dict[str, Any])
    physical_id: str = ""

    @classmethod
    def parse(cls, event: Mapping[str, Any]) -> ResourceEvent:
        """Parse an event.

        Raises:
            InvalidEventError: a member is missing or of the wrong type.
        """
        request_type = _text(event, "RequestType")
        if request_type not in REQUEST_TYPES:
            allowed = ", ".join(REQUEST_TYPES)
            raise InvalidEventError(f"RequestType is {request_type!r}; allowed: {allowed}")
        return cls(
            request_type=request_type,
            request_id=_text(event, "RequestId"),
            stack_id=_text(event, "StackId"),
            logical_id=_text(event, "LogicalResourceId"),
            resource_type=_text(event, "ResourceType"),
            properties=_mapping(event, "ResourceProperties"),
            old_properties=_mapping(event, "OldResourceProperties") if request_type == "Update" else {},
            physical_id="" if request_type == "Create" else _text(event, "PhysicalResourceId"),
        )


def _text(event: Mapping[str, Any], member: str) -> str:
    value = event.get(member)
    if not isinstance(value, str) or not value:
        raise InvalidEventError(f"{member} is missing from CloudFormation's event, or not a string")
    return value


def _mapping(event: Mapping[str, Any], member: str) -> Mapping[str, Any]:
    value = event.get(member, {})
    if not is_object(value):
        raise InvalidEventError(f"{member} of CloudFormation's event is not an object")
    return value
