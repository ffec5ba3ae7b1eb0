"""Read all pages of a List operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any


def pages(call: Callable[..., Mapping[str, Any]], *, member: str = "NextToken", **parameters: Any) -> Iterator[Any]:
    """Yield the responses of a List operation; a page is requested when it is needed.

    Args:
        call: Method of a client.
        member: Response field that holds the token for the next page, and the request field that takes it.
        parameters: Fields of the request.
    """
    page = call(**parameters)
    yield page
    while page.get(member):
        page = call(**parameters, **{member: page[member]})
        yield page
