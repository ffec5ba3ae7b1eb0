"""Errors of preflight's input."""

from __future__ import annotations


class InputError(ValueError):
    """The assembly, the images or the data cannot be used; the message names the options that fix it."""
