"""Virtual time: the clock jumps to the next event.

Most of what runs is over in a moment and is run in one piece: it sleeps by setting the clock forward. What takes long
enough for others to act meanwhile runs as a *strand*: its sleeps let everything else happen that is due before. Strands
are threads of which one runs at a time, so a run is repeated exactly by its seed.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from itertools import count

Action = Callable[[], object]

#: When the simulated world begins: 2026-01-01T00:00:00Z.
EPOCH = 1_767_225_600.0


class Loop:
    """A clock with scheduled events."""

    def __init__(self) -> None:
        self.now = EPOCH
        self.strand: Strand | None = None
        self._queue: list[tuple[float, int, Action]] = []
        self._order = count()

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass; events of that time run afterwards, except in a strand."""
        if self.strand is None:
            self.now += seconds
        else:
            self.strand.pause(seconds)

    def after(self, seconds: float, action: Action) -> None:
        heapq.heappush(self._queue, (self.now + seconds, next(self._order), action))

    def run(self, *, until: Callable[[], bool] = lambda: False, horizon: float = float("inf")) -> None:
        """Run events until a condition holds, no event is left, or the horizon is reached."""
        while self._queue and not until() and self._queue[0][0] <= horizon:
            self.now, _, action = heapq.heappop(self._queue)
            action()
        if horizon < float("inf") and not until():
            self.now = max(self.now, horizon)


class Strand:
    """A function that takes time; other events run during its sleeps."""

    def __init__(self, loop: Loop, body: Action, stall: Callable[[float], float], check: Action) -> None:
        """Begin it; `stall` makes of each sleep what it really takes, and `check` raises what ends the strand."""
        self._loop = loop
        self._body = body
        self._stall = stall
        self._check = check
        self._go = threading.Semaphore(0)
        self._back = threading.Semaphore(0)
        self._error: BaseException | None = None
        threading.Thread(target=self._main, daemon=True).start()
        self._resume()

    def pause(self, seconds: float) -> None:
        """Let other events run first; called by the function itself."""
        self._loop.after(self._stall(seconds), self._resume)
        self._back.release()
        self._go.acquire()
        self._check()

    def _resume(self) -> None:
        before, self._loop.strand = self._loop.strand, self
        self._go.release()
        self._back.acquire()
        self._loop.strand = before
        if self._error is not None:
            raise self._error

    def _main(self) -> None:
        self._go.acquire()
        try:
            self._body()
        except BaseException as error:  # noqa: BLE001 - it goes to who runs the loop
            self._error = error
        self._back.release()
