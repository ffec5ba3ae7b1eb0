"""What can go wrong with an import, in words for people."""

from __future__ import annotations


class ImportingError(ValueError):
    """No source can be written for what was given."""
