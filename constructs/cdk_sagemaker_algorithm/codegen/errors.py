"""Define errors of code generation."""

from __future__ import annotations


class ImportingError(ValueError):
    """No code can be generated from the input."""
