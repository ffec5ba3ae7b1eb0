"""What is wrong with the input of a comparison."""

from __future__ import annotations


class InputError(ValueError):
    """BASE or HEAD cannot be read; the message says where, what was found and what is allowed."""
