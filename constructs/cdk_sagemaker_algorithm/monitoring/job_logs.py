"""Read the logs of jobs from CloudWatch Logs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from cdk_sagemaker_algorithm.model.display_text import log_line
from cdk_sagemaker_algorithm.monitoring.snapshot import JobSnapshot, Snapshot
from cdk_sagemaker_algorithm.monitoring.transient_errors import kind_of
from cdk_sagemaker_algorithm_provider.contract import aws_errors

_MISSING = "ResourceNotFoundException"
# How many lines of the log of a failed job are shown with its reason.
_LAST_LINES = 10


@dataclass(frozen=True, slots=True, order=True)
class LogLine:
    """Line of a job's log.

    Attributes:
        time: Time in seconds since 1970.
        text: Text without newline.
    """

    time: float
    text: str

    @property
    def shown(self) -> str:
        """The line without control characters; a progress bar is reduced to its last state."""
        return log_line(self.text)


class JobLogs:
    """Reads the logs of jobs, each line once."""

    def __init__(self, logs: Any) -> None:
        """Use a client.

        Args:
            logs: A CloudWatch Logs client.
        """
        self._client = logs
        self._positions: dict[tuple[str, str], str] = {}
        self._unsent: dict[str, list[LogLine]] = {}

    def new_lines(self, job: JobSnapshot) -> list[LogLine]:
        """Return the lines that came since the last time, oldest first; all of them at the first time."""
        # Lines that were read before an error are returned by the next call.
        lines = self._unsent.setdefault(job.name, [])
        try:
            for stream in list(self._streams(job)):
                for line in self._read(job.log_group, stream):
                    lines.append(line)
        except self._client.exceptions.ClientError as error:
            # Log group and stream do not exist before the first line.
            if error.response["Error"]["Code"] == _MISSING:
                return []
            raise
        del self._unsent[job.name]
        return sorted(lines, key=_time_of)

    def with_last_lines(self, seen: Snapshot) -> Snapshot:
        """Return an algorithm with the last lines of its failed job's log, if the caller may read them.

        Args:
            seen: The algorithm.
        """
        job = next((job for job in seen.jobs if job.failed), None)
        if job is None:
            return seen
        try:
            last = [line for stream in self._streams(job) for line in self._end(job.log_group, stream)]
        except Exception as error:
            if aws_errors.is_aws(error) and kind_of(error) != "credentials":
                return seen
            raise
        return replace(seen, last_lines=tuple(line.shown for line in sorted(last, key=_time_of)[-_LAST_LINES:]))

    def _end(self, group: str, stream: str) -> Iterator[LogLine]:
        page = self._client.get_log_events(
            logGroupName=group, logStreamName=stream, startFromHead=False, limit=_LAST_LINES
        )
        for event in page.get("events", []):
            yield from _lines(event)

    def _streams(self, job: JobSnapshot) -> Iterator[str]:
        pages = self._client.get_paginator("describe_log_streams").paginate(
            logGroupName=job.log_group, logStreamNamePrefix=job.stream_prefix
        )
        yield from (stream["logStreamName"] for page in pages for stream in page.get("logStreams", ()))

    def _read(self, group: str, stream: str) -> Iterator[LogLine]:
        while True:
            before = self._positions.get((group, stream))
            token = {} if before is None else {"nextToken": before}
            page = self._client.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True, **token)
            for event in page.get("events", []):
                yield from _lines(event)
            position = page["nextForwardToken"]
            self._positions[group, stream] = position
            # At the end of a stream, the response contains the token of the request.
            if position == before:
                return


def _time_of(line: LogLine) -> float:
    return line.time


def _lines(event: Any) -> Iterator[LogLine]:
    yield from (LogLine(event["timestamp"] / 1000, line) for line in str(event["message"]).splitlines() or [""])
