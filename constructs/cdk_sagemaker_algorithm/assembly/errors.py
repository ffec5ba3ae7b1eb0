"""Errors about assemblies and templates."""

from __future__ import annotations


class InputError(ValueError):
    """An assembly or a template cannot be read; the message names the file, the problem and the fix."""
