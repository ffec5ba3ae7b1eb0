"""Define the interface for running validation jobs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

JobKind = Literal["training", "transform"]


@dataclass(frozen=True, kw_only=True, slots=True)
class JobSpec:
    """Specification of a validation job.

    Attributes:
        kind: Training or transform.
        name: Job name.
        image: URI of the container image.
        role_arn: ARN of the validation role.
        definition: Job definition of the validation profile.
        environment: Environment variables of the container.
        metrics: Metric definitions: Name and Regex.
        objectives: Minimize or Maximize, by the names of the metrics that are tuning objectives.
        model_artifacts: S3 URI of the model artifacts, output of training and input of transform.
        algorithm: CreateAlgorithm request.
        profile: Index of the validation profile.
    """

    kind: JobKind
    name: str
    image: str
    role_arn: str
    definition: Mapping[str, Any]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    metrics: tuple[Mapping[str, str], ...] = ()
    objectives: Mapping[str, str] = field(default_factory=dict[str, str])
    model_artifacts: str
    algorithm: Mapping[str, Any] = field(default_factory=dict[str, Any])
    profile: int = 0


@dataclass(frozen=True, slots=True)
class JobLogLine:
    """Line of a container's output.

    Attributes:
        time: Time in seconds since 1970.
        text: Text without newline.
    """

    time: float
    text: str


@dataclass(frozen=True, slots=True)
class JobProgress:
    """Progress of a job.

    Attributes:
        phases: Secondary statuses so far, each with the time it began; the last one is current.
        log: All log lines so far.
        ended: End time in seconds since 1970; None while the job runs.
        failure: FailureReason; None if the job runs or succeeded.
        stopped: True if the job ended because of a request to stop.
    """

    phases: tuple[tuple[str, float], ...]
    log: tuple[JobLogLine, ...]
    ended: float | None = None
    failure: str | None = None
    stopped: bool = False


class JobRun(Protocol):
    """Running or ended job."""

    def progress(self, now: float) -> JobProgress:
        """Return the progress of the job.

        Args:
            now: Current time in seconds since 1970.
        """
        ...

    def stop(self, now: float) -> None:
        """Request the job to stop.

        Args:
            now: Current time in seconds since 1970.
        """
        ...


class JobRunner(Protocol):
    """Runner of validation jobs."""

    def start(self, spec: JobSpec, *, at: float, failure: str | None) -> JobRun:
        """Start a job.

        Args:
            spec: Job to run.
            at: Start time in seconds since 1970.
            failure: Planned FailureReason; None if no failure is planned.
        """
        ...
