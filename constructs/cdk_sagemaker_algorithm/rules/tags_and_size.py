"""Rules for tags, names and the size of a request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cdk_sagemaker_algorithm.rules import examples as ex
from cdk_sagemaker_algorithm.rules.request_view import is_list, items
from cdk_sagemaker_algorithm.rules.rule import Problem, rule
from cdk_sagemaker_algorithm.rules.rule_finding import RuleLevel
from cdk_sagemaker_algorithm_provider.contract.limits import MAX_TAGS, OWN_TAGS
from cdk_sagemaker_algorithm_provider.contract.resource_schema import ID_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_sagemaker_algorithm.rules.request_view import Definition

ERROR, WARNING = RuleLevel.ERROR, RuleLevel.WARNING

RESERVED_TAG_PREFIXES = ("aws:", ID_PREFIX)

# The event of an update contains the old and the new request. Step Functions accepts 256 KiB of input, and so
# does an asynchronous invocation of Lambda; 240 KB leave 22 KB for the rest of the event.
MOST_REQUEST_BYTES = 120_000


def _long_descriptions(length: int) -> ex.Fragment:
    """Return the maximum number of hyperparameters, each with a description and a default of this length."""
    long = "x" * length
    return ex.hyper_parameters(
        *(
            {"Name": f"option{index}", "Type": "FreeText", "Description": long, "DefaultValue": long}
            for index in range(100)
        )
    )


@rule(
    "tag-duplicate",
    ERROR,
    "tag keys must be unique",
    fails={"Tags": [{"Key": "team", "Value": "ml"}, {"Key": "team", "Value": "data"}]},
    passes={"Tags": [{"Key": "team", "Value": "ml"}, {"Key": "owner", "Value": "data"}]},
)
def tag_duplicate(definition: Definition) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, tag in items(definition.request, "Tags"):
        key = tag.get("Key")
        if isinstance(key, str) and first.setdefault(key, index) != index:
            yield Problem(("Tags", index, "Key"), f"is also the key of tag {first[key]}", key)


@rule(
    "tag-reserved",
    ERROR,
    "tag keys must not use prefixes reserved for AWS or this library",
    fails={"Tags": [{"Key": "aws:team", "Value": "ml"}]},
    passes={"Tags": [{"Key": "team", "Value": "ml"}]},
)
def tag_reserved(definition: Definition) -> Iterator[Problem]:
    for index, tag in items(definition.request, "Tags"):
        key = tag.get("Key")
        if isinstance(key, str) and key.lower().startswith(RESERVED_TAG_PREFIXES):
            prefix = key[: key.index(":") + 1]
            problem = f"begins with {prefix}, which is reserved; use a different key"
            yield Problem(("Tags", index, "Key"), problem, key)


@rule(
    "tag-count",
    ERROR,
    f"there is room for this library's {OWN_TAGS} tags among the {MAX_TAGS} that the service allows",
    why=f"{OWN_TAGS} tags record the ownership and state of the algorithm",
    fails={"Tags": [{"Key": f"key{index}", "Value": ""} for index in range(MAX_TAGS - OWN_TAGS + 1)]},
    passes={"Tags": [{"Key": f"key{index}", "Value": ""} for index in range(MAX_TAGS - OWN_TAGS)]},
)
def tag_count(definition: Definition) -> Iterator[Problem]:
    """Check the library's share of the limit; `item-count` checks SageMaker's own limit."""
    tags = definition.request.get("Tags")
    if is_list(tags) and MAX_TAGS - OWN_TAGS < len(tags) <= MAX_TAGS:
        yield Problem(("Tags",), f"has {len(tags)} items", allowed=f"at most {MAX_TAGS - OWN_TAGS}")


@rule(
    "algorithm-name-given",
    WARNING,
    "constructs should use generated names",
    why="algorithms are immutable: with an exact name, every later change of the definition requires a new name",
    fails={"AlgorithmName": "trees"},
    passes={},
    constructs_only=True,
)
def algorithm_name_given(definition: Definition) -> Iterator[Problem]:
    name = definition.request.get("AlgorithmName")
    if isinstance(name, str) and not definition.name_required:
        problem = "is an exact name; use algorithm_name_prefix unless consumers depend on the name"
        yield Problem(("AlgorithmName",), problem, name)


@rule(
    "request-size",
    ERROR,
    "a request must be small enough for Lambda and Step Functions",
    why="an update contains the old and the new definition, and Step Functions accepts 256 KiB",
    fails=_long_descriptions(1000),
    passes=_long_descriptions(100),
)
def request_size(definition: Definition) -> Iterator[Problem]:
    size = _size(definition.written)
    if size > MOST_REQUEST_BYTES:
        yield Problem((), f"is {size:,} bytes of JSON", allowed=f"at most {MOST_REQUEST_BYTES:,} bytes")


def _size(request: Any) -> int:
    try:
        return len(json.dumps(request, separators=(",", ":"), skipkeys=True, default=_opaque))
    except (RecursionError, ValueError):
        # The schema rules report a request that contains itself.
        return 0


def _opaque(_: object) -> str:
    """Count a token as empty."""
    return ""
