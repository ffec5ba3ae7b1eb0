"""Define the error of adoption and release."""

from __future__ import annotations


class AdoptionError(Exception):
    """Error that prevents marking or releasing an algorithm; the message contains the reason and the fix."""

    def __init__(self, message: str, *, missing: bool = False) -> None:
        """Create an error.

        Args:
            message: Problem and fix.
            missing: True if the algorithm does not exist.
        """
        super().__init__(message)
        self.missing = missing
