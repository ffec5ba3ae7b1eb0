"""Limit the calls per second of several threads."""

from __future__ import annotations

import threading
from collections.abc import Callable


class RateLimit:
    """Allows a burst of calls, then a number of calls per second."""

    def __init__(
        self, per_second: float, burst: int, now: Callable[[], float], sleep: Callable[[float], object]
    ) -> None:
        """Create a limit with a full burst.

        Args:
            per_second: Calls a second.
            burst: Calls that do not wait.
            now: Returns the time in seconds.
            sleep: Waits for a number of seconds.
        """
        self._interval = 1 / per_second
        self._window = burst * self._interval
        self._now = now
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = float("-inf")

    def wait(self) -> None:
        """Wait until the next call may start."""
        with self._lock:
            now = self._now()
            # Start time of this call at the constant rate; calls of the burst start earlier.
            even = max(self._next, now - self._window + self._interval)
            self._next = even + self._interval
            delay = even - now
        if delay > 0:
            self._sleep(delay)
