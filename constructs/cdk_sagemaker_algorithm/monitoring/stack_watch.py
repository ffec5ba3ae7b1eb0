"""Watch the deployment of a stack and the validations of its algorithms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from cdk_sagemaker_algorithm.monitoring.errors import MissingStackError
from cdk_sagemaker_algorithm.monitoring.poller import Pace, PollError, Polling, Readers, Update, with_lines
from cdk_sagemaker_algorithm.monitoring.stack_operations import StackOperation, StackReader

_DELETIONS = ("DELETE_IN_PROGRESS", "DELETE_COMPLETE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The deployment to follow has not begun.

    Attributes:
        operation: The last deployment; None without one.
        missing: Why the stack does not exist; empty if it exists.
        left: Remaining seconds of waiting.
    """

    operation: StackOperation | None = None
    missing: str = ""
    left: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StackUpdate:
    """Result of one poll.

    Attributes:
        operation: The deployment.
        updates: Its algorithms that have a name, with the new lines of their logs.
        new: Whether the deployment was in progress at the first poll.
    """

    operation: StackOperation
    updates: tuple[Update, ...]
    new: bool

    @property
    def over(self) -> bool:
        """Whether CloudFormation and every validation have ended."""
        return self.operation.at_rest and all(update.snapshot.over for update in self.updates)

    @property
    def failed(self) -> bool:
        """Whether the deployment, or the validation of any algorithm, has failed."""
        return self.operation.failed or any(update.snapshot.failed for update in self.updates)


@dataclass(slots=True)
class StackWatch:
    """Watch of one deployment: the current one, otherwise the next one.

    Attributes:
        connect: Returns the readers; called again after a credentials error.
        stack: The stack's name or ID.
        start_within: Seconds to wait for a deployment to begin; then the last one is shown.
        pace: Intervals and limits.
    """

    connect: Callable[[], Readers]
    stack: str
    start_within: float = 300.0
    pace: Pace = field(default_factory=Pace)
    _readers: Readers | None = None
    # First event of the followed deployment, and its stack.
    _followed: tuple[str, str] | None = None
    _new: bool = False
    # First event of the last deployment before the watch; None before the first poll.
    _before: str | None = None
    _waits_until: float | None = None
    _seen_running: set[str] = field(default_factory=set[str])

    @property
    def begun(self) -> bool:
        """Whether a poll has succeeded."""
        return self._before is not None

    def updates(self) -> Iterator[StackUpdate | Waiting | PollError]:
        """Poll until the deployment and all validations end, or the time limit is reached.

        Raises:
            MissingStackError: The stack was not created in time.
        """
        yield from Polling(self._poll, _over, self._reconnect, self.pace).results()

    def _reconnect(self) -> None:
        self._readers = None

    def _poll(self) -> StackUpdate | Waiting:
        if self._readers is None:
            self._readers = self.connect()
        stacks = self._readers.stacks
        if self._waits_until is None:
            self._waits_until = self.pace.now() + self.start_within
        if self._followed is None:
            waiting = self._choose(stacks)
            if waiting is not None:
                return waiting
        assert self._followed is not None  # noqa: S101 - chosen above
        operation = stacks.operation(*self._followed)
        if operation is None:
            raise MissingStackError(f"the events of stack {self.stack!r} are gone")
        return StackUpdate(operation=operation, updates=tuple(self._updates(operation, self._readers)), new=self._new)

    def _choose(self, stacks: StackReader) -> Waiting | None:
        """Return the deployment to follow, or what the watch waits for."""
        left = (self._waits_until or 0.0) - self.pace.now()
        late = left <= 0
        try:
            stack_id = stacks.stack_id(self.stack)
        except MissingStackError as error:
            self._before = self._before or ""
            if late:
                raise
            return Waiting(missing=str(error), left=left)
        operation = stacks.operation(stack_id)
        if operation is None:
            self._before = self._before or ""
            if late:
                raise MissingStackError(f"stack {self.stack!r} has never been deployed")
            return Waiting(left=left)
        begun_since = self._before is not None and operation.id != self._before
        going_on = not operation.at_rest and operation.status not in _DELETIONS
        self._new = begun_since or going_on
        self._before = operation.id
        if self._new or late:
            self._followed = (stack_id, operation.id)
            return None
        return Waiting(operation=operation, left=left)

    def _updates(self, operation: StackOperation, readers: Readers) -> Iterator[Update]:
        for snapshot in readers.algorithms.read_all(operation.algorithms):
            if snapshot is None:
                continue
            snapshot = readers.completed(snapshot)  # noqa: PLW2901 - the same algorithm
            # A validation that ended before the watch began: the outcome is enough.
            if snapshot.over and snapshot.name not in self._seen_running:
                yield Update(snapshot=snapshot)
                continue
            self._seen_running.add(snapshot.name)
            yield with_lines(snapshot, readers.logs)


def _over(found: StackUpdate | Waiting) -> bool:
    return isinstance(found, StackUpdate) and found.over
