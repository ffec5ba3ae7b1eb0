"""What a rule found: where, what, what is allowed, and how to mend it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import reduce
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from cdk_sagemaker_algorithm.model.member_names import snake_case
from cdk_sagemaker_algorithm.model.paths import MapKey, Path, api_path, python_path

if TYPE_CHECKING:
    from collections.abc import Iterable

ID_PREFIX: Final = "cdk-sagemaker-algorithm:"

_LONGEST_VALUE = 80
_MOST_ALLOWED = 5
_SECRET_NAME = re.compile(
    r"secret|passw(or)?d|passphrase|credential|private[-_]?key|(api|access)[-_]?key"
    r"|(api|auth|access|bearer|session|hf)[-_]?token",
    re.IGNORECASE,
)


class Level(StrEnum):
    """How serious a finding is: an error stops synth, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class NoValue(Enum):
    """Stands where a finding has no value to show."""

    MISSING = "missing"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong with a definition.

    Attributes:
        rule: ID of the rule, such as ``cdk-sagemaker-algorithm:duplicate-channel``.
        level: Whether it stops synth.
        path: Where it is, as steps.
        value: What stands there; `NoValue` where nothing does, or where it may be a secret.
        problem: What is wrong with the value; reads on from it.
        allowed: What may stand there, in words or as a list of values.
        suggestion: The nearest valid spelling, or None.
        why: Why it matters, where that is not obvious.
        acknowledged: The reason given for downgrading an error to this warning, or None.
    """

    rule: str
    level: Level
    path: Path
    value: object = NoValue.MISSING
    problem: str
    allowed: tuple[str, ...] = ()
    suggestion: str | None = None
    why: str = ""
    acknowledged: str | None = None

    @property
    def api_path(self) -> str:
        """Where it is, in the API's names."""
        return api_path(self.path)

    @property
    def python_path(self) -> str:
        """Where it is, in the library's names."""
        return python_path(self.path)

    @property
    def message(self) -> str:
        """What is wrong and what to do, without the place."""
        parts = [self.problem if self.value is NoValue.MISSING else f"{quote(self.value)} {self.problem}"]
        if self.suggestion is not None:
            parts.append(f"did you mean {self.suggestion}?")
        if self.allowed:
            parts.append(f"allowed: {_enumerate(self.allowed)}")
        if self.why:
            parts.append(self.why)
        if self.acknowledged is not None:
            parts.append(f"acknowledged: {self.acknowledged}")
        return reduce(lambda text, part: f"{text} {part}" if text.endswith("?") else f"{text}; {part}", parts)

    def __str__(self) -> str:
        """The place in Python's spelling, and the message."""
        return f"{self.python_path}: {self.message}"


def quote(value: object) -> str:
    """A value as a message shows it: short, on one line, and nothing of it when it is hidden.

    Args:
        value: What stands in the definition.
    """
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
    """What kind of thing a value is, in JSON's words."""
    if value is None:
        return "null"
    words: dict[type, str] = {
        bool: "a boolean",
        int: "an integer",
        float: "a number with a fraction",
        str: "a string",
        list: "a list",
        tuple: "a list",
        dict: "an object",
    }
    return words.get(type(value), f"a {type(value).__name__} object")


def presentable(value: object, path: Path) -> object:
    """The value as a finding may keep it: not when the place or the name tells of a secret.

    Args:
        value: What stands in the definition.
        path: Where it stands.
    """
    if value is NoValue.MISSING or isinstance(value, bool):
        return value
    if any(isinstance(step, MapKey) and before == "Environment" for before, step in pairwise(path)):
        return NoValue.HIDDEN
    if path and isinstance(path[-1], MapKey) and _SECRET_NAME.search(path[-1]):
        return NoValue.HIDDEN
    return value


def is_secret_name(name: str) -> bool:
    """Whether what goes by this name is likely to be a secret."""
    return _SECRET_NAME.search(name) is not None


def nearest(value: object, candidates: Iterable[str]) -> str | None:
    """The valid spelling that someone most likely meant, or None when none is near.

    Args:
        value: What was written.
        candidates: What may be written.
    """
    if not isinstance(value, str) or not value:
        return None
    known = list(candidates)
    folded = value.casefold()
    for candidate in known:
        same = candidate.casefold()
        if same == folded or same.endswith(f".{folded}") or snake_case(candidate) == value:
            return candidate
    import difflib  # noqa: PLC0415 (for findings alone)

    close = difflib.get_close_matches(value, known, n=1, cutoff=0.7)
    return close[0] if close else None


def nearest_first(value: object, candidates: tuple[str, ...]) -> tuple[str, ...]:
    """Many candidates with the nearest first, because only the first ones are shown; few as they are.

    Args:
        value: What was written.
        candidates: What may be written.
    """
    if len(candidates) <= _MOST_ALLOWED or not isinstance(value, str):
        return candidates
    import difflib  # noqa: PLC0415 (for findings alone)

    near = difflib.get_close_matches(value, candidates, n=_MOST_ALLOWED, cutoff=0.5)
    return (*near, *(each for each in candidates if each not in near))


def _enumerate(allowed: tuple[str, ...]) -> str:
    if len(allowed) <= _MOST_ALLOWED:
        return ", ".join(allowed)
    return f"{', '.join(allowed[:_MOST_ALLOWED])} and {len(allowed) - _MOST_ALLOWED} more"
