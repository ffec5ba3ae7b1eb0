"""Match the API's Java regexes with Python.

A whole string must match, as in Java's ``matches()``. Patterns that Python cannot compile are skipped: `matcher`
returns None.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# One character class, repeated, with or without a group around it.
_REPEATED_CLASS = re.compile(r"\(?\[((?:\\.|\\p\{\w+\}|[^\]\\&^\[])+)\]([*+])\)?")
_CLASS_PART = re.compile(r"\\p\{(?P<category>[LMNPSZC])\}|\\(?P<escaped>[^\w\s])|(?P<literal>[^\\])")
# Escapes that mean the same in both languages, ASCII only as Java has them.
_SHARED_ESCAPES = frozenset("dDsSwWnrtf")
# Java's dot stops at more line ends than Python's.
_DOT = "[^\\n\\r\\x85\\u2028\\u2029]"


@cache
def matcher(pattern: str) -> Callable[[str], object] | None:
    """Return a function that tests whether a whole string matches a pattern; None if Python cannot compile it.

    Args:
        pattern: A Java regex of the API model.
    """
    if r"\p{" in pattern:
        return _category_matcher(pattern)
    translated = _translate(pattern)
    if translated is None:
        return None
    try:
        return re.compile(translated, re.ASCII).fullmatch
    except re.error:
        return None


def admits_anything_printable(pattern: str) -> bool:
    """Return whether every string without control characters matches, so that `str.isprintable` is sufficient."""
    return pattern in {".*", r"[\S\s]*", r"[\p{L}\p{M}\p{Z}\p{S}\p{N}\p{P}]*"}


def _category_matcher(pattern: str) -> Callable[[str], bool] | None:
    """Match ``[…]*`` and ``[…]+`` where the class names Unicode's categories."""
    whole = _REPEATED_CLASS.fullmatch(pattern)
    if whole is None or "-" in whole[1].replace(r"\-", ""):
        return None
    categories: set[str] = set()
    literals: set[str] = set()
    end = 0
    while part := _CLASS_PART.match(whole[1], end):
        end = part.end()
        if part["category"]:
            categories.add(part["category"])
        else:
            literals.add(part["escaped"] or part["literal"])
    if end != len(whole[1]):
        return None
    return partial(_only, frozenset(categories), frozenset(literals), 1 if whole[2] == "+" else 0)


def _only(categories: frozenset[str], literals: frozenset[str], least: int, text: str) -> bool:
    """Return whether a string is long enough and consists of these categories and characters."""
    return len(text) >= least and all(
        character in literals or unicodedata.category(character)[0] in categories for character in text
    )


def _translate(pattern: str) -> str | None:
    """Return the pattern in Python's syntax; None if it contains syntax that only Java has."""
    translated: list[str] = []
    in_class = False
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if character == "\\":
            escape = pattern[position : position + 2]
            if escape[1:].isalnum() and escape[1] not in _SHARED_ESCAPES:
                return None
            translated.append(escape)
            position += 2
            continue
        if in_class and (character == "[" or pattern.startswith("&&", position)):
            return None
        if character in "[]":
            in_class = character == "["
        translated.append(_DOT if character == "." and not in_class else character)
        position += 1
    return "".join(translated)
