"""Label containers with their process, and check whether that process exists."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self
from uuid import uuid4


@dataclass(frozen=True, slots=True)
class RunLabels:
    """The labels of one run.

    Attributes:
        run: Name of the run; part of the names of its containers.
        owner: Host, process ID and start time of the process, separated by colons.
    """

    RUN: ClassVar[str] = "cdk-sagemaker-algorithm.run"
    OWNER: ClassVar[str] = "cdk-sagemaker-algorithm.owner"
    BUILT: ClassVar[str] = "cdk-sagemaker-algorithm.built"

    run: str
    owner: str

    @classmethod
    def new(cls) -> Self:
        """Create the labels of a run of this process."""
        return cls(f"preflight-{uuid4().hex[:10]}", f"{socket.gethostname()}:{os.getpid()}:{_start_time(os.getpid())}")

    def items(self) -> Iterator[tuple[str, str]]:
        """Iterate over label names and values."""
        yield self.RUN, self.run
        yield self.OWNER, self.owner


def owner_is_alive(owner: str) -> bool:
    """Return whether the process of a label can still exist; True if unknown.

    Args:
        owner: The label's value.
    """
    host, _, process = owner.partition(":")
    pid, _, started = process.partition(":")
    if host != socket.gethostname() or not pid.isdecimal():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # A process ID can be in use again; its start time cannot.
    return _start_time(int(pid)) == started


def _start_time(pid: int) -> str:
    """Return the start time in clock ticks since boot; empty where /proc does not exist."""
    try:
        # The second field is the command in parentheses and can hold spaces.
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
