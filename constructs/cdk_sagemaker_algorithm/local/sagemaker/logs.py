"""Where the jobs' logs go: CloudWatch Logs of the emulator, as on AWS."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, cast

import boto3
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.local.sagemaker.runner import JobKind, LogLine

GROUPS: dict[JobKind, str] = {
    "training": "/aws/sagemaker/TrainingJobs",
    "transform": "/aws/sagemaker/TransformJobs",
}


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
    lines: tuple[LogLine, ...]


class LogSink(Protocol):
    """Takes log lines."""

    def write(self, batch: LogBatch) -> bool:
        """Take lines.

        Args:
            batch: The lines, and where they belong.

        Returns:
            Whether they were taken; if not, they are offered again.
        """
        ...


@dataclass(slots=True)
class CloudWatchLogs(LogSink):
    """Writes to CloudWatch Logs, wherever the endpoint is.

    Attributes:
        endpoint_url: The address of the emulator.
        region: The region that the logs belong to.
        known: Log streams that are there.
    """

    endpoint_url: str
    region: str
    known: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def write(self, batch: LogBatch) -> bool:
        """Put the lines, making group and stream where they are missing."""
        # There are no types for this service among the development tools.
        client = cast("Any", boto3).client(
            "logs",
            endpoint_url=self.endpoint_url,
            region_name=self.region,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - the emulator takes any
        )
        events = [{"timestamp": int(line.time * 1000), "message": line.text} for line in batch.lines]
        try:
            if (batch.group, batch.stream) not in self.known:
                with suppress(client.exceptions.ResourceAlreadyExistsException):
                    client.create_log_group(logGroupName=batch.group)
                with suppress(client.exceptions.ResourceAlreadyExistsException):
                    client.create_log_stream(logGroupName=batch.group, logStreamName=batch.stream)
                self.known.add((batch.group, batch.stream))
            client.put_log_events(logGroupName=batch.group, logStreamName=batch.stream, logEvents=events)
        except (BotoCoreError, ClientError):
            return False
        return True
