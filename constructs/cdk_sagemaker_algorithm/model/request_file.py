"""CreateAlgorithm requests as they come: dicts and JSON files, whatever is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cdk_sagemaker_algorithm.model.json_file import parse_object, read_text
from cdk_sagemaker_algorithm_provider.contract.json_types import is_array, is_object
from cdk_sagemaker_algorithm_provider.contract.resource_schema import DEFINITION_MEMBERS

_NAME: Final = "AlgorithmName"
_TAGS: Final = "Tags"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request taken apart for the construct.

    Attributes:
        content: The members that make up the definition.
        name: The exact name; None where the request has none.
        tags: The tags that can be set.
        rest: All that a construct cannot carry, for the rules to refuse: unknown members, nulls, malformed tags.
    """

    content: Mapping[str, Any]
    name: Any
    tags: Mapping[str, str]
    rest: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def read(cls, request: Mapping[str, Any] | str | Path) -> Request:
        """Take a request apart.

        Args:
            request: The request, or the path of a JSON file that holds it.

        Raises:
            ValueError: The file is not JSON, or holds no object.
        """
        members = request if isinstance(request, Mapping) else parse_object(read_text(str(request)), str(request))
        content = {member: members[member] for member in DEFINITION_MEMBERS if members.get(member) is not None}
        tags, all_tags = _tags(members.get(_TAGS))
        rest = {
            member: value
            for member, value in members.items()
            if (member not in content and member not in (_NAME, _TAGS))
            or (member == _NAME and value is None)
            or (member == _TAGS and not all_tags)
        }
        return cls(content=content, name=members.get(_NAME), tags=tags, rest=rest)


def _tags(given: Any) -> tuple[dict[str, str], bool]:
    """The tags that have the form of one, and whether that is all there is to say."""
    found: dict[str, str] = {}
    entries = list(given) if is_array(given) else []
    for tag in entries:
        if is_object(tag) and set(tag) == {"Key", "Value"} and all(isinstance(each, str) for each in tag.values()):
            found[tag["Key"]] = tag["Value"]
    return found, is_array(given) and len(found) == len(entries)
