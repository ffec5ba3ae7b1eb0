"""Who runs the jobs of a validation: a small interface, with a simulation behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

JobKind = Literal["training", "transform"]


@dataclass(frozen=True, kw_only=True, slots=True)
class JobSpec:
    """All that a runner needs to know of a job.

    Attributes:
        kind: Whether it trains or transforms.
        name: The job's name.
        image: The container image.
        role_arn: The role the job runs under.
        definition: The validation profile's definition of the job.
        environment: The container's environment variables.
        metrics: The training metrics' definitions: Name and Regex.
        objectives: Minimize or Maximize, by the names of the metrics that are tuning objectives.
        model_artifacts: S3 address of what a training job leaves and a transform job uses.
        algorithm: The CreateAlgorithm request.
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
class LogLine:
    """One line a container printed.

    Attributes:
        time: When, in seconds since 1970.
        text: What, without the line's end.
    """

    time: float
    text: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is.

    Attributes:
        phases: Secondary statuses so far, each with the time it began; the last one is current.
        log: Every line so far.
        ended: When the job ended; None while it runs.
        failure: Why it failed; None if it runs or succeeded.
        stopped: Whether it ended because it was told to stop.
    """

    phases: tuple[tuple[str, float], ...]
    log: tuple[LogLine, ...]
    ended: float | None = None
    failure: str | None = None
    stopped: bool = False


class JobRun(Protocol):
    """A job that was started."""

    def progress(self, now: float) -> Progress:
        """Tell how far the job is.

        Args:
            now: The time, in seconds since 1970.
        """
        ...

    def stop(self, now: float) -> None:
        """End the job early.

        Args:
            now: The time, in seconds since 1970.
        """
        ...


class JobRunner(Protocol):
    """Starts jobs."""

    def start(self, spec: JobSpec, *, at: float, failure: str | None) -> JobRun:
        """Start a job.

        Args:
            spec: What to run.
            at: When it starts, in seconds since 1970.
            failure: The reason it is to fail with; None lets it succeed if it can.
        """
        ...
