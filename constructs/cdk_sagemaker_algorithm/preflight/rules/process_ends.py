"""Texts of rules about processes that did not start or did not end."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

#: The fix for a process that was killed for memory.
MORE_MEMORY: Final = "use less memory, or a larger InstanceType; --memory sets the limit of this run"
#: The fix for a server that ends without an error.
FOREGROUND: Final = "run the server in the foreground: a container ends with its first process"
_SIGNALED: Final = 128
#: Words of an engine, as a regular expression, with the fix.
_START_REMEDIES: Final = (
    (r"exec:? \S+: permission denied", "make the program executable, for example with RUN chmod +x in the Dockerfile"),
    ("exec format error", "begin a script with its interpreter, such as #!/bin/sh, or build for linux/amd64"),
    ("find user", "remove USER from the Dockerfile, or create the user"),
    (
        r"exec \S+: no such file",
        "correct the interpreter in the first line of the script, and end its lines with LF",
    ),
)


def start_remedy(error: str) -> str:
    """Return the fix for a container that does not start; empty for the fix of the rule.

    Args:
        error: The engine's message.
    """
    return next((remedy for words, remedy in _START_REMEDIES if re.search(words, error)), "")


def signal_of(exit_code: int) -> Iterator[str]:
    """Yield the name of the signal that ended a process, as evidence; nothing if it ended itself.

    Args:
        exit_code: The exit code of its container.
    """
    with suppress(ValueError):
        yield f"exit code {exit_code}: {signal.Signals(exit_code - _SIGNALED).name}"
