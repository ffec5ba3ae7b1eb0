"""A watch over the deployment of a stack, and over the validations of its algorithms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from cdk_sagemaker_algorithm.monitoring.errors import MissingStackError
from cdk_sagemaker_algorithm.monitoring.poller import Pace, PollError, Polling, Readers, Update, with_lines
from cdk_sagemaker_algorithm.monitoring.stack_operations import StackOperation, StackReader

_DELETIONS = ("DELETE_IN_PROGRESS", "DELETE_COMPLETE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """There is no deployment to follow yet.

    Attributes:
        operation: The deployment that is shown if none begins; None if there has been none.
        missing: Why there is no stack; empty if there is one.
        left: Seconds after which the watch waits no longer.
    """

    operation: StackOperation | None = None
    missing: str = ""
    left: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StackUpdate:
    """What one look has brought.

    Attributes:
        operation: The deployment.
        updates: Its algorithms that have a name, with the new lines of their logs.
        new: Whether the deployment went on when it was first seen; else it was at rest.
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
    """Watches one deployment: the current one, or else the next one.

    Attributes:
        connect: Returns the readers; called again after an error of the credentials.
        stack: The stack's name or ID.
        start_within: Seconds for a deployment to begin; after that the last one is shown.
        pace: How often to look.
    """

    connect: Callable[[], Readers]
    stack: str
    start_within: float = 300.0
    pace: Pace = field(default_factory=Pace)
    _readers: Readers | None = None
    # The event that began the deployment that is followed, and its stack.
    _followed: tuple[str, str] | None = None
    _new: bool = False
    # The event that had begun the last deployment before the watch; None before the first look.
    _before: str | None = None
    _waits_until: float | None = None
    _seen_running: set[str] = field(default_factory=set[str])

    def updates(self) -> Iterator[StackUpdate | Waiting | PollError]:
        """Look until the deployment and every validation are over, or the time is up.

        Raises:
            MissingStackError: The stack did not come.
        """
        yield from Polling(self._look, _over, self._reconnect, self.pace).results()

    def _reconnect(self) -> None:
        self._readers = None

    def _look(self) -> StackUpdate | Waiting:
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
        """Decide which deployment to follow; until then, what there is to wait for."""
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
        for deployed in operation.algorithms:
            snapshot = readers.algorithms.read_deployed(deployed)
            if snapshot is None:
                continue
            # Of what was over before there was a watch, the outcome says enough.
            if snapshot.over and snapshot.name not in self._seen_running:
                yield Update(snapshot=snapshot)
                continue
            self._seen_running.add(snapshot.name)
            yield with_lines(readers.previous.expected(snapshot), readers.logs)


def _over(found: StackUpdate | Waiting) -> bool:
    return isinstance(found, StackUpdate) and found.over
