"""Errors about assemblies and templates."""

from __future__ import annotations


class InputError(ValueError):
    """Invalid or unreadable assembly or template; the message names file, problem and fix."""
