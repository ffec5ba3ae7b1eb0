"""Virtual time: what happens next happens at once, and the clock jumps there."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

Action = Callable[[], None]

#: When the simulated world begins: 2026-01-01T00:00:00Z.
EPOCH = 1_767_225_600.0


class Loop:
    """A clock, and what is to happen when."""

    def __init__(self) -> None:
        self.now = EPOCH
        self._queue: list[tuple[float, int, Action]] = []
        self._order = count()

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass within what runs now; what is due meanwhile happens after it, at its own time."""
        self.now += seconds

    def after(self, seconds: float, action: Action) -> None:
        heapq.heappush(self._queue, (self.now + seconds, next(self._order), action))

    def run(self, *, until: Callable[[], bool] = lambda: False, horizon: float = float("inf")) -> None:
        """Let things happen until a condition holds, nothing is left, or the horizon is reached."""
        while self._queue and not until() and self._queue[0][0] <= horizon:
            self.now, _, action = heapq.heappop(self._queue)
            action()
        if horizon < float("inf") and not until():
            self.now = max(self.now, horizon)
