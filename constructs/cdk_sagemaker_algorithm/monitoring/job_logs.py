"""Read the logs of jobs from CloudWatch Logs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_algorithm.model.display_text import printable_lines
from cdk_sagemaker_algorithm.monitoring.snapshot import JobSnapshot

_MISSING = "ResourceNotFoundException"


@dataclass(frozen=True, slots=True, order=True)
class LogLine:
    """One line.

    Attributes:
        time: Time in seconds since 1970.
        text: Text without newline.
    """

    time: float
    text: str

    @property
    def shown(self) -> str:
        """The line without control characters; a progress bar is reduced to its last state."""
        return printable_lines(self.text.rstrip("\r").rpartition("\r")[2])


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
        """Return the lines that came since the last time, oldest first; all of them at the first time.

        Args:
            job: The job.
        """
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
        return sorted(lines, key=lambda line: line.time)

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
                text = str(event["message"])
                yield from (LogLine(event["timestamp"] / 1000, line) for line in text.splitlines() or [""])
            position = page["nextForwardToken"]
            self._positions[group, stream] = position
            # At the end of a stream, the response contains the token of the request.
            if position == before:
                return
