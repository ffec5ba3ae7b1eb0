"""Read CreateAlgorithm requests from dicts and JSON files, including invalid ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cdk_sagemaker_algorithm.model.json_file import parse_object, read_text
from cdk_sagemaker_algorithm_provider.contract.json_types import is_array, is_object
from cdk_sagemaker_algorithm_provider.contract.resource_schema import ALGORITHM_NAME, DEFINITION_MEMBERS, TAGS


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The parts of a request that a construct uses.

    Attributes:
        content: Fields of the definition.
        name: Exact name; None if the request has none.
        tags: Valid tags.
        rest: Parts that a construct cannot use, for the rules to reject: unknown fields, nulls, malformed tags.
    """

    content: Mapping[str, Any]
    name: Any
    tags: Mapping[str, str]
    rest: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def read(cls, request: Mapping[str, Any] | str | Path) -> Request:
        """Read a request.

        Args:
            request: A dict, or the path of a JSON file.

        Raises:
            ValueError: If the file is not JSON, or contains no object.
        """
        members = request if isinstance(request, Mapping) else parse_object(read_text(str(request)), str(request))
        content = {member: members[member] for member in DEFINITION_MEMBERS if members.get(member) is not None}
        tags, all_tags = _tags(members.get(TAGS))
        rest = {
            member: value
            for member, value in members.items()
            if (member not in content and member not in (ALGORITHM_NAME, TAGS))
            or (member == ALGORITHM_NAME and value is None)
            or (member == TAGS and not all_tags)
        }
        return cls(content=content, name=members.get(ALGORITHM_NAME), tags=tags, rest=rest)


def _tags(given: Any) -> tuple[dict[str, str], bool]:
    """Return the valid tags, and whether all tags are valid."""
    tags: dict[str, str] = {}
    entries = list(given) if is_array(given) else []
    for tag in entries:
        if is_object(tag) and set(tag) == {"Key", "Value"} and all(isinstance(text, str) for text in tag.values()):
            tags[tag["Key"]] = tag["Value"]
    return tags, is_array(given) and len(tags) == len(entries)
