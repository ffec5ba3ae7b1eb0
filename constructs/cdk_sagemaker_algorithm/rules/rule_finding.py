"""Findings: path, value, problem, allowed values and suggestion."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import reduce
from itertools import pairwise
from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.model.member_names import snake_case
from cdk_sagemaker_algorithm.model.paths import MapKey, Path, api_path, python_path

if TYPE_CHECKING:
    from collections.abc import Iterable


_LONGEST_VALUE = 80
_MOST_ALLOWED = 5
_SECRET_NAME = re.compile(
    r"secret|passw(or)?d|passphrase|credential|private[-_]?key|(api|access)[-_]?key"
    r"|(api|auth|access|bearer|session|hf)[-_]?token",
    re.IGNORECASE,
)


class RuleLevel(StrEnum):
    """The level of a finding: an error fails synthesis, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class NoValue(Enum):
    """Placeholder for the value of a finding without a value to show."""

    MISSING = "missing"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFinding:
    """A violation of a rule at one path of a definition.

    Attributes:
        rule: ID of the rule, such as ``cdk-sagemaker-algorithm:duplicate-channel``.
        level: Error or warning.
        path: Steps of the path.
        value: The user's value; `NoValue` if there is none, or if it can be a secret.
        problem: Continues the sentence that starts with the value; if the requirement is set, says what to do.
        expected: The requirement, such as "must be 1 or more"; empty if the sentence starts with the value.
        allowed: A description, or a list of values.
        suggestion: The nearest valid spelling, or None.
        why: The consequence, if it is not obvious.
        acknowledged: Reason for downgrading an error to this warning, or None.
    """

    rule: str
    level: RuleLevel
    path: Path
    value: object = NoValue.MISSING
    problem: str
    expected: str = ""
    allowed: tuple[str, ...] = ()
    suggestion: str | None = None
    why: str = ""
    acknowledged: str | None = None

    @property
    def api_path(self) -> str:
        """The path in the API's names."""
        return api_path(self.path)

    @property
    def python_path(self) -> str:
        """The path in the library's names."""
        return python_path(self.path)

    @property
    def message(self) -> str:
        """The problem and the fix, without the path."""
        parts = [self._requirement, self.problem] if self.expected else [self._sentence]
        if self.suggestion is not None:
            parts.append(f"did you mean {self.suggestion}?")
        elif self.allowed:
            parts.append(f"allowed: {_enumerate(self.allowed)}")
        if self.why:
            parts.append(self.why)
        if self.acknowledged is not None:
            parts.append(f"acknowledged: {self.acknowledged}")
        said = filter(None, parts)
        return reduce(lambda text, part: f"{text} {part}" if text.endswith("?") else f"{text}; {part}", said)

    @property
    def _requirement(self) -> str:
        if self.value is NoValue.MISSING:
            return self.expected
        return f"{self.expected}, got {'the string ' if isinstance(self.value, str) else ''}{quote(self.value)}"

    @property
    def _sentence(self) -> str:
        return self.problem if self.value is NoValue.MISSING else f"{quote(self.value)} {self.problem}"

    def __str__(self) -> str:
        """Return the path in Python's spelling, and the message."""
        return f"{self.python_path}: {self.message}"


def quote(value: object) -> str:
    """Return a value for a message: short, on one line, and without its content if it is hidden."""
    if value is NoValue.HIDDEN:
        return "the value (hidden)"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        return text if len(text) <= _LONGEST_VALUE else f'{text[: _LONGEST_VALUE - 4]}…"'
    return describe_type(value)


def describe_type(value: object) -> str:
    """Return the type of a value in JSON's terms, such as ``a list``."""
    if value is None:
        return "null"
    names: dict[type, str] = {
        bool: "a boolean",
        int: "an integer",
        float: "a number with a fraction",
        str: "a string",
        list: "a list",
        tuple: "a list",
        dict: "an object",
    }
    return names.get(type(value), f"a {type(value).__name__} object")


def presentable(value: object, path: Path) -> object:
    """Return the value that a finding can show; hidden if the path or the key suggests a secret.

    Args:
        value: The user's value.
        path: Steps of its path.
    """
    if value is NoValue.MISSING or isinstance(value, bool):
        return value
    if any(isinstance(step, MapKey) and parent == "Environment" for parent, step in pairwise(path)):
        return NoValue.HIDDEN
    if path and isinstance(path[-1], MapKey) and _SECRET_NAME.search(path[-1]):
        return NoValue.HIDDEN
    return value


def is_secret_name(name: str) -> bool:
    """Return whether a name suggests a secret."""
    return _SECRET_NAME.search(name) is not None


def nearest(value: object, candidates: Iterable[str]) -> str | None:
    """Return the valid spelling that was probably intended, or None.

    Args:
        value: The user's value.
        candidates: The valid values.
    """
    if not isinstance(value, str) or not value:
        return None
    spellings = list(candidates)
    folded = value.casefold()
    for candidate in spellings:
        other = candidate.casefold()
        if other == folded or other.endswith(f".{folded}") or snake_case(candidate) == value:
            return candidate
    import difflib  # noqa: PLC0415 - for findings alone

    close = difflib.get_close_matches(value, spellings, n=1, cutoff=0.7)
    return close[0] if close else None


def nearest_first(value: object, candidates: tuple[str, ...]) -> tuple[str, ...]:
    """Return more than five candidates with the nearest first; only the first five are shown.

    Args:
        value: The user's value.
        candidates: The valid values.
    """
    if len(candidates) <= _MOST_ALLOWED or not isinstance(value, str):
        return candidates
    import difflib  # noqa: PLC0415 - for findings alone

    near = difflib.get_close_matches(value, candidates, n=_MOST_ALLOWED, cutoff=0.5)
    return (*near, *(candidate for candidate in candidates if candidate not in near))


def _enumerate(allowed: tuple[str, ...]) -> str:
    if len(allowed) <= _MOST_ALLOWED:
        return ", ".join(allowed)
    return f"{', '.join(allowed[:_MOST_ALLOWED])} and {len(allowed) - _MOST_ALLOWED} more"
