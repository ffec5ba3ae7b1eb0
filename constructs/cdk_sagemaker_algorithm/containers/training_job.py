"""Run a training job in containers like SageMaker does for a validation profile.

`run_training` returns a `TrainingResult` for all that the containers do; it raises only if the engine or
the data fails.
"""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final, cast

from cdk_sagemaker_algorithm.containers import opt_ml
from cdk_sagemaker_algorithm.containers.archives import (
    Archive,
    add_bytes,
    add_directory,
    add_fifo,
    add_stream,
    first_file,
    image_files,
    pack,
)
from cdk_sagemaker_algorithm.containers.channels import DataError, NamedObject, ObjectSource, named_objects, shard
from cdk_sagemaker_algorithm.containers.definition_values import integer
from cdk_sagemaker_algorithm.containers.engine import ContainerSpec, Engine, EngineError, execution_error
from cdk_sagemaker_algorithm.containers.logs import Listener, LogCollector, LogSummary, MetricSeries
from cdk_sagemaker_algorithm.containers.pipes import PipeFeeder
from cdk_sagemaker_algorithm.model.json_access import structure, structures
from cdk_sagemaker_algorithm_provider.contract.limits import DEFAULT_MAX_RUNTIME

#: Seconds between SIGTERM and SIGKILL when a training job is stopped.
TRAINING_GRACE: Final = 120
#: Exit code of a process that SIGKILL ended.
KILLED: Final = 137
#: Exit code of a process that SIGTERM ended without a handler.
TERMINATED: Final = 143
_POLL: Final = 0.5
_SMALL: Final = 100 * 10**6
_MESSAGE: Final = 400
#: Where nobody writes a model by mistake.
_NO_MODEL: Final = (f"/{opt_ml.INPUT}", f"/{opt_ml.OUTPUT}/failure", "/proc", "/sys", "/dev")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingJob:
    """A training job to run.

    Attributes:
        name: The job's name; part of the names of its containers.
        image: The image in the engine's store.
        definition: TrainingJobDefinition.
        specification: TrainingSpecification.
        data: Where the objects of each channel are.
        region: The region that the container sees.
        account: The account that the container sees.
        memory: Memory limit of each container; empty for none.
        gpus: Whether the containers get GPUs.
        mount: Whether data on this machine is mounted read-only instead of copied.
        max_runtime: Limit in seconds. Default: MaxRuntimeInSeconds of the definition.
        grace: Seconds between SIGTERM and SIGKILL.
        stop: Stops the job when it is set.
        keep: Whether the containers remain.
    """

    name: str
    image: str
    definition: Mapping[str, Any]
    specification: Mapping[str, Any]
    data: Mapping[str, ObjectSource]
    region: str = "us-east-1"
    account: str = "000000000000"
    memory: str = ""
    gpus: bool = False
    mount: bool = False
    max_runtime: float | None = None
    grace: int = TRAINING_GRACE
    stop: threading.Event = field(default_factory=threading.Event)
    keep: bool = False

    @property
    def input_mode(self) -> str:
        """The input mode of channels that set none."""
        return str(self.definition.get("TrainingInputMode") or "File")

    @property
    def limit(self) -> float:
        """The maximum runtime in seconds."""
        seconds = integer(structure(self.definition, "StoppingCondition"), "MaxRuntimeInSeconds")
        return self.max_runtime or seconds or DEFAULT_MAX_RUNTIME


@dataclass(frozen=True, slots=True, kw_only=True)
class HostResult:
    """Result of one host.

    Attributes:
        host: The host's name.
        container: Name of the container.
        start_error: Why the container could not start; None if it ran.
        exit_code: The exit code.
        out_of_memory: Whether the engine reports a kill for memory.
        failure: The first characters of /opt/ml/output/failure; None if it does not exist.
        stop_seconds: How long the container took to end after SIGTERM; None if it was not stopped.
    """

    host: str
    container: str
    start_error: str | None = None
    exit_code: int = 0
    out_of_memory: bool = False
    failure: str | None = None
    stop_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingResult:
    """Result of a training job.

    Attributes:
        hosts: Each host.
        start_time: Start of the containers, in seconds since 1970.
        seconds: Time from the start of the containers to their end.
        timed_out: Whether the job reached its maximum runtime.
        stopped: Whether the caller stopped it.
        metrics: The metrics, in the order of their definitions.
        model: model.tar.gz; None if /opt/ml/model is empty.
        output: output.tar.gz; None if /opt/ml/output/data is empty.
        changes: Files that the container wrote elsewhere; read only if there is no model.
        image_files: Files that the image has below /opt/ml.
        missing_feeds: Channels in Pipe mode whose data could not be sent, with the reason.
    """

    job: TrainingJob
    hosts: tuple[HostResult, ...]
    start_time: float
    seconds: float
    timed_out: bool
    stopped: bool
    log: LogSummary
    metrics: tuple[MetricSeries, ...]
    model: Archive | None = None
    output: Archive | None = None
    changes: tuple[str, ...] = ()
    image_files: tuple[str, ...] = ()
    missing_feeds: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def started(self) -> bool:
        """Whether all containers ran."""
        return all(host.start_error is None for host in self.hosts)

    @property
    def failed_host(self) -> HostResult | None:
        """The first host that did not succeed."""
        return next((host for host in self.hosts if host.start_error is not None or host.exit_code), None)

    @property
    def failure(self) -> str | None:
        """FailureReason as SageMaker words it; None if the containers succeeded."""
        host = self.failed_host
        if host is None:
            return None
        if host.start_error is not None:
            return f"AlgorithmError: {host.start_error}"
        return opt_ml.failure_reason(host.failure, host.exit_code)


def run_training(
    engine: Engine, job: TrainingJob, directory: Path, listener: Listener = lambda _host, _line: None
) -> TrainingResult:
    """Run a training job to its end.

    Args:
        directory: Where the log and the archives are written.
        listener: Is called with host and log line.

    Raises:
        EngineError: If the engine fails.
        DataError: If a channel has no data.
    """
    directory.mkdir(parents=True, exist_ok=True)
    groups = opt_ml.instance_groups(structure(job.definition, "ResourceConfig"))
    hosts = [host for group in groups for host in group.hosts]
    channels = _channel_objects(job)
    _require_space(engine, _copied(job, channels, len(hosts)))
    collector = LogCollector(directory / "training.log", structures(job.specification, "MetricDefinitions"), listener)
    with ExitStack() as stack:
        network = stack.enter_context(engine.internal_network()) if len(hosts) > 1 else "none"
        runs = [_HostRun(engine, job, host, network, collector) for host in hosts]
        try:
            for index, run in enumerate(runs):
                run.create(groups, channels, index, len(hosts))
            started, start = time.time(), time.monotonic()
            with ThreadPoolExecutor(len(runs)) as pool:
                futures = [pool.submit(run.run, start) for run in runs]
                try:
                    results = tuple(future.result() for future in futures)
                except BaseException:
                    # The threads wait for their containers.
                    for run in runs:
                        engine.remove(run.name)
                    raise
            seconds = time.monotonic() - start
            return _collect(engine, job, directory, runs, results, collector, started, seconds)
        finally:
            for run in runs:
                run.remove()


def _channel_objects(job: TrainingJob) -> dict[str, list[NamedObject]]:
    """Find the objects of every channel before anything is created."""
    found: dict[str, list[NamedObject]] = {}
    for channel in structures(job.definition, "InputDataConfig"):
        name = str(channel["ChannelName"])
        s3 = structure(channel, "DataSource", "S3DataSource")
        objects = named_objects(job.data[name], s3) if name in job.data else []
        if not objects:
            raise DataError(f"channel {name}: no object below {s3.get('S3Uri')}")
        found[name] = objects
    return found


def _copied(job: TrainingJob, channels: Mapping[str, Sequence[NamedObject]], hosts: int) -> int:
    """Return how many bytes are copied into the containers."""
    total = 0
    for channel in structures(job.definition, "InputDataConfig"):
        if job.mount or opt_ml.channel_mode(channel, job.input_mode) == "Pipe":
            continue
        s3 = structure(channel, "DataSource", "S3DataSource")
        copies = 1 if s3.get("S3DataDistributionType") == "ShardedByS3Key" else hosts
        total += copies * sum(item.data.size for item in channels[str(channel["ChannelName"])])
    return total


def _require_space(engine: Engine, size: int) -> None:
    """Compare the data with the free space of the engine's disk, if that disk is one of this machine."""
    # Small data is copied without a check of the disk; a full disk fails the copy.
    if size < _SMALL or (storage := engine.storage()) is None:
        return
    free = shutil.disk_usage(storage).free
    if size > free:
        raise DataError(
            f"the channels have {size:,} bytes, and {storage}, where {engine.command} keeps containers, has {free:,} "
            "free; add --mount, name a part of the data with --data, or free some space"
        )


def _collect(  # noqa: PLR0913, PLR0917 - the parts of a result
    engine: Engine,
    job: TrainingJob,
    directory: Path,
    runs: Sequence[_HostRun],
    results: tuple[HostResult, ...],
    collector: LogCollector,
    started: float,
    seconds: float,
) -> TrainingResult:
    containers = [run.name for run, result in zip(runs, results, strict=True) if result.start_error is None]
    with ThreadPoolExecutor(1) as pool:
        packing = pool.submit(pack, engine, containers, f"/{opt_ml.OUTPUT}/data", directory / "output.tar.gz")
        model = pack(engine, containers, f"/{opt_ml.MODEL}", directory / "model.tar.gz")
        output = packing.result()
    changes = written_files(engine.changes(containers[0])) if containers and not (model and model.files) else ()
    return TrainingResult(
        job=job,
        hosts=results,
        start_time=started,
        seconds=seconds,
        timed_out=any(run.timed_out for run in runs),
        stopped=job.stop.is_set(),
        log=collector.summary(),
        metrics=tuple(collector.metrics),
        model=model,
        output=output,
        changes=changes,
        image_files=runs[0].image_files,
        missing_feeds={name: reason for run in runs for name, reason in run.missing_feeds.items()},
    )


def written_files(changes: Sequence[str]) -> tuple[str, ...]:
    """Return the first paths where a training container can have written a model by mistake.

    Args:
        changes: Paths that the container added or changed, with their directories.
    """
    directories = {str(parent) for path in changes for parent in PurePosixPath(path).parents}
    directories |= {f"/{name}" for name in opt_ml.TRAINING_DIRECTORIES}
    return tuple(
        path
        for path in changes
        if path not in directories and not path.startswith(_NO_MODEL) and "__pycache__" not in path
    )[:50]


class _HostRun:
    """The container of one host."""

    def __init__(self, engine: Engine, job: TrainingJob, host: str, network: str, collector: LogCollector) -> None:
        self._engine = engine
        self._job = job
        self._host = host
        self._network = network
        self._collector = collector
        self._feeders: list[PipeFeeder] = []
        self.name = f"{engine.labels.run}-{job.name[-20:]}-{host}"
        self.timed_out = False
        self.image_files: tuple[str, ...] = ()
        self.missing_feeds: dict[str, str] = {}

    def create(
        self,
        groups: Sequence[opt_ml.HostGroup],
        channels: Mapping[str, Sequence[NamedObject]],
        index: int,
        count: int,
    ) -> None:
        """Create the container and fill it."""
        job = self._job
        own = {
            str(channel["ChannelName"]): self._own_objects(channel, channels, index, count)
            for channel in structures(job.definition, "InputDataConfig")
        }
        self._engine.create(
            ContainerSpec(
                image=job.image,
                command=("train",),
                name=self.name,
                hostname=self._host,
                environment=opt_ml.training_environment(job.name, region=job.region, account=job.account),
                network=self._network,
                memory=job.memory,
                gpus=job.gpus,
                mounts=tuple(self._mounts(own)),
            )
        )
        if index == 0:
            self.image_files = image_files(self._engine, self.name)
        values = opt_ml.effective_hyperparameters(
            structures(job.specification, "SupportedHyperParameters"), structure(job.definition, "HyperParameters")
        )
        config = {
            "hyperparameters": opt_ml.hyperparameters(values),
            "inputdataconfig": opt_ml.input_data_config(structures(job.definition, "InputDataConfig"), job.input_mode),
            "resourceconfig": opt_ml.resource_config(self._host, groups),
        }
        with self._engine.put(self.name) as archive:
            for name in opt_ml.TRAINING_DIRECTORIES:
                add_directory(archive, name)
            for name, content in config.items():
                add_bytes(archive, f"{opt_ml.CONFIG}/{name}.json", content)
            for channel in structures(job.definition, "InputDataConfig"):
                name = str(channel["ChannelName"])
                if opt_ml.channel_mode(channel, job.input_mode) == "Pipe":
                    add_fifo(archive, f"{opt_ml.DATA}/{name}_0")
                    self._feeders.append(PipeFeeder(self._engine, self.name, channel, own[name], job.data[name]))
                    continue
                add_directory(archive, f"{opt_ml.DATA}/{name}")
                for item in own[name]:
                    if not self._is_mounted(item):
                        with item.data.open() as stream:
                            add_stream(archive, f"{opt_ml.DATA}/{name}/{item.name}", item.data.size, stream)

    def run(self, start: float) -> HostResult:
        """Run the container to its end."""
        process = self._engine.popen("start", "--attach", self.name)
        pipes = [cast("IO[bytes]", process.stdout), cast("IO[bytes]", process.stderr)]
        readers = self._collector.read(self._host, pipes)
        for feeder in self._feeders:
            feeder.start()
        try:
            stop_seconds = self._wait(process, start)
        finally:
            # Without effect unless the engine does not respond.
            process.kill()
        for reader in readers:
            reader.join()
        for feeder in self._feeders:
            feeder.finish()
            if feeder.error:
                self.missing_feeds[feeder.channel] = feeder.error
        return self._result(stop_seconds)

    def _wait(self, process: subprocess.Popen[bytes], start: float) -> float | None:
        """Wait for the end of the container; return how long it took to stop, if it was stopped."""
        stop_seconds: float | None = None
        while process.poll() is None:
            self.timed_out = self.timed_out or time.monotonic() - start > self._job.limit
            if stop_seconds is None and (self.timed_out or self._job.stop.is_set()):
                begun = time.monotonic()
                self._engine.stop(self.name, self._job.grace)
                stop_seconds = time.monotonic() - begun
            # Returns as soon as the container ends.
            with suppress(subprocess.TimeoutExpired):
                process.wait(_POLL)
        return stop_seconds

    def remove(self) -> None:
        """Remove the container unless it is kept."""
        for feeder in self._feeders:
            feeder.finish()
        if not self._job.keep:
            self._engine.remove(self.name)

    def _result(self, stop_seconds: float | None) -> HostResult:
        state = self._engine.state(self.name)
        if state.running:
            raise EngineError(f"{self._engine.command} start: the engine closed the log of a running container")
        if not state.started:
            words = " ".join(self._collector.tail()[-3:])[-_MESSAGE:] or state.error
            error = self._engine.start_error(self._job.image, "train", words)
            return HostResult(host=self._host, container=self.name, start_error=error, exit_code=127)
        if state.exit_code and (fault := execution_error(self._collector.tail())):
            return HostResult(host=self._host, container=self.name, start_error=fault, exit_code=state.exit_code)
        with first_file(self._engine, self.name, f"/{opt_ml.OUTPUT}/failure") as file:
            # A character has up to four bytes.
            failure = file.read(4 * opt_ml.FAILURE_CHARACTERS).decode(errors="replace") if file else None
        return HostResult(
            host=self._host,
            container=self.name,
            exit_code=state.exit_code,
            out_of_memory=state.out_of_memory,
            failure=None if failure is None else failure[: opt_ml.FAILURE_CHARACTERS],
            stop_seconds=stop_seconds,
        )

    def _own_objects(
        self, channel: Mapping[str, Any], channels: Mapping[str, Sequence[NamedObject]], index: int, count: int
    ) -> Sequence[NamedObject]:
        objects = channels[str(channel["ChannelName"])]
        s3 = structure(channel, "DataSource", "S3DataSource")
        return shard(objects, index, count) if s3.get("S3DataDistributionType") == "ShardedByS3Key" else objects

    def _is_mounted(self, item: NamedObject) -> bool:
        return self._job.mount and item.data.path is not None

    def _mounts(self, own: Mapping[str, Sequence[NamedObject]]) -> list[tuple[Path, str]]:
        pipes = {
            str(channel["ChannelName"])
            for channel in structures(self._job.definition, "InputDataConfig")
            if opt_ml.channel_mode(channel, self._job.input_mode) == "Pipe"
        }
        return [
            (item.data.path.resolve(), f"/{opt_ml.DATA}/{name}/{item.name}")
            for name, items in own.items()
            if name not in pipes
            for item in items
            if self._job.mount and item.data.path is not None
        ]
