"""Represent an algorithm and its validation at one time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cdk_sagemaker_algorithm.monitoring.stack_operations import DeployedAlgorithm
from cdk_sagemaker_algorithm_provider.contract.outcome_event import NO_REASON
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import STACK_TAG

StepState = Literal["waiting", "running", "done", "failed", "unreached", "absent"]
CheckKind = Literal["image scan", "validation"]

#: The status of an algorithm that was there and is not any more.
DELETED = "Deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationCheck:
    """One line of AlgorithmStatusDetails.

    Attributes:
        kind: Kind of the check.
        name: SageMaker's name of the check.
        status: NotStarted, InProgress, Completed or Failed.
        reason: Why it failed; empty if unknown.
    """

    kind: CheckKind
    name: str
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """The last value of a metric, as SageMaker returns it.

    Attributes:
        name: The metric's name.
    """

    name: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A secondary status of a training job.

    Attributes:
        name: Such as Downloading.
        message: SageMaker's message.
        started: When it began.
        ended: When it ended; None while it lasts.
    """

    name: str
    message: str
    started: float
    ended: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSnapshot:
    """A job of the validation. Times are seconds since 1970.

    Attributes:
        kind: `training` or `transform`.
        arn: Its ARN.
        status: InProgress, Completed, Failed, Stopping or Stopped.
        reason: Why it failed; empty if unknown.
        instances: Instances, such as `1 x ml.m5.large`.
        created: Creation time.
        started: When its work began; None before.
        ended: When it ended; None before.
        limit: The seconds that it may run; None if there is no limit.
        billable: The seconds that are charged; None if unknown.
        output: Where it writes to.
        log_group: The log group of its containers.
        phases: Its secondary statuses, oldest first.
        metrics: Last values of its metrics.
        machines: Each instance type that it ran on, and how many; empty if that is not known.
    """

    kind: Literal["training", "transform"]
    name: str
    arn: str
    status: str
    reason: str
    instances: str
    created: float
    started: float | None
    ended: float | None
    limit: float | None
    billable: int | None
    output: str
    log_group: str
    phases: tuple[Phase, ...] = ()
    metrics: tuple[Metric, ...] = ()
    machines: tuple[tuple[str, int], ...] = ()

    @property
    def failed(self) -> bool:
        """Whether it ended without success."""
        return self.status in ("Failed", "Stopped")

    @property
    def phase(self) -> Phase | None:
        """The newest secondary status."""
        return self.phases[-1] if self.phases else None

    @property
    def stream_prefix(self) -> str:
        """Prefix of the names of its log streams."""
        return f"{self.name}/"

    def charged_seconds(self, now: float) -> float:
        """Return the billed seconds per instance: SageMaker's figure, or the working time.

        Args:
            now: The time.
        """
        return self.working_seconds(now) if self.billable is None else float(self.billable)

    def seconds(self, now: float) -> float:
        """Return the seconds from its creation to its end, or until now.

        Args:
            now: The time.
        """
        return max(0.0, (now if self.ended is None else self.ended) - self.created)

    def working_seconds(self, now: float) -> float:
        """Return the seconds that count towards its maximum runtime.

        Args:
            now: The time.
        """
        if self.started is None:
            return 0.0
        return max(0.0, (now if self.ended is None else self.ended) - self.started)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of validation.

    Attributes:
        name: `image scan`, `training`, `model` or `transform`.
        state: State; `unreached` if the validation ended earlier, `absent` if the validation has no such step.
        job: The job behind it; None if there is none, or not yet.
    """

    name: str
    state: StepState
    job: JobSnapshot | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """An algorithm and its validation at one time.

    Attributes:
        name: The algorithm's name.
        arn: Its ARN.
        status: Pending, InProgress, Completed, Failed, Deleting or Deleted.
        created: Creation time, in seconds since 1970; None if unknown.
        taken_at: Time of the snapshot.
        checks: What the service says of validations and image scans.
        jobs: The jobs of the validation.
        jobs_unknown: Why the jobs could not be looked up; empty if they could.
        steps: The steps of the validation.
        description: DescribeAlgorithm's whole answer; of a deleted algorithm, what the stack's events have of it.
        tags: Its tags; None if they may not be read, or it was deleted.
        deployed: What the stack's operation did with it; None if it was not read through a stack.
        home: The resource that its ownership tags name, if it was not read through a stack; None if not looked up.
        abandoned: Why its stack no longer has it; empty if it has, or if not looked up.
        expected: Seconds that the previous validation took; None if there is none, or it is not known.
        last_lines: The end of the log of the job that failed; empty if no job failed, or it cannot be read.
    """

    name: str
    arn: str
    status: str
    created: float | None
    taken_at: float
    checks: tuple[ValidationCheck, ...]
    jobs: tuple[JobSnapshot, ...]
    jobs_unknown: str
    steps: tuple[Step, ...]
    description: Mapping[str, Any] = field(repr=False)
    tags: Mapping[str, str] | None = None
    deployed: DeployedAlgorithm | None = None
    home: DeployedAlgorithm | None = None
    abandoned: str = ""
    expected: float | None = None
    last_lines: tuple[str, ...] = ()

    @property
    def stack(self) -> str:
        """ID of the stack that owns it, or owned it; empty if unknown or without a stack."""
        if self.deployed is not None:
            return self.deployed.stack
        return (self.tags or {}).get(STACK_TAG, "")

    @property
    def resource(self) -> DeployedAlgorithm | None:
        """The resource of its stack; None if unknown."""
        return self.deployed or self.home

    @property
    def label(self) -> str:
        """Display name: its path in the app or in the stack, or its name."""
        return self.deployed.label if self.deployed is not None else self.name

    @property
    def over(self) -> bool:
        """Whether validation has ended."""
        return self.status in ("Completed", "Failed", DELETED)

    @property
    def failed(self) -> bool:
        """Whether the validation failed, even if the algorithm no longer exists."""
        return self.status == "Failed" or (self.over and self.status != "Completed" and bool(self.reasons))

    @property
    def ended(self) -> float | None:
        """End of the last job, which is close to the end of the validation; None while it runs or without jobs."""
        ends = [job.ended for job in self.jobs if job.ended is not None]
        return max(ends, default=None) if self.over or self.status == "Deleting" else None

    @property
    def failed_at(self) -> float | None:
        """When the job failed, or the deployment noticed the failure; None without a failure or if unknown."""
        if not self.failed:
            return None
        ends = [job.ended for job in self.jobs if job.failed and job.ended is not None]
        return next(iter(ends), self.deployed.failed_at if self.deployed is not None else None)

    @property
    def took(self) -> float | None:
        """Seconds from the creation to the end of the last job; None if unknown."""
        return None if self.created is None or self.ended is None else self.ended - self.created

    @property
    def passed(self) -> bool:
        """Whether the validation passed, even if the algorithm no longer exists."""
        if self.status == "Completed":
            return True
        states = {step.state for step in self.steps if step.job is not None or step.state in ("waiting", "unreached")}
        return self.status == DELETED and states == {"done"}

    @property
    def state(self) -> str:
        """State for display: `done` and `failed` like a step, otherwise the status."""
        return "failed" if self.failed else self.status

    @property
    def failed_step(self) -> Step | None:
        """The step that failed."""
        return next((step for step in self.steps if step.state == "failed"), None)

    @property
    def running_step(self) -> Step | None:
        """The running step."""
        return next((step for step in self.steps if step.state == "running"), None)

    @property
    def reasons(self) -> tuple[tuple[str, str], ...]:
        """Failures with their reasons, without repeated reasons."""
        found: dict[str, str] = {}
        for job in self.jobs:
            if job.failed:
                found.setdefault(job.reason or f"the job ended as {job.status}", f"{job.kind} job {job.name}")
        for check in self.checks:
            if check.status == "Failed":
                found.setdefault(check.reason or NO_REASON, f"{check.kind} {check.name}")
        if not found and self.deployed is not None and self.deployed.failure and self.status != "Completed":
            found[self.deployed.failure] = f"resource {self.deployed.label}"
        return tuple((what, reason) for reason, what in found.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """An algorithm in a list.

    Attributes:
        created: Creation time, in seconds since 1970.
        description: Description; empty if unknown.
    """

    name: str
    status: str
    created: float
    description: str
