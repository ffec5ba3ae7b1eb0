"""Poll an algorithm until its validation ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from cdk_sagemaker_algorithm.monitoring.errors import MissingAlgorithmError
from cdk_sagemaker_algorithm.monitoring.job_logs import JobLogs, LogLine
from cdk_sagemaker_algorithm.monitoring.previous import PreviousValidations
from cdk_sagemaker_algorithm.monitoring.reader import SnapshotReader
from cdk_sagemaker_algorithm.monitoring.snapshot import JobSnapshot, Snapshot
from cdk_sagemaker_algorithm.monitoring.stack_operations import StackReader
from cdk_sagemaker_algorithm.monitoring.transient_errors import ErrorKind, kind_of
from cdk_sagemaker_algorithm_provider.contract import aws_errors
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import (
    FAILED,
    RESOURCE_TAG,
    RETAINED_TAG,
    STACK_TAG,
    stack_name,
)

_LONGEST_WAIT = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Intervals and limits of polling.

    Attributes:
        interval: Seconds between two polls.
        settling: Seconds after the end for the last lines of the log to arrive.
        timeout: Seconds after which to stop; None for no limit.
        sleep: Waits for some seconds.
        now: A clock, in seconds, that never goes back.
        wait_for_login: Whether to wait until the user has logged in again.
    """

    interval: float = 10.0
    settling: float = 2.0
    timeout: float | None = None
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic
    wait_for_login: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Result of one poll.

    Attributes:
        snapshot: The algorithm and its validation.
        lines: New log lines, each with its job.
    """

    snapshot: Snapshot
    lines: tuple[tuple[JobSnapshot, LogLine], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PollError:
    """A failed poll.

    Attributes:
        kind: Kind of the error.
        message: What the error says.
        wait: Seconds until the next poll.
        last: Whether the time limit ends before the next poll.
    """

    kind: ErrorKind
    message: str
    wait: float
    last: bool = False


Found = TypeVar("Found")


@dataclass(slots=True)
class Polling(Generic[Found]):
    """Polls, through transient errors, until validation or the time limit ends.

    Attributes:
        poll: Polls once.
        over: Whether polling ends.
        reconnect: Called after a credentials error; creates a session that reads the new credentials.
        pace: Intervals and limits.
    """

    poll: Callable[[], Found]
    over: Callable[[Found], bool]
    reconnect: Callable[[], None]
    pace: Pace
    _failures: int = 0

    def results(self) -> Iterator[Found | PollError]:
        """Yield the result of each poll; ends without a result at the time limit."""
        end = None if self.pace.timeout is None else self.pace.now() + self.pace.timeout
        while True:
            try:
                found = self.poll()
            except Exception as error:
                poll_error = self._poll_error(error, end)
                if poll_error is None:
                    raise
                yield poll_error
                wait = poll_error.wait
            else:
                self._failures = 0
                yield found
                if self.over(found):
                    return
                wait = self.pace.interval
            left = float("inf") if end is None else end - self.pace.now()
            if left <= 0:
                return
            self.pace.sleep(min(wait, left))
            if wait >= left:
                return

    def _poll_error(self, error: Exception, end: float | None) -> PollError | None:
        kind = kind_of(error)
        if kind is None or (kind == "credentials" and not self.pace.wait_for_login):
            return None
        self._failures += 1
        wait = self.pace.interval
        if kind == "credentials":
            self.reconnect()
        else:
            wait = max(wait, min(_LONGEST_WAIT, wait * 2**self._failures))
        last = end is not None and self.pace.now() + wait >= end
        message = aws_errors.message(error).removeprefix(f"{aws_errors.code(error)}: ")
        return PollError(kind=kind, message=message, wait=wait, last=last)


class Readers:
    """The readers of a watch; created again after a credentials error."""

    def __init__(self, client: Callable[[str], Any], *, now: Callable[[], float] = time.time) -> None:
        """Use clients.

        Args:
            client: Returns the client of a service.
            now: The clock, in seconds since 1970.
        """
        self.stacks = StackReader(client("cloudformation"))
        self.algorithms = SnapshotReader(client("sagemaker"), now=now)
        self.logs = JobLogs(client("logs"))
        self.previous = PreviousValidations(self.stacks, self.algorithms)

    def completed(self, seen: Snapshot) -> Snapshot:
        """Return an algorithm with the duration of its previous validation and the end of its failed job's log.

        Args:
            seen: The algorithm.
        """
        return self.logs.with_last_lines(self.previous.expected(seen))

    def located(self, seen: Snapshot) -> Snapshot:
        """Return an algorithm with the resource that its ownership tags name, if the caller may read its stack.

        Args:
            seen: The algorithm, which was read by its name.
        """
        tags = seen.tags or {}
        stack, logical_id = tags.get(STACK_TAG, ""), tags.get(RESOURCE_TAG, "")
        if not stack or not logical_id or tags.get(RETAINED_TAG) == FAILED:
            return seen
        try:
            found = self.stacks.resource(stack, logical_id)
        except Exception as error:
            if aws_errors.is_aws(error) and kind_of(error) != "credentials":
                return seen
            raise
        if found is None:
            gone = f"its stack {stack_name(stack)} no longer has the resource {logical_id}"
            return replace(seen, abandoned=gone)
        if found.name == seen.name:
            return replace(seen, home=found)
        if not found.name or found.status.endswith("_IN_PROGRESS"):
            return seen
        return replace(seen, abandoned=f"its resource {found.label} in stack {stack_name(stack)} has {found.name} now")


@dataclass(slots=True)
class Watch:
    """Watch of one algorithm.

    Attributes:
        connect: Returns the readers; called again after a credentials error.
        name: The algorithm's name or ARN.
        pace: Intervals and limits.
    """

    connect: Callable[[], Readers]
    name: str
    pace: Pace = field(default_factory=Pace)
    _last: Snapshot | None = None
    _readers: Readers | None = None

    @property
    def begun(self) -> bool:
        """Whether a poll has succeeded."""
        return self._last is not None

    def updates(self) -> Iterator[Update | PollError]:
        """Poll until the validation ends or the time limit is reached; the last update is the outcome.

        Raises:
            MissingAlgorithmError: There never was such an algorithm.
        """
        yield from Polling(self._poll, lambda update: update.snapshot.over, self._reconnect, self.pace).results()

    def _reconnect(self) -> None:
        self._readers = None

    def _poll(self) -> Update:
        if self._readers is None:
            self._readers = self.connect()
        readers = self._readers
        try:
            snapshot = readers.algorithms.read(self.name)
        except MissingAlgorithmError:
            if self._last is None:
                raise
            snapshot = readers.algorithms.read_deleted(self._last)
        if snapshot.over and self._last is not None and snapshot.jobs:
            self.pace.sleep(self.pace.settling)
        snapshot = readers.completed(snapshot)
        first = self._last is None
        self._last = snapshot
        # A validation that ended before the watch began: the outcome is enough.
        return Update(snapshot=snapshot) if first and snapshot.over else with_lines(snapshot, readers.logs)


def with_lines(snapshot: Snapshot, logs: JobLogs) -> Update:
    """Return an algorithm with its new log lines, if the caller may read them.

    Args:
        snapshot: The algorithm.
        logs: Reader of the logs.
    """
    try:
        lines = tuple((job, line) for job in snapshot.jobs for line in logs.new_lines(job))
    except Exception as error:
        if aws_errors.is_aws(error) and kind_of(error) != "credentials":
            return Update(snapshot=snapshot)
        raise
    return Update(snapshot=snapshot, lines=lines)
