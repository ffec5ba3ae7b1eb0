"""Run validation jobs in real containers, with the job runner interface of local AWS.

`ContainerJobRunner` reads the data of a job from local S3 and writes `model.tar.gz`, `output.tar.gz` and the results of
transform jobs there. Logs, metrics, statuses and times are real. A `Judge` decides whether a job that ended
well would still fail; the command line passes the rules of preflight.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, Protocol, cast

from cdk_sagemaker_algorithm.containers.archives import Archive
from cdk_sagemaker_algorithm.containers.channels import DataError, DataObject, ObjectSource
from cdk_sagemaker_algorithm.containers.engine import Engine, EngineError
from cdk_sagemaker_algorithm.containers.guard import remove_run
from cdk_sagemaker_algorithm.containers.local_images import find_local_image
from cdk_sagemaker_algorithm.containers.s3_objects import head_object
from cdk_sagemaker_algorithm.containers.training_job import TrainingJob, TrainingResult, run_training
from cdk_sagemaker_algorithm.containers.transform_job import (
    InferenceContainer,
    TransformJob,
    TransformResult,
    run_transform,
)
from cdk_sagemaker_algorithm.local.sagemaker.job_runner import JobLogLine, JobProgress, JobRun, JobRunner, JobSpec
from cdk_sagemaker_algorithm.model.json_access import structure, structures
from cdk_sagemaker_algorithm.model.s3_uri import split_s3_uri
from cdk_sagemaker_algorithm_provider.contract import aws_errors

_MOST_LINES: Final = 20_000


class Judge(Protocol):
    """Decides whether SageMaker would fail a job."""

    def __call__(self, spec: JobSpec, result: TrainingResult | TransformResult) -> str | None:
        """Return the reason of the failure; None if there is none.

        Args:
            spec: The job.
            result: Result of the job.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerJobRunner(JobRunner):
    """Starts jobs that run containers.

    Attributes:
        s3: Returns a client of local S3.
        directory: Where logs and archives are written.
        judge: Decides whether a job fails.
        images: Local images by the URI in the definition.
        startup_timeout: Limit in seconds for the first successful /ping.
        runs: The jobs that were started.
    """

    engine: Engine
    s3: Callable[[], Any]
    directory: Path
    judge: Judge
    images: Mapping[str, str] = field(default_factory=dict[str, str])
    startup_timeout: float = 1800.0
    runs: list[ContainerRun] = field(default_factory=list["ContainerRun"])

    def start(self, spec: JobSpec, *, at: float, failure: str | None) -> JobRun:
        """Start a job in a thread of its own."""
        run = ContainerRun(self, spec, at, failure)
        self.runs.append(run)
        run.begin()
        return run

    def close(self) -> None:
        """Stop all jobs and remove their containers."""
        for run in self.runs:
            run.abandon()
        remove_run(self.engine, self.engine.labels.run)
        for run in self.runs:
            run.join(30)


class ContainerRun(JobRun):
    """One job."""

    def __init__(self, runner: ContainerJobRunner, spec: JobSpec, at: float, failure: str | None) -> None:
        """Create a job without starting it.

        Args:
            runner: The runner of the job.
            spec: The job.
            at: The time, in seconds since 1970.
            failure: The reason that the job fails with after it ended well; None for none.
        """
        self._runner = runner
        self._spec = spec
        self._planned = failure
        self._phases: list[tuple[str, float]] = [("Starting" if spec.kind == "training" else "InProgress", at)]
        self._log: list[JobLogLine] = []
        self._ended: float | None = None
        self._failure: str | None = None
        self._stop = threading.Event()
        self._abandoned = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def begin(self) -> None:
        """Start the job."""
        self._thread.start()

    def progress(self, now: float) -> JobProgress:  # noqa: ARG002 - a real job has its own time
        """Return the progress of the job."""
        with self._lock:
            return JobProgress(
                phases=tuple(self._phases),
                log=tuple(self._log),
                ended=self._ended,
                failure=self._failure,
                stopped=self._ended is not None and self._stop.is_set() and self._failure is None,
            )

    def stop(self, now: float) -> None:  # noqa: ARG002 - a real job has its own time
        """Send SIGTERM to the containers; returns at once."""
        self._stop.set()

    def abandon(self) -> None:
        """End the job because local AWS ends."""
        self._abandoned = True
        self._stop.set()

    def join(self, seconds: float) -> None:
        """Wait for the job.

        Args:
            seconds: The limit.
        """
        self._thread.join(seconds)

    def _run(self) -> None:
        failure: str | None
        try:
            failure = self._train() if self._spec.kind == "training" else self._transform()
        except DataError as error:
            failure = f"ClientError: Data download failed: {error}"
        except EngineError as error:
            failure = f"InternalServerError: the container engine failed: {error}"
        except Exception as error:  # noqa: BLE001 - a job that never ends would be worse
            failure = f"InternalServerError: {type(error).__name__}: {error}"
        with self._lock:
            self._failure = failure or self._planned
            self._ended = time.time()

    def _train(self) -> str | None:
        spec, algorithm = self._spec, structure(self._spec.algorithm, "TrainingSpecification")
        source = StoredObjects(self._runner.s3())
        job = TrainingJob(
            name=spec.name,
            image=self._image(spec.image),
            definition=spec.definition,
            specification=algorithm,
            data={str(channel["ChannelName"]): source for channel in structures(spec.definition, "InputDataConfig")},
            stop=self._stop,
        )
        self._phase("Training")
        result = run_training(self._runner.engine, job, self._runner.directory / spec.name, self._line)
        self._phase("Uploading")
        folder = spec.model_artifacts.rpartition("/")[0]
        self._upload(result.model, spec.model_artifacts)
        self._upload(result.output, f"{folder}/output.tar.gz")
        return result.failure or self._runner.judge(spec, result)

    def _transform(self) -> str | None:
        spec = self._spec
        model = self._download(spec.model_artifacts)
        job = TransformJob(
            name=spec.name,
            containers=[
                InferenceContainer(image=self._image(str(container["Image"])), definition=container)
                for container in structures(spec.algorithm, "InferenceSpecification", "Containers")
            ],
            definition=spec.definition,
            specification=structure(spec.algorithm, "InferenceSpecification"),
            model=model,
            data=StoredObjects(self._runner.s3()),
            startup_timeout=self._runner.startup_timeout,
            probes=False,
            stop=self._stop,
        )
        result = run_transform(self._runner.engine, job, self._runner.directory / spec.name, self._line)
        target = str(structure(spec.definition, "TransformOutput").get("S3OutputPath") or "").rstrip("/")
        for file in result.files:
            if file.result is not None:
                self._put(file.result, f"{target}/{file.name}.out")
        return self._runner.judge(spec, result)

    def _image(self, uri: str) -> str:
        name = self._runner.images.get(uri, uri)
        image = find_local_image(self._runner.engine, name)
        if image is None:
            raise EngineError(f"image {name} is not in {self._runner.engine.command}'s store; build or pull it first")
        return image.id

    def _phase(self, name: str) -> None:
        with self._lock:
            self._phases.append((name, time.time()))

    def _line(self, host: str, line: str) -> None:  # noqa: ARG002 - one log stream
        with self._lock:
            if len(self._log) < _MOST_LINES:
                self._log.append(JobLogLine(time.time(), line))

    def _upload(self, archive: Archive | None, uri: str) -> None:
        if archive is not None and not self._abandoned:
            self._put(archive.path, uri)

    def _put(self, path: Path, uri: str) -> None:
        bucket, key = split_s3_uri(uri)
        client = self._runner.s3()
        try:
            client.head_bucket(Bucket=bucket)
        except client.exceptions.ClientError:
            # A bucket that exists in the user's account (--existing) is created here when it is written to.
            client.create_bucket(Bucket=bucket)
        with path.open("rb") as body:
            client.put_object(Bucket=bucket, Key=key, Body=body)

    def _download(self, uri: str) -> Path | None:
        item = StoredObjects(self._runner.s3()).get(uri)
        if item is None:
            return None
        target = self._runner.directory / self._spec.name / "model.tar.gz"
        target.parent.mkdir(parents=True, exist_ok=True)
        with item.open() as source, target.open("wb") as file:
            while data := source.read(1 << 20):
                file.write(data)
        return target


class StoredObjects(ObjectSource):
    """The objects of local S3."""

    def __init__(self, client: Any) -> None:
        """Wrap a client.

        Args:
            client: A client of local S3.
        """
        self._client = client

    def list(self, prefix: str) -> Sequence[DataObject]:
        """List the objects that have a URI with a prefix."""
        bucket, key = split_s3_uri(prefix)
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
        try:
            found = [item for page in pages for item in page.get("Contents", ())]
        except self._client.exceptions.ClientError as error:
            if aws_errors.is_missing(error):
                return []
            raise
        return [self._object(bucket, item["Key"], item["Size"]) for item in found]

    def get(self, uri: str) -> DataObject | None:
        """Find one object."""
        bucket, key = split_s3_uri(uri)
        head = head_object(self._client, bucket, key)
        return None if head is None else self._object(bucket, key, int(head["ContentLength"]))

    def _object(self, bucket: str, key: str, size: int) -> DataObject:
        def read() -> IO[bytes]:
            return cast("IO[bytes]", self._client.get_object(Bucket=bucket, Key=key)["Body"])

        return DataObject(uri=f"s3://{bucket}/{key}", size=size, open=read)
