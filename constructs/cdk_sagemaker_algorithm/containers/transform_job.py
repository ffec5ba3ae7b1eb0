"""Run a batch transform job against a serving container like SageMaker does for a validation profile.

`run_transform` returns a `TransformResult` for all that the container does; it raises only if the engine or the data
fails. The container has no network; requests reach it through `relay`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, cast

from cdk_sagemaker_algorithm.containers import opt_ml
from cdk_sagemaker_algorithm.containers.archives import add_directory, unpack
from cdk_sagemaker_algorithm.containers.channels import (
    DataError,
    NamedObject,
    ObjectSource,
    named_objects,
    read_object,
)
from cdk_sagemaker_algorithm.containers.definition_values import integer
from cdk_sagemaker_algorithm.containers.engine import ContainerSpec, Engine
from cdk_sagemaker_algorithm.containers.logs import LogCollector, LogSummary
from cdk_sagemaker_algorithm.containers.records import (
    MEGABYTE,
    PayloadTooLargeError,
    RecordError,
    assembled,
    batch,
    split,
)
from cdk_sagemaker_algorithm.containers.relay import LOOPBACK, HttpClient, HttpResponse, Relay, find_relay
from cdk_sagemaker_algorithm.containers.training_job import Listener
from cdk_sagemaker_algorithm.model.json_access import structure

#: Seconds between SIGTERM and SIGKILL for an inference container.
SERVING_GRACE: Final = 30
#: Seconds that batch transform waits for the first successful /ping.
STARTUP_TIMEOUT: Final = 1800.0
#: Seconds for one /ping.
PING_TIMEOUT: Final = 2.0
#: Seconds for one request without a ModelClientConfig, and its repetitions.
INVOCATION_TIMEOUT: Final = 600.0
RETRIES: Final = 3
DEFAULT_PAYLOAD_IN_MB: Final = 6
_PING_INTERVAL: Final = 0.2
_LOOPBACK_PINGS: Final = 3
_LOOPBACK_AFTER: Final = 3.0
_UNLIMITED: Final = 1 << 62
_PARAMETERS_TIMEOUT: Final = 60.0
_SERVER_ERROR: Final = 500
_UNSUPPORTED_TYPE: Final = "application/x-preflight-unsupported"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformJob:
    """A batch transform job to run.

    Attributes:
        name: The job's name; part of the name of its container.
        image: The image in the engine's store.
        container: The container definition of the inference specification.
        definition: TransformJobDefinition.
        specification: InferenceSpecification.
        model: The model.tar.gz; None starts the container with an empty /opt/ml/model.
        data: Where the objects to transform are.
        memory: Memory limit of the container; empty for none.
        gpus: Whether the container gets GPUs.
        startup_timeout: Limit in seconds for the first successful /ping.
        invocation_timeout: Limit in seconds for one request.
        grace: Seconds between SIGTERM and SIGKILL.
        probes: Whether requests are sent that SageMaker's validation does not send: an unsupported content type.
        thorough: Whether the largest payload and concurrency are tried as well.
        stop: Stops the job when it is set.
        keep: Whether the container remains.
    """

    name: str
    image: str
    container: Mapping[str, Any]
    definition: Mapping[str, Any]
    specification: Mapping[str, Any]
    model: Path | None
    data: ObjectSource
    memory: str = ""
    gpus: bool = False
    startup_timeout: float = STARTUP_TIMEOUT
    invocation_timeout: float = INVOCATION_TIMEOUT
    grace: int = SERVING_GRACE
    probes: bool = True
    thorough: bool = False
    stop: threading.Event = field(default_factory=threading.Event)
    keep: bool = False


@dataclass(slots=True)
class Pings:
    """The health checks.

    Attributes:
        count: The number of requests.
        seconds: Time from the container's start to the first 200; None if there was none.
        slowest: The longest time of a successful response.
        last_status: The status of the last response; 0 for none.
        last_answer: The beginning of the last response, or why there was none.
        on_loopback: Whether the server responds on 127.0.0.1 only.
    """

    count: int = 0
    seconds: float | None = None
    slowest: float = 0.0
    last_status: int = 0
    last_answer: str = ""
    on_loopback: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a transform job, after request, container and defaults were merged.

    Attributes:
        concurrency: The number of concurrent requests.
        payload_in_mb: The largest request body; 0 for no limit.
        strategy: `SINGLE_RECORD` or `MULTI_RECORD`.
        status: The status of /execution-parameters.
        problem: Why its response was ignored; empty if it was not.
    """

    concurrency: int = 1
    payload_in_mb: int = DEFAULT_PAYLOAD_IN_MB
    strategy: str = "MULTI_RECORD"
    status: int = 0
    problem: str = ""

    @property
    def limit(self) -> int:
        """The largest request body in bytes."""
        return self.payload_in_mb * MEGABYTE if self.payload_in_mb else _UNLIMITED


@dataclass(slots=True)
class FileResult:
    """The transformation of one object.

    Attributes:
        name: The object's name.
        size: Its size in bytes.
        requests: The number of requests.
        records: The number of records sent.
        lines: The number of lines of the result that are not empty.
        result: The result file; None if the object failed.
        result_size: Size of the result in bytes.
        content_types: The media types of the responses.
        empty_answers: The number of empty responses to requests that were not empty.
        status: The status of the request that failed; 0 without a response.
        error: Why the object failed; empty if it did not.
        too_large: Whether a record was larger than the limit.
        timed_out: Whether a request got no response in time.
        retried: Statuses of requests that succeeded when they were sent again.
    """

    name: str
    size: int
    requests: int = 0
    records: int = 0
    lines: int = 0
    result: Path | None = None
    result_size: int = 0
    content_types: set[str] = field(default_factory=set[str])
    empty_answers: int = 0
    status: int = 0
    error: str = ""
    too_large: bool = False
    timed_out: bool = False
    retried: list[int] = field(default_factory=list[int])


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A request that SageMaker's validation does not send.

    Attributes:
        status: The status of the response; 0 without one.
        answer: The beginning of the response, or why there was none.
        size: Length of the request body in bytes.
        seconds: How long it took.
    """

    status: int
    answer: str
    size: int = 0
    seconds: float = 0.0


@dataclass(slots=True, kw_only=True)
class TransformResult:
    """What happened in a transform job.

    Attributes:
        job: The job.
        container: Name of the container.
        start_error: Why the container could not start; None if it ran.
        exit_code: The exit code, if the server ended before it was stopped; None otherwise.
        out_of_memory: Whether the engine reports a kill for memory.
        reachable: Whether requests could be sent at all; False if the image has no relay.
        pings: The health checks.
        settings: The settings of the job.
        files: The objects, in order.
        written: Paths below /opt/ml/model that serving added.
        unsupported: The response to an undeclared content type; None if it was not tried.
        largest: The response to a request of MaxPayloadInMB; None if it was not tried.
        concurrent: Responses to concurrent requests; empty if they were not tried.
        stop_seconds: How long the server took to end after SIGTERM; None if it was not stopped.
        stopped: Whether the caller stopped the job.
        seconds: Time of the whole job.
        log: The log.
    """

    job: TransformJob
    container: str
    start_error: str | None = None
    exit_code: int | None = None
    out_of_memory: bool = False
    reachable: bool = True
    pings: Pings = field(default_factory=Pings)
    settings: Settings = field(default_factory=Settings)
    files: list[FileResult] = field(default_factory=list[FileResult])
    written: tuple[str, ...] = ()
    unsupported: Probe | None = None
    largest: Probe | None = None
    concurrent: tuple[Probe, ...] = ()
    stop_seconds: float | None = None
    stopped: bool = False
    seconds: float = 0.0
    log: LogSummary = field(default_factory=lambda: LogSummary(lines=0, tail=(), file=None, dropped=0, cut=0))


def run_transform(
    engine: Engine, job: TransformJob, directory: Path, listener: Listener = lambda _host, _line: None
) -> TransformResult:
    """Run a transform job to its end.

    Args:
        engine: The engine.
        job: The job.
        directory: Where the log and the results are written.
        listener: Is called with host and log line.

    Raises:
        EngineError: If the engine fails.
        DataError: If there is nothing to transform.
    """
    directory.mkdir(parents=True, exist_ok=True)
    source = structure(job.definition, "TransformInput", "DataSource", "S3DataSource")
    objects = named_objects(job.data, source)
    if not objects:
        raise DataError(f"transform input: no object below {source.get('S3Uri')}")
    return _TransformRun(engine, job, directory, objects, listener).run()


class _TransformRun:
    """One transform job."""

    def __init__(
        self, engine: Engine, job: TransformJob, directory: Path, objects: Sequence[NamedObject], listener: Listener
    ) -> None:
        self._engine = engine
        self._job = job
        self._directory = directory
        self._objects = objects
        self._collector = LogCollector(directory / "serving.log", (), listener)
        self._hostname = "model"
        self._name = f"{engine.labels.run}-{job.name[-20:]}-serve"
        self._model_paths: set[str] = set()
        self._result = TransformResult(job=job, container=self._name)
        self._started = time.monotonic()

    def run(self) -> TransformResult:
        """Run the job."""
        readers: list[threading.Thread] = []
        try:
            self._create()
            process = self._engine.popen("start", "--attach", self._name)
            readers = self._collector.read(
                "model", [cast("IO[bytes]", process.stdout), cast("IO[bytes]", process.stderr)]
            )
            self._started = time.monotonic()
            try:
                self._serve(process)
            finally:
                # The end of a stopped container takes a moment to arrive.
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.0 if self._result.stop_seconds is None else 2.0)
                if process.poll() is None:
                    self._engine.stop(self._name, 0)
                process.wait()
        finally:
            if not self._job.keep:
                self._engine.remove(self._name)
            for reader in readers:
                reader.join()
            self._result.seconds = time.monotonic() - self._started
            self._result.log = self._collector.summary()
            self._result.stopped = self._job.stop.is_set()
        if self._result.start_error == "":
            self._result.start_error = " ".join(self._result.log.last_words(3))[-400:] or "no reason from the engine"
        return self._result

    def _create(self) -> None:
        self._engine.create(
            ContainerSpec(
                image=self._job.image,
                command=("serve",),
                name=self._name,
                hostname=self._hostname,
                environment=opt_ml.transform_environment(self._job.container, self._job.definition),
                memory=self._job.memory,
                gpus=self._job.gpus,
            )
        )
        with self._engine.put(self._name) as archive:
            add_directory(archive, opt_ml.MODEL)
            if self._job.model is not None:
                self._model_paths = unpack(self._job.model, archive, opt_ml.MODEL)

    def _serve(self, process: Any) -> None:
        if not self._wait_until_running(process):
            return
        relay = find_relay(self._engine, self._name, self._hostname)
        if relay is None:
            self._result.reachable = not self._runs(process)
            return
        client = HttpClient(relay)
        try:
            if self._ping(process, client, relay):
                self._transform(client)
                self._probe(client)
        finally:
            client.close()
        self._finish(process)

    def _wait_until_running(self, process: Any) -> bool:
        while process.poll() is None:
            state = self._engine.state(self._name)
            if state.running:
                return True
            if state.started:
                break
            time.sleep(0.02)
        return self._runs(process)

    def _runs(self, process: Any) -> bool:
        """Return whether the server runs; if not, record how it ended."""
        if process.poll() is None:
            return True
        state = self._engine.state(self._name)
        if not state.started:
            self._result.start_error = state.error or ""
        else:
            self._result.exit_code, self._result.out_of_memory = state.exit_code, state.out_of_memory
        return False

    def _ping(self, process: Any, client: HttpClient, relay: Relay) -> bool:
        """Send health checks until one succeeds."""
        pings = self._result.pings
        refused = 0
        while time.monotonic() - self._started < self._job.startup_timeout and not self._job.stop.is_set():
            if not self._runs(process):
                return False
            answer = client.request("GET", "/ping", timeout=PING_TIMEOUT)
            pings.count += 1
            pings.last_status, pings.last_answer = answer.status, answer.excerpt(200)
            if answer.status == 200:  # noqa: PLR2004 - the one status that counts
                pings.seconds, pings.slowest = time.monotonic() - self._started, answer.seconds
                return True
            refused = refused + 1 if not answer.status else 0
            late = time.monotonic() - self._started > _LOOPBACK_AFTER
            if late and refused >= _LOOPBACK_PINGS and self._answers_on_loopback(relay):
                # The server may have started between the two requests.
                if client.request("GET", "/ping", timeout=PING_TIMEOUT).status:
                    continue
                pings.on_loopback = True
                return False
            self._job.stop.wait(_PING_INTERVAL)
        return False

    def _answers_on_loopback(self, relay: Relay) -> bool:
        client = HttpClient(relay)
        answer = client.request("GET", "/ping", timeout=PING_TIMEOUT, address=LOOPBACK)
        client.close()
        return answer.status == 200  # noqa: PLR2004 - the one status that counts

    def _transform(self, client: HttpClient) -> None:
        self._result.settings = merged_settings(
            self._job.definition, client.request("GET", "/execution-parameters", timeout=_PARAMETERS_TIMEOUT)
        )
        with ThreadPoolExecutor(self._result.settings.concurrency) as pool:
            try:
                for item in self._objects:
                    if self._job.stop.is_set():
                        return
                    self._result.files.append(self._transform_object(client, pool, item))
            except BaseException:
                # The threads wait for their responses.
                pool.shutdown(wait=False, cancel_futures=True)
                self._engine.remove(self._name)
                raise

    def _transform_object(self, client: HttpClient, pool: ThreadPoolExecutor, item: NamedObject) -> FileResult:
        result = FileResult(name=item.name, size=item.data.size)
        target = self._directory / "output" / f"{item.name}.out"
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self._directory) as assembling:
            try:
                for answer in self._answers(client, pool, item, result):
                    self._take(answer, assembling, result)
            except PayloadTooLargeError as error:
                result.error, result.too_large = str(error), True
            except (RecordError, DataError) as error:
                result.error = str(error)
            if not result.error:
                assembling.seek(0)
                with target.open("wb") as file:
                    shutil.copyfileobj(assembling, file)
                result.result, result.result_size = target, target.stat().st_size
        return result

    def _answers(
        self, client: HttpClient, pool: ThreadPoolExecutor, item: NamedObject, result: FileResult
    ) -> Iterator[HttpResponse]:
        """Send the requests of an object with the concurrency of the job; yield responses in the order of requests."""
        pending: deque[Future[HttpResponse]] = deque()
        for body, records in self._bodies(item):
            result.requests += 1
            result.records += records
            pending.append(pool.submit(self._invoke, client, body, result))
            if len(pending) >= self._result.settings.concurrency:
                yield pending.popleft().result()
            if result.error or self._job.stop.is_set():
                break
        while pending:
            yield pending.popleft().result()

    def _bodies(self, item: NamedObject) -> Iterator[tuple[bytes, int]]:
        source = structure(self._job.definition, "TransformInput")
        settings = self._result.settings
        chunks = read_object(item.data, compressed=source.get("CompressionType") == "Gzip")
        records = split(chunks, str(source.get("SplitType") or "None"), settings.limit)
        return batch(records, settings.strategy, settings.limit)

    def _invoke(self, client: HttpClient, body: bytes, result: FileResult) -> HttpResponse:
        """Send one request, and send it again if the server fails, as the service does."""
        statuses: list[int] = []
        while True:
            answer = client.request(
                "POST", "/invocations", body=body, headers=self.headers(), timeout=self._job.invocation_timeout
            )
            if answer.ok:
                result.retried += statuses
                if body and not answer.size:
                    result.empty_answers += 1
                return answer
            statuses.append(answer.status)
            if len(statuses) > RETRIES or answer.status < _SERVER_ERROR or self._job.stop.is_set():
                return answer

    def headers(self) -> dict[str, str]:
        """Return the headers of a request."""
        values = {
            "Content-Type": structure(self._job.definition, "TransformInput").get("ContentType"),
            "Accept": structure(self._job.definition, "TransformOutput").get("Accept"),
        }
        return {name: str(value) for name, value in values.items() if value}

    def _take(self, answer: HttpResponse, assembling: IO[bytes], result: FileResult) -> None:
        if not answer.ok:
            if not result.error:
                result.status, result.timed_out = answer.status, "within" in answer.error
                result.error = answer.excerpt() or f"HTTP {answer.status}"
            return
        result.content_types.add(answer.content_type)
        content = assembled(
            answer.body.read(), str(structure(self._job.definition, "TransformOutput").get("AssembleWith"))
        )
        answer.body.close()
        result.lines += sum(1 for line in content.splitlines() if line.strip())
        assembling.write(content)

    def _probe(self, client: HttpClient) -> None:
        if not self._job.probes or self._job.stop.is_set() or any(file.error for file in self._result.files):
            return
        body = next((body for body, _ in self._bodies(self._objects[0])), b"")
        headers = {**self.headers(), "Content-Type": _UNSUPPORTED_TYPE}
        self._result.unsupported = _probe(client, body, headers, self._job.invocation_timeout)
        if not self._job.thorough:
            return
        self._result.largest = self._probe_largest(client, body)
        count = self._result.settings.concurrency
        if count > 1:
            with ThreadPoolExecutor(count) as pool:
                futures = [
                    pool.submit(_probe, client, body, self.headers(), self._job.invocation_timeout)
                    for _ in range(count)
                ]
                self._result.concurrent = tuple(future.result() for future in futures)

    def _probe_largest(self, client: HttpClient, body: bytes) -> Probe | None:
        """Send as many copies of the data's records as the largest payload holds."""
        splits = structure(self._job.definition, "TransformInput").get("SplitType") or "None"
        if splits == "None" or self._result.settings.strategy == "SINGLE_RECORD" or not body:
            return None
        if splits == "Line" and not body.endswith(b"\n"):
            body += b"\n"
        limit = min(self._result.settings.limit, 100 * MEGABYTE)
        return _probe(client, body * (limit // len(body)), self.headers(), self._job.invocation_timeout)

    def _finish(self, process: Any) -> None:
        if not self._runs(process):
            return
        if self._result.pings.seconds is not None:
            written = [path.lstrip("/") for path in self._engine.changes(self._name)]
            self._result.written = tuple(
                path for path in written if path.startswith(f"{opt_ml.MODEL}/") and not self._was_there(path)
            )[:20]
        if self._job.stop.is_set() or self._result.pings.seconds is None:
            return
        begun = time.monotonic()
        self._engine.stop(self._name, self._job.grace)
        self._result.stop_seconds = time.monotonic() - begun

    def _was_there(self, path: str) -> bool:
        return path in self._model_paths or any(name.startswith(f"{path}/") for name in self._model_paths)


def _probe(client: HttpClient, body: bytes, headers: Mapping[str, str], timeout: float) -> Probe:
    answer = client.request("POST", "/invocations", body=body, headers=headers, timeout=timeout)
    return Probe(status=answer.status, answer=answer.excerpt(), size=len(body), seconds=answer.seconds)


def merged_settings(definition: Mapping[str, Any], answer: HttpResponse) -> Settings:
    """Merge the settings of a transform job: the request first, then /execution-parameters, then the defaults.

    Args:
        definition: TransformJobDefinition.
        answer: The response to /execution-parameters.
    """
    problem = ""
    parameters: dict[str, Any] = {}
    if answer.status == 200:  # noqa: PLR2004 - only then is there something to read
        parameters, problem = execution_parameters(answer.body.read(MEGABYTE))
    requested = {
        "MaxConcurrentTransforms": integer(definition, "MaxConcurrentTransforms"),
        "MaxPayloadInMB": integer(definition, "MaxPayloadInMB"),
        "BatchStrategy": definition.get("BatchStrategy"),
    }
    values = {**parameters, **{name: value for name, value in requested.items() if value is not None}}
    return Settings(
        concurrency=max(1, values.get("MaxConcurrentTransforms") or 1),
        payload_in_mb=values.get("MaxPayloadInMB", DEFAULT_PAYLOAD_IN_MB),
        strategy=opt_ml.batch_strategy(str(values.get("BatchStrategy") or "MULTI_RECORD")),
        status=answer.status,
        problem=problem,
    )


def execution_parameters(content: bytes) -> tuple[dict[str, Any], str]:
    """Read the response of /execution-parameters.

    Args:
        content: The body.

    Returns:
        The valid members, and what is wrong; empty if nothing is.
    """
    try:
        value: Any = json.loads(content)
    except ValueError:
        return {}, f"not JSON: {content[:80].decode(errors='replace')!r}"
    if not isinstance(value, dict):
        return {}, f"not a JSON object: {content[:80].decode(errors='replace')!r}"
    members = cast("dict[str, Any]", value)
    found: dict[str, Any] = {}
    problems: list[str] = []
    for name in ("MaxConcurrentTransforms", "MaxPayloadInMB"):
        number = members.get(name)
        if number is None:
            continue
        if isinstance(number, int) and not isinstance(number, bool) and number >= 0:
            found[name] = number
        else:
            problems.append(f"{name} is {number!r}, not an integer of 0 or more")
    strategy = members.get("BatchStrategy")
    if strategy in ("SINGLE_RECORD", "MULTI_RECORD"):
        found["BatchStrategy"] = strategy
    elif strategy is not None:
        problems.append(f"BatchStrategy is {strategy!r}, not SINGLE_RECORD or MULTI_RECORD")
    return found, "; ".join(problems)
