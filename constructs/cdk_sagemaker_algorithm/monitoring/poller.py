"""Looking again and again until validation is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from cdk_sagemaker_algorithm.monitoring.errors import MissingAlgorithmError
from cdk_sagemaker_algorithm.monitoring.job_logs import JobLogs, LogLine
from cdk_sagemaker_algorithm.monitoring.reader import SnapshotReader
from cdk_sagemaker_algorithm.monitoring.snapshot import JobSnapshot, Snapshot
from cdk_sagemaker_algorithm.monitoring.transient_errors import Kind, kind_of
from cdk_sagemaker_algorithm_provider.contract import aws_errors

_LONGEST_WAIT = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often to look.

    Attributes:
        interval: Seconds between two looks.
        settling: Seconds after the end for the last lines of the log to arrive.
        sleep: Waits for some seconds.
        wait_for_login: Whether to wait for somebody to log in again, or else to give up.
    """

    interval: float = 10.0
    settling: float = 2.0
    sleep: Callable[[float], None] = time.sleep
    wait_for_login: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What one look has brought.

    Attributes:
        snapshot: The algorithm and its validation.
        lines: New log lines, each with its job.
    """

    snapshot: Snapshot
    lines: tuple[tuple[JobSnapshot, LogLine], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PollError:
    """A look that failed; there will be another one.

    Attributes:
        kind: What sort of poll_error.
        message: What the error says.
        wait: Seconds until the next look.
    """

    kind: Kind
    message: str
    wait: float


@dataclass(slots=True)
class Watch:
    """One watch over one algorithm.

    Attributes:
        connect: Makes what looks; called again after poll_error with the credentials.
        name: The algorithm's name or ARN.
        pace: How often to look.
    """

    connect: Callable[[], tuple[SnapshotReader, JobLogs]]
    name: str
    pace: Pace = field(default_factory=Pace)
    _last: Snapshot | None = None
    _readers: tuple[SnapshotReader, JobLogs] | None = None
    _failures: int = 0

    def updates(self) -> Iterator[Update | PollError]:
        """DisplayOptions until validation is over; the last update is the outcome.

        Raises:
            MissingAlgorithmError: There never was such an algorithm.
        """
        while True:
            try:
                update = self._look()
            except Exception as error:
                poll_error = self._poll_error(error)
                if poll_error is None:
                    raise
                yield poll_error
                self.pace.sleep(poll_error.wait)
                continue
            self._failures = 0
            yield update
            if update.snapshot.over:
                return
            self.pace.sleep(self.pace.interval)

    def _look(self) -> Update:
        if self._readers is None:
            self._readers = self.connect()
        reader, logs = self._readers
        try:
            snapshot = reader.read(self.name)
        except MissingAlgorithmError:
            if self._last is None:
                raise
            snapshot = reader.read_deleted(self._last)
        if snapshot.over and self._last is not None and snapshot.jobs:
            self.pace.sleep(self.pace.settling)
        first = self._last is None
        self._last = snapshot
        update = Update(snapshot=snapshot)
        # Of what was over before there was a watch, the outcome says enough.
        return update if first and snapshot.over else self._with_lines(update, logs)

    def _with_lines(self, update: Update, logs: JobLogs) -> Update:
        """The update with new log lines, if these may be read."""
        try:
            lines = [(job, line) for job in update.snapshot.jobs for line in logs.new_lines(job)]
        except Exception as error:
            if aws_errors.is_aws(error) and kind_of(error) != "credentials":
                return update
            raise
        return replace(update, lines=tuple(lines))

    def _poll_error(self, error: Exception) -> PollError | None:
        kind = kind_of(error)
        if kind is None or (kind == "credentials" and not self.pace.wait_for_login):
            return None
        self._failures += 1
        if kind == "credentials":
            # A new session reads what a login has written meanwhile.
            self._readers = None
            return PollError(kind=kind, message=aws_errors.message(error), wait=self.pace.interval)
        wait = max(self.pace.interval, min(_LONGEST_WAIT, self.pace.interval * 2**self._failures))
        return PollError(kind=kind, message=aws_errors.message(error), wait=wait)
