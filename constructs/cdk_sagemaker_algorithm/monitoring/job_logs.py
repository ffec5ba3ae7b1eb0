"""What the containers of jobs print, from CloudWatch Logs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_algorithm.monitoring.snapshot import JobView

# Colours, cursor movements and titles, as terminals take them.
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MISSING = "ResourceNotFoundException"


@dataclass(frozen=True, slots=True, order=True)
class LogLine:
    """One line.

    Attributes:
        time: When, in seconds since 1970.
        text: What, without the line's end.
    """

    time: float
    text: str

    @property
    def shown(self) -> str:
        """The line without what would move a terminal's cursor or colour what follows."""
        return printable(self.text)


def printable(text: str) -> str:
    """A text that AWS or a container wrote, fit to be shown: no control characters but tabs and line ends.

    Args:
        text: The text.
    """
    return _CONTROL.sub("", _ESCAPE.sub("", text))


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

    def new_lines(self, job: JobView) -> list[LogLine]:
        """The lines that came since the last time, oldest first; all of them at the first time.

        Args:
            job: The job.
        """
        # Lines that were read before an error are handed on the next time.
        lines = self._unsent.setdefault(job.name, [])
        try:
            for stream in list(self._streams(job)):
                for line in self._read(job.log_group, stream):
                    lines.append(line)
        except self._client.exceptions.ClientError as error:
            # Neither group nor stream is there before the first line.
            if error.response["Error"]["Code"] == _MISSING:
                return []
            raise
        del self._unsent[job.name]
        return sorted(lines, key=lambda line: line.time)

    def _streams(self, job: JobView) -> Iterator[str]:
        token: dict[str, str] = {}
        while True:
            page = self._client.describe_log_streams(
                logGroupName=job.log_group, logStreamNamePrefix=job.stream_prefix, **token
            )
            for stream in page.get("logStreams", []):
                yield stream["logStreamName"]
            if not page.get("nextToken"):
                return
            token = {"nextToken": page["nextToken"]}

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
            # The end of a stream answers with the token that was sent.
            if position == before:
                return
