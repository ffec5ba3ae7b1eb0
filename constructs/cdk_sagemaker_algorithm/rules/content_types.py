"""Which content types a declared list includes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.rules.request_view import Values


def lacks_type(supported: Values, given: object) -> bool:
    """Whether a content type is surely not supported; parameters after a semicolon do not count."""
    if not isinstance(given, str) or not given or not supported.given or not supported.complete:
        return False
    wanted = _essence(given)
    return not any(_covers(_essence(each), wanted) for each in supported.known)


def _covers(declared: str, wanted: str) -> bool:
    """Whether a declared content type, which may end in a wildcard as in ``text/*``, includes another."""
    if declared in {wanted, "*", "*/*"}:
        return True
    return declared.endswith("/*") and wanted.startswith(declared[:-1])


def _essence(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()
