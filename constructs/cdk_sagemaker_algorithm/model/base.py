"""What all dataclasses of the model have in common."""

from __future__ import annotations

from typing import ClassVar


class Structure:
    """A structure of the API. Fields are its members, in the API's order; None leaves one out."""

    __slots__ = ()

    shape_name: ClassVar[str]
    """The structure's name in the API."""
