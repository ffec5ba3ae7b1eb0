"""Compare content types with declared lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.rules.request_view import Values


def lacks_type(supported: Values, given: object) -> bool:
    """Return whether a list certainly does not include a content type; parameters after a semicolon are ignored."""
    if not isinstance(given, str) or not given or not supported.given or not supported.complete:
        return False
    essence = _essence(given)
    return not any(_covers(_essence(declared), essence) for declared in supported.known)


def _covers(declared: str, wanted: str) -> bool:
    """Return whether a declared content type, possibly with a wildcard as in ``text/*``, includes another."""
    if declared in {wanted, "*", "*/*"}:
        return True
    return declared.endswith("/*") and wanted.startswith(declared[:-1])


def _essence(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()
