"""Compute the values that a hyperparameter accepts.

Rules, `diff` and generated code need the number that a text means, and whether the range contains it. The API has
strings for numbers, and AWS does not document the accepted spellings. A text therefore counts as accepted unless
SageMaker certainly rejects it: `"05"`, `"+5"` and `"5.0"` are integers here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[+-]?(inf|infinity|nan)", re.IGNORECASE)
# More points than a categorical range can have values.
_POINTS = 32
# A number of more digits keeps its exponent.
_DIGITS = 40
# Python refuses to read longer ones, and no container needs them.
_LONGEST_INTEGER = 400


@lru_cache(maxsize=4096)
def integer(text: str) -> int | None:
    """Return the integer that is written as digits, with or without a sign; None for any other text.

    Args:
        text: A value, bound or default of a hyperparameter.
    """
    return int(text) if _INTEGER.fullmatch(text) and len(text) <= _LONGEST_INTEGER else None


@lru_cache(maxsize=4096)
def number(text: str) -> Decimal | None:
    """Return the finite number that a text means; None for any other text, and for what no double can hold.

    Args:
        text: A value, bound or default of a hyperparameter.
    """
    stripped = text.strip()
    if not _NUMBER.fullmatch(stripped) or not math.isfinite(float(stripped)):
        return None
    return Decimal(stripped)


def is_integral(text: str) -> bool:
    """Return whether a text means an integer, however it is written.

    Args:
        text: A value, bound or default of a hyperparameter.
    """
    value = number(text)
    return value is not None and value == value.to_integral_value()


def is_not_finite(text: str) -> bool:
    """Return whether a text means infinity, or no number at all in the sense of ``nan``.

    Args:
        text: A bound of a hyperparameter.
    """
    return bool(_NOT_FINITE.fullmatch(text.strip()))


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueSet:
    """A set of texts.

    Attributes:
        kind: Any text, integers, numbers, or the listed texts.
        low: Least number; None for no limit.
        high: Greatest number; None for no limit.
        choices: The listed texts.
    """

    kind: Literal["text", "integer", "real", "choices"]
    low: Decimal | None = None
    high: Decimal | None = None
    choices: tuple[str, ...] = ()

    def holds(self, text: str) -> bool:
        """Return whether the set holds a text."""
        if self.kind == "text":
            return True
        if self.kind == "choices":
            return text in self.choices
        value = number(text)
        if value is None or (self.kind == "integer" and not is_integral(text)):
            return False
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def example(self) -> str:
        """Return one text of the set."""
        return next((text for text in _candidates(self, self) if self.holds(text)), "")


def outside(before: ValueSet, after: ValueSet) -> str | None:
    """Return a text of one set that the other set does not hold; None if it holds them all.

    Args:
        before: The set of which all texts are tried.
        after: The set that should hold them.
    """
    return next((text for text in _candidates(before, after) if before.holds(text) and not after.holds(text)), None)


def _candidates(before: ValueSet, after: ValueSet) -> Iterator[str]:
    """Yield enough values of the first set to find one outside of the second, if there is one."""
    if before.kind == "choices":
        yield from before.choices
        return
    if before.kind == "text":
        text = "any-text"
        while text in after.choices:
            text += "-"
        yield text
        return
    bounds = [bound for bound in (before.high, before.low) if bound is not None]
    beyond = [after.high + 1 if after.high is not None else None, after.low - 1 if after.low is not None else None]
    points = [*bounds, *(bound for bound in beyond if bound is not None)]
    # An unlimited set has more points than any list of choices.
    start = before.low if before.low is not None else (before.high or Decimal(0)) - _POINTS
    points += [start.to_integral_value() + step for step in range(_POINTS + 1)]
    if before.kind == "real":
        points += list(_between(before, start))
    yield from (_write(point) for point in points)


def _between(before: ValueSet, start: Decimal) -> Iterator[Decimal]:
    end = before.high if before.high is not None else start + 1
    yield (start + end) / 2
    for step in range(1, _POINTS + 1):
        # An odd denominator that is no divisor of ten keeps the points off the whole numbers.
        yield start + (end - start) * step / (_POINTS + 2)


def _write(number: Decimal) -> str:
    """Return a number as text: no exponent for an integer, no trailing zeros."""
    if abs(number.adjusted()) > _DIGITS:
        return str(number)
    if number == number.to_integral_value():
        return str(int(number))
    return format(number.normalize(), "f")
