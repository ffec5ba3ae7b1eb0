"""Define the exit statuses of all commands."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

DONE: Final = 0
FAILED: Final = 1
USAGE: Final = 2
FOUND: Final = 3
MISSING: Final = 4
TIME_LIMIT: Final = 5
INTERRUPTED: Final = 130

#: What each exit status means, for every command.
EXIT_STATUSES: Mapping[int, str] = MappingProxyType(
    {
        DONE: "done, nothing is wrong",
        FAILED: "the command or AWS failed",
        USAGE: "wrong usage, or input that cannot be read",
        FOUND: "found: errors, a match of --fail-on, a validation that failed or would fail",
        MISSING: "no such algorithm, stack or file in AWS",
        TIME_LIMIT: "time limit reached",
        INTERRUPTED: "interrupted",
    }
)
