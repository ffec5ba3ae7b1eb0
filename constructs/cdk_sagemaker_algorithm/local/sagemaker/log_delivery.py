"""Write job logs to the emulator's CloudWatch Logs."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from cdk_sagemaker_algorithm.local.sagemaker.botocore_session import client

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.local.run_key import RunKey
    from cdk_sagemaker_algorithm.local.sagemaker.job_runner import JobLogLine


@dataclass(frozen=True, slots=True)
class LogBatch:
    """New lines of one log stream.

    Attributes:
        group: The log group.
        stream: The log stream.
        lines: The lines, oldest first.
    """

    group: str
    stream: str
    lines: tuple[JobLogLine, ...]


class LogSink(Protocol):
    """Receiver of log lines."""

    def write(self, batch: LogBatch) -> bool:
        """Receive lines.

        Args:
            batch: The lines of a log stream.

        Returns:
            Whether the lines were accepted; if not, they are sent again.
        """
        ...


class CloudWatchLogs(LogSink):
    """Writer to the CloudWatch Logs of an endpoint."""

    def __init__(self, endpoint_url: str, region: str, key: RunKey) -> None:
        """Create a writer without writing.

        Args:
            endpoint_url: The address of the emulator.
            region: The region that the logs belong to.
            key: The key of this run.
        """
        self._client = client("logs", endpoint_url, region, key)
        self._known: set[tuple[str, str]] = set()

    def write(self, batch: LogBatch) -> bool:
        """Write the lines; create log group and stream if necessary."""
        try:
            self._make_stream(batch.group, batch.stream)
            self._client.put_log_events(
                logGroupName=batch.group,
                logStreamName=batch.stream,
                logEvents=[{"timestamp": int(line.time * 1000), "message": line.text} for line in batch.lines],
            )
        except (BotoCoreError, ClientError):
            return False
        return True

    def _make_stream(self, group: str, stream: str) -> None:
        """Create a log group and a log stream, unless they exist."""
        if (group, stream) in self._known:
            return
        there = self._client.exceptions.ResourceAlreadyExistsException
        with suppress(there):
            self._client.create_log_group(logGroupName=group)
        with suppress(there):
            self._client.create_log_stream(logGroupName=group, logStreamName=stream)
        self._known.add((group, stream))
