"""Base class of the model's dataclasses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True, slots=True)
class Structure:
    """A structure of the API. Fields are its members, in the API's order; None leaves one out."""

    shape_name: ClassVar[str]
    """The structure's name in the API."""
