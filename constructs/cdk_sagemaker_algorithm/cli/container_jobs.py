"""Connect local AWS with preflight: jobs run in containers, and preflight's rules judge them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cdk_sagemaker_algorithm.containers.engine import EngineError, find_engine
from cdk_sagemaker_algorithm.containers.guard import guarded
from cdk_sagemaker_algorithm.containers.training_job import TrainingResult
from cdk_sagemaker_algorithm.containers.transform_job import TransformResult
from cdk_sagemaker_algorithm.local.errors import LocalAwsError
from cdk_sagemaker_algorithm.local.sagemaker.container_runner import ContainerJobRunner
from cdk_sagemaker_algorithm.local.sagemaker.job_runner import JobSpec
from cdk_sagemaker_algorithm.preflight.job_judge import job_failure


@dataclass(slots=True)
class ContainerJobs:
    """The runner of jobs in containers.

    Attributes:
        runner: The runner for `LocalAws`; None without an engine.
    """

    runner: ContainerJobRunner | None = None
    _s3: list[Callable[[], Any]] = field(default_factory=list[Callable[[], Any]])

    def connect(self, s3: Callable[[], Any]) -> None:
        """Set the S3 of local AWS, once it runs.

        Args:
            s3: Returns a client.
        """
        self._s3.append(s3)

    def s3(self) -> Any:
        """Return a client of local S3.

        Raises:
            LocalAwsError: If local AWS does not run yet.
        """
        if not self._s3:
            raise LocalAwsError("local AWS does not run yet")
        return self._s3[-1]()


@contextmanager
def container_jobs(
    images: Mapping[str, str], engine_name: str | None, report: Callable[[str], None]
) -> Generator[ContainerJobs]:
    """Provide a runner of jobs in containers, and remove all containers at the end.

    Args:
        images: Local images by the URI in the definition.
        engine_name: The engine's command. Default: the first that responds.
        report: Shows messages.
    """
    try:
        engine = find_engine(engine_name)
    except EngineError as error:
        report(f"warning: --containers: {error}; validation jobs are simulated")
        yield ContainerJobs()
        return
    engine.sweep()
    report(f"validation jobs run in containers: {engine.version}")
    jobs = ContainerJobs()
    with tempfile.TemporaryDirectory(prefix="cdk-sagemaker-algorithm-jobs-", ignore_cleanup_errors=True) as name:
        runner = ContainerJobRunner(engine=engine, s3=jobs.s3, directory=Path(name), judge=_judge, images=images)
        jobs.runner = runner
        with guarded(engine, Path(name)):
            try:
                yield jobs
            finally:
                runner.close()


def _judge(spec: JobSpec, result: TrainingResult | TransformResult) -> str | None:
    return job_failure(spec.algorithm, spec.profile, result)
