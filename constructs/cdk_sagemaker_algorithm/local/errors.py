"""What keeps local AWS from starting."""

from __future__ import annotations


class LocalAwsError(Exception):
    """An error for the person at the terminal."""
