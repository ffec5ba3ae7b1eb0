"""The values that a hyperparameter accepts, and whether one set of values holds another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Literal

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.model.json_tree import Tree, child, elements, members, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
# More points than a categorical range can have values.
_POINTS = 32
# A number of more digits keeps its exponent.
_DIGITS = 40
_EXPONENT = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """A set of texts.

    Attributes:
        kind: Any text, whole numbers, numbers, or the listed texts.
        low: Least number, None for no limit.
        high: Greatest number, None for no limit.
        choices: The listed texts.
    """

    kind: Literal["text", "integer", "real", "choices"]
    low: Decimal | None = None
    high: Decimal | None = None
    choices: tuple[str, ...] = ()

    def holds(self, text: str) -> bool:
        """Whether the text is one of these."""
        if self.kind == "text":
            return True
        if self.kind == "choices":
            return text in self.choices
        if self.kind == "integer" and not _INTEGER.fullmatch(text):
            return False
        number = _number(text)
        if number is None:
            return False
        return (self.low is None or number >= self.low) and (self.high is None or number <= self.high)

    def example(self) -> str:
        """One of the texts."""
        return next((text for text in _candidates(self, self) if self.holds(text)), "")


def accepted_values(hyperparameter: Tree) -> Values | None:
    """The values that a hyperparameter's specification accepts; None if that cannot be told."""
    kind, bounds = child(hyperparameter, "Type"), child(hyperparameter, "Range")
    if not unresolved.is_decided(kind) or not unresolved.is_decided(bounds):
        return None
    match kind:
        case "FreeText":
            return Values(kind="text")
        case "Categorical":
            listed = child(bounds, "CategoricalParameterRangeSpecification", "Values")
            if listed is None:
                return Values(kind="text")
            return Values(kind="choices", choices=tuple(text_of(value) for value in elements(listed)))
        case "Integer" | "Continuous":
            return _numbers(kind, members(child(bounds, f"{kind}ParameterRangeSpecification")))
        case _:
            return None


def _numbers(kind: str, bounds: Mapping[str, Tree]) -> Values | None:
    low, high = (_number(text_of(bounds.get(name))) for name in ("MinValue", "MaxValue"))
    if (low is None and "MinValue" in bounds) or (high is None and "MaxValue" in bounds):
        return None
    return Values(kind="integer" if kind == "Integer" else "real", low=low, high=high)


def outside(before: Values, after: Values) -> str | None:
    """A value of the one set that the other does not hold; None where it holds them all."""
    return next((text for text in _candidates(before, after) if before.holds(text) and not after.holds(text)), None)


def _candidates(before: Values, after: Values) -> Iterator[str]:
    """Enough values of the first set to find one outside of the second, if there is one."""
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


def _between(before: Values, start: Decimal) -> Iterator[Decimal]:
    end = before.high if before.high is not None else start + 1
    yield (start + end) / 2
    for step in range(1, _POINTS + 1):
        # An odd denominator that is no divisor of ten keeps the points off the whole numbers.
        yield start + (end - start) * step / (_POINTS + 2)


def _write(number: Decimal) -> str:
    """A number as one writes it: no exponent for a whole number, no trailing zeros."""
    if abs(number.adjusted()) > _DIGITS:
        return str(number)
    if number == number.to_integral_value():
        return str(int(number))
    return format(number.normalize(), "f")


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    # What no double can hold is no limit that a container could read.
    return number if number.is_finite() and abs(number.adjusted()) <= _EXPONENT else None


def same_number(one: str, other: str) -> bool:
    """Whether two texts are the same number, written in two ways."""
    first = _number(one)
    return first is not None and first == _number(other)


def range_text(hyperparameter: Tree) -> str:
    """A range as people write it: two limits with a dash, or the categories; `any` where there is none."""
    for kind, bounds in members(child(hyperparameter, "Range")).items():
        if kind == "CategoricalParameterRangeSpecification":
            return ", ".join(text_of(value) for value in elements(child(bounds, "Values")))
        return f"{text_of(child(bounds, 'MinValue'))}–{text_of(child(bounds, 'MaxValue'))}"  # noqa: RUF001
    return "any"
