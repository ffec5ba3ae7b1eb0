"""A limit of calls a second, shared by threads."""

from __future__ import annotations

import threading
from collections.abc import Callable


class RateLimit:
    """Lets a burst of calls through at once, and then a number of calls a second."""

    def __init__(
        self, per_second: float, burst: int, now: Callable[[], float], sleep: Callable[[float], object]
    ) -> None:
        """Start with the whole burst.

        Args:
            per_second: Calls a second.
            burst: Calls that need not wait.
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
            # The time at which this call would start if calls came evenly; the burst may start earlier.
            even = max(self._next, now - self._window + self._interval)
            self._next = even + self._interval
            delay = even - now
        if delay > 0:
            self._sleep(delay)
