"""Run tasks in threads until a time limit, without keeping the process alive."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Pool(Generic[Result]):
    """Runs tasks concurrently. Results after the time limit are discarded."""

    def __init__(self, tasks: Sequence[Callable[[], Result]], threads: int) -> None:
        """Create a pool without starting it.

        Args:
            tasks: The tasks. They start in their order.
            threads: The number of tasks that run at once.
        """
        self._tasks = tasks
        self._threads = min(threads, len(tasks))
        self._waiting: SimpleQueue[int] = SimpleQueue()
        self._done = threading.Condition()
        self._results: dict[int, Result] = {}
        self._errors: list[Exception] = []
        self._stopped = False

    def run(self, seconds: float) -> list[Result | None]:
        """Run the tasks.

        Args:
            seconds: The time limit.

        Returns:
            The results in the tasks' order; None for a task that had none in time.

        Raises:
            Exception: The first error of a task; the other tasks end.
        """
        for index in range(len(self._tasks)):
            self._waiting.put(index)
        # Daemon threads: a hanging call must not keep the process alive.
        for _ in range(self._threads):
            threading.Thread(target=self._work, daemon=True).start()
        end = monotonic() + seconds
        with self._done:
            self._done.wait_for(self._finished, max(0.0, end - monotonic()))
            self._stopped = True
            if self._errors:
                raise self._errors[0]
            return [self._results.get(index) for index in range(len(self._tasks))]

    def _finished(self) -> bool:
        return bool(self._errors) or len(self._results) == len(self._tasks)

    def _work(self) -> None:
        while not self._stopped:
            try:
                index = self._waiting.get_nowait()
            except Empty:
                return
            try:
                result = self._tasks[index]()
            except Exception as error:  # noqa: BLE001 - it is raised where the pool was started
                with self._done:
                    self._errors.append(error)
                    self._done.notify_all()
                return
            with self._done:
                self._results[index] = result
                self._done.notify_all()
