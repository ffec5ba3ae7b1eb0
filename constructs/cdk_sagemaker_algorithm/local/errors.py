"""Errors that prevent local AWS from starting."""

from __future__ import annotations


class LocalAwsError(Exception):
    """Error that prevents local AWS from starting or running a command."""
