"""Store and advance the jobs and models of all validations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

from cdk_sagemaker_algorithm.local.sagemaker.account_resources import EverythingExists
from cdk_sagemaker_algorithm.local.sagemaker.jobs import Model, SimulatedJob

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_sagemaker_algorithm.local.sagemaker.account_resources import AccountResources
    from cdk_sagemaker_algorithm.local.sagemaker.job_runner import JobKind, JobRunner, JobSpec
    from cdk_sagemaker_algorithm.local.sagemaker.log_delivery import LogBatch
    from cdk_sagemaker_algorithm.model.json_access import JsonObject


@dataclass(slots=True)
class JobStore:
    """Store of all validation jobs and models.

    Attributes:
        runner: Runner of the jobs.
        arn_prefix: Prefix of all ARNs in this account and region.
        resources: Other resources of the account.
        jobs: Jobs by kind and name.
        models: Models by name.
    """

    runner: JobRunner
    arn_prefix: str
    resources: AccountResources = field(default_factory=EverythingExists)
    jobs: dict[tuple[JobKind, str], SimulatedJob] = field(default_factory=dict[tuple["JobKind", str], SimulatedJob])
    models: dict[str, Model] = field(default_factory=dict[str, Model])

    @staticmethod
    def new_name() -> str:
        """Return a random name, independent of the algorithm as on AWS."""
        return f"validation-{uuid4()}"

    def start(self, spec: JobSpec, *, at: float, failure: str | None, model_name: str = "") -> SimulatedJob:
        """Start a job.

        Args:
            spec: Job to run.
            at: Start time in seconds since 1970.
            failure: Planned FailureReason; None if no failure is planned.
            model_name: Model of a transform job.
        """
        run = self.runner.start(spec, at=at, failure=failure)
        arn = f"{self.arn_prefix}:{spec.kind}-job/{spec.name}"
        job = SimulatedJob(spec, arn, at, run, run.progress(at), model_name)
        self.jobs[spec.kind, spec.name] = job
        return job

    def make_model(self, containers: tuple[JsonObject, ...], role_arn: str, *, at: float) -> Model:
        """Create a model.

        Args:
            role_arn: The role that it runs under.
            at: When, in seconds since 1970.
        """
        name = self.new_name()
        model = Model(name, f"{self.arn_prefix}:model/{name}", at, containers, role_arn)
        self.models[name] = model
        return model

    def advance(self, now: float) -> None:
        """Update the progress of all running jobs.

        Args:
            now: Current time in seconds since 1970.
        """
        for job in self.jobs.values():
            if job.progress.ended is None:
                job.progress = job.run.progress(now)

    def new_lines(self) -> Iterator[LogBatch]:
        """Return the log lines since the last call."""
        for job in self.jobs.values():
            if batch := job.new_lines():
                yield batch
