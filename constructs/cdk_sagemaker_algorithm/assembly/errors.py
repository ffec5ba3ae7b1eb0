"""Define the error of input that cannot be used."""

from __future__ import annotations


class InputError(ValueError):
    """An assembly, a template, an image or data cannot be read or used; the message names file, problem and fix."""
