"""Filter, sort and paginate List operations."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.local.sagemaker.errors import validation_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cdk_sagemaker_algorithm.model.json_access import JsonObject

_PAGE = 10


def select(summaries: Iterable[JsonObject], request: JsonObject, *, prefix: str) -> list[JsonObject]:
    """Filter and sort the summaries of a List operation.

    Args:
        summaries: All summaries.
        request: List request.
        prefix: Prefix of the fields, such as `TrainingJob`.

    Returns:
        The selected summaries, sorted.
    """
    sort_by = request.get("SortBy", "CreationTime")
    key = sort_by if sort_by.endswith("Time") else f"{prefix}{sort_by}"
    kept = [summary for summary in summaries if _wanted(summary, request, prefix)]
    return sorted(kept, key=lambda summary: summary[key], reverse=request.get("SortOrder") == "Descending")


def page(items: list[JsonObject], request: JsonObject, *, member: str) -> JsonObject:
    """Return one page of a list.

    Args:
        items: Complete list.
        request: List request.
        member: Field of the response that contains the page.

    Returns:
        The response, with NextToken if there are more pages.

    Raises:
        ServiceError: ValidationException for an invalid token.
    """
    start = _offset(request.get("NextToken"))
    end = start + request.get("MaxResults", _PAGE)
    answer: JsonObject = {member: items[start:end]}
    if end < len(items):
        answer["NextToken"] = base64.b64encode(str(end).encode()).decode()
    return answer


def _wanted(summary: JsonObject, request: JsonObject, prefix: str) -> bool:
    """Return whether a summary matches all filters."""
    checks = [
        request.get("NameContains", "").lower() in summary[f"{prefix}Name"].lower(),
        request.get("StatusEquals") in (None, summary.get(f"{prefix}Status")),
    ]
    for member in ("CreationTime", "LastModifiedTime"):
        after, before = request.get(f"{member}After"), request.get(f"{member}Before")
        checks.append(after is None or summary[member] >= after)
        checks.append(before is None or summary[member] <= before)
    return all(checks)


def _offset(token: str | None) -> int:
    """Read a NextToken."""
    if token is None:
        return 0
    try:
        return int(base64.b64decode(token, validate=True))
    except ValueError:
        raise validation_error("Invalid NextToken") from None
