"""Errors of adoption."""

from __future__ import annotations


class AdoptionError(Exception):
    """An algorithm cannot be marked or released; the message says why, and what to do."""

    def __init__(self, message: str, *, missing: bool = False) -> None:
        """Take the message.

        Args:
            message: What is wrong, and what to do.
            missing: Whether there is no such algorithm.
        """
        super().__init__(message)
        self.missing = missing
