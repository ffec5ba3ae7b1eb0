"""The jobs and models of all validations: made here, kept here, moved on here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

from cdk_sagemaker_algorithm.local.sagemaker.jobs import Job, Model
from cdk_sagemaker_algorithm.local.sagemaker.surroundings import Unlimited

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_sagemaker_algorithm.local.sagemaker.job_runner import JobKind, JobRunner, JobSpec
    from cdk_sagemaker_algorithm.local.sagemaker.json_values import Json
    from cdk_sagemaker_algorithm.local.sagemaker.log_delivery import LogBatch
    from cdk_sagemaker_algorithm.local.sagemaker.surroundings import Surroundings


@dataclass(slots=True)
class Workshop:
    """Where validations have their jobs run.

    Attributes:
        runner: Runs the jobs.
        arn_prefix: What all ARNs of this account and region begin with.
        surroundings: The rest of the account.
        jobs: Every job, by kind and name.
        models: Every model, by name.
    """

    runner: JobRunner
    arn_prefix: str
    surroundings: Surroundings = field(default_factory=Unlimited)
    jobs: dict[tuple[JobKind, str], Job] = field(default_factory=dict[tuple["JobKind", str], Job])
    models: dict[str, Model] = field(default_factory=dict[str, Model])

    @staticmethod
    def new_name() -> str:
        """A name that, as on AWS, tells nothing about the algorithm."""
        return f"validation-{uuid4()}"

    def start(self, spec: JobSpec, *, at: float, failure: str | None, model_name: str = "") -> Job:
        """Start a job.

        Args:
            spec: What to run.
            at: When, in seconds since 1970.
            failure: The reason that it is to fail with, if it is to fail.
            model_name: The model that a transform job uses.
        """
        run = self.runner.start(spec, at=at, failure=failure)
        arn = f"{self.arn_prefix}:{spec.kind}-job/{spec.name}"
        job = Job(spec, arn, at, run, run.progress(at), model_name)
        self.jobs[spec.kind, spec.name] = job
        return job

    def make_model(self, containers: tuple[Json, ...], role_arn: str, *, at: float) -> Model:
        """Make a model.

        Args:
            containers: Its containers.
            role_arn: The role that it runs under.
            at: When, in seconds since 1970.
        """
        name = self.new_name()
        model = Model(name, f"{self.arn_prefix}:model/{name}", at, containers, role_arn)
        self.models[name] = model
        return model

    def advance(self, now: float) -> None:
        """Bring every running job up to date.

        Args:
            now: The time, in seconds since 1970.
        """
        for job in self.jobs.values():
            if job.progress.ended is None:
                job.progress = job.run.progress(now)

    def new_lines(self) -> Iterator[LogBatch]:
        """The log lines that came since the last time."""
        for job in self.jobs.values():
            if batch := job.new_lines():
                yield batch
