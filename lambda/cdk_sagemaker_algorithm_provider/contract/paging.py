"""Reading all pages of a list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any


def pages(call: Callable[..., Mapping[str, Any]], *, member: str = "NextToken", **parameters: Any) -> Iterator[Any]:
    """The responses of a List operation, page by page, read as they are asked for.

    Args:
        call: The client's method.
        member: The name of the field that a response has where there is more; the next request takes it.
        parameters: The request.
    """
    page = call(**parameters)
    yield page
    while page.get(member):
        page = call(**parameters, **{member: page[member]})
        yield page
