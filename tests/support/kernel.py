"""Count the messages between Python and the CDK's kernel."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import jsii

if TYPE_CHECKING:
    from collections.abc import Generator


@dataclass
class RoundTrips:
    """A request to the kernel and its response are one round trip, answers to the kernel's callbacks included."""

    count: int = 0


@contextmanager
def round_trips() -> Generator[RoundTrips]:
    """Count what is sent while the block runs."""
    counted = RoundTrips()
    provider: Any = jsii.kernel.provider
    process = provider._process
    send = process.send

    def counting(*arguments: Any) -> Any:
        counted.count += 1
        return send(*arguments)

    with patch.object(process, "send", counting):
        yield counted
