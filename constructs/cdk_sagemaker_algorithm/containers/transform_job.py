"""Run a batch transform job against serving containers like SageMaker does for a validation profile.

`run_transform` returns a `TransformResult` for all that the containers do; it raises only if the engine or the data
fails. The containers have no network; requests reach them through `relay`.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, cast

from cdk_sagemaker_algorithm.containers import opt_ml
from cdk_sagemaker_algorithm.containers.channels import (
    DataError,
    NamedObject,
    ObjectSource,
    named_objects,
    read_object,
)
from cdk_sagemaker_algorithm.containers.definition_values import integer
from cdk_sagemaker_algorithm.containers.engine import ContainerSpec, Engine
from cdk_sagemaker_algorithm.containers.inference_server import (
    SERVING_GRACE,
    STARTUP_TIMEOUT,
    InferenceServer,
    ServerResult,
)
from cdk_sagemaker_algorithm.containers.logs import Listener
from cdk_sagemaker_algorithm.containers.records import (
    MEGABYTE,
    PayloadTooLargeError,
    RecordError,
    assembled,
    batch,
    split,
)
from cdk_sagemaker_algorithm.containers.relay import PORT, HttpClient, HttpResponse
from cdk_sagemaker_algorithm.model.json_access import structure

#: Seconds for one request without a ModelClientConfig, and its repetitions.
INVOCATION_TIMEOUT: Final = 600.0
RETRIES: Final = 3
DEFAULT_PAYLOAD_IN_MB: Final = 6
#: The first port of the containers of a pipeline. SageMaker's ports are not documented.
PIPELINE_PORT: Final = 18081
_UNLIMITED: Final = 1 << 62
_PARAMETERS_TIMEOUT: Final = 60.0
_SERVER_ERROR: Final = 500
_CHUNK: Final = 1 << 16
_UNSUPPORTED_TYPE: Final = "application/x-preflight-unsupported"


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceContainer:
    """A container of an inference specification.

    Attributes:
        image: The image in the engine's store.
        definition: The container definition.
    """

    image: str
    definition: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformJob:
    """A batch transform job to run.

    Attributes:
        name: The job's name; part of the names of its containers.
        containers: The containers, in order; several are an inference pipeline, and each gets the model.
        definition: TransformJobDefinition.
        specification: InferenceSpecification.
        model: The model.tar.gz; None starts the container with an empty /opt/ml/model.
        data: Where the objects to transform are.
        memory: Memory limit of each container; empty for none.
        gpus: Whether the containers get GPUs.
        startup_timeout: Limit in seconds for the first successful /ping.
        invocation_timeout: Limit in seconds for one request.
        grace: Seconds between SIGTERM and SIGKILL.
        probes: Whether requests are sent that SageMaker's validation does not send: an unsupported content type.
        thorough: Whether the largest payload and concurrency are tried as well.
        stop: Stops the job when it is set.
        keep: Whether the containers remain.
    """

    name: str
    containers: Sequence[InferenceContainer]
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
        not_utf8: The first part of a response of text without a charset that is not UTF-8; empty if there is none.
        container: Index of the container in which a request failed.
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
    not_utf8: str = ""
    container: int = 0
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
    """Result of a transform job.

    Attributes:
        servers: The containers, in the order of the inference specification.
        settings: The settings of the job.
        files: The objects, in order.
        unsupported: The response to an undeclared content type; None if it was not tried.
        largest: The response to a request of MaxPayloadInMB; None if it was not tried.
        concurrent: Responses to concurrent requests; empty if they were not tried.
        stopped: Whether the caller stopped the job.
        seconds: Time of the whole job.
    """

    job: TransformJob
    servers: tuple[ServerResult, ...] = ()
    settings: Settings = field(default_factory=Settings)
    files: list[FileResult] = field(default_factory=list[FileResult])
    unsupported: Probe | None = None
    largest: Probe | None = None
    concurrent: tuple[Probe, ...] = ()
    stopped: bool = False
    seconds: float = 0.0

    @property
    def ping_seconds(self) -> float | None:
        """Time from the start of a container to its first 200, of the slowest one; None if one did not answer."""
        times = [server.pings.seconds for server in self.servers if server.pings.seconds is not None]
        return max(times) if len(times) == len(self.servers) else None

    @property
    def ready(self) -> bool:
        """Whether all servers answered a /ping with 200."""
        return all(server.ready for server in self.servers)

    @property
    def reachable(self) -> bool:
        """Whether requests could be sent to all servers."""
        return all(server.reachable for server in self.servers)


def run_transform(
    engine: Engine, job: TransformJob, directory: Path, listener: Listener = lambda _host, _line: None
) -> TransformResult:
    """Run a transform job to its end.

    Args:
        directory: Where the logs and the results are written.
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
        self._job = job
        self._directory = directory
        self._objects = objects
        count = len(job.containers)
        self._servers = [_server(engine, job, index, directory, listener) for index in range(count)]
        self._clients: list[HttpClient] = []
        self._result = TransformResult(job=job, servers=tuple(server.result for server in self._servers))

    def run(self) -> TransformResult:
        """Run the job."""
        begun = time.monotonic()
        with ExitStack() as stack:
            for server in self._servers:
                stack.enter_context(server)
            # All are asked, so that one run names all containers that do not respond.
            ready = [server.wait_until_ready(self._job.startup_timeout) for server in self._servers]
            if all(ready):
                self._clients = [server.client for server in self._servers if server.client is not None]
                self._transform()
                self._probe()
            for server in self._servers:
                server.finish()
        self._result.seconds = time.monotonic() - begun
        self._result.stopped = self._job.stop.is_set()
        return self._result

    def _transform(self) -> None:
        # Which container of a pipeline is asked is not documented; the first one gets the requests.
        answer = self._clients[0].request("GET", "/execution-parameters", timeout=_PARAMETERS_TIMEOUT)
        self._result.settings = merged_settings(self._job.definition, answer)
        with ThreadPoolExecutor(self._result.settings.concurrency) as pool:
            try:
                for item in self._objects:
                    if self._job.stop.is_set():
                        return
                    self._result.files.append(self._transform_object(pool, item))
            except BaseException:
                # The threads wait for their responses.
                pool.shutdown(wait=False, cancel_futures=True)
                for client in self._clients:
                    client.abort()
                raise

    def _transform_object(self, pool: ThreadPoolExecutor, item: NamedObject) -> FileResult:
        result = FileResult(name=item.name, size=item.data.size)
        target = self._directory / "output" / f"{item.name}.out"
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self._directory) as assembling:
            try:
                for answer in self._answers(pool, item, result):
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

    def _answers(self, pool: ThreadPoolExecutor, item: NamedObject, result: FileResult) -> Iterator[HttpResponse]:
        """Send the requests of an object with the concurrency of the job; yield responses in the order of requests."""
        pending: deque[Future[HttpResponse]] = deque()
        for body, records in self._bodies(item):
            result.requests += 1
            result.records += records
            pending.append(pool.submit(self._invoke, body, result))
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

    def _invoke(self, body: bytes, result: FileResult) -> HttpResponse:
        """Send one request through all containers: the response of one is the request of the next."""
        content_type = str(structure(self._job.definition, "TransformInput").get("ContentType") or "")
        answer = HttpResponse()
        for index, client in enumerate(self._clients):
            answer = self._send(client, body, self._headers(content_type, index), result)
            if not answer.ok:
                result.container = index
                return answer
            if client is not self._clients[-1]:
                body, content_type = answer.body.read(), str(answer.headers.get("Content-Type") or "")
                answer.body.close()
        if body and not answer.size:
            result.empty_answers += 1
        return answer

    def _send(
        self, client: HttpClient, body: bytes, headers: Mapping[str, str], result: FileResult | None = None
    ) -> HttpResponse:
        """Send a request to one container, and send it again if the server fails, as the service does."""
        # Without a limit of the payload, requests have HTTP chunked encoding.
        chunked = self._result.settings.payload_in_mb == 0
        statuses: list[int] = []
        while True:
            answer = client.request(
                "POST",
                "/invocations",
                body=_chunks(body) if chunked else body,
                headers=headers,
                timeout=self._job.invocation_timeout,
            )
            if answer.ok and result is not None:
                result.retried += statuses
            statuses.append(answer.status)
            if answer.ok or result is None or answer.status < _SERVER_ERROR or len(statuses) > RETRIES:
                return answer
            if self._job.stop.is_set():
                return answer

    def _headers(self, content_type: str, index: int = 0) -> dict[str, str]:
        """Return the headers of a request; Accept concerns the response of the last container."""
        is_last = index == len(self._job.containers) - 1
        accept = structure(self._job.definition, "TransformOutput").get("Accept") if is_last else None
        return {name: str(value) for name, value in (("Content-Type", content_type), ("Accept", accept)) if value}

    def _take(self, answer: HttpResponse, assembling: IO[bytes], result: FileResult) -> None:
        if not answer.ok:
            if not result.error:
                result.status, result.timed_out = answer.status, "within" in answer.error
                result.error = answer.excerpt() or f"HTTP {answer.status}"
            return
        result.content_types.add(answer.content_type)
        content = answer.body.read()
        answer.body.close()
        result.not_utf8 = result.not_utf8 or _not_utf8(content, answer)
        content = assembled(content, str(structure(self._job.definition, "TransformOutput").get("AssembleWith")))
        result.lines += sum(1 for line in content.splitlines() if line.strip())
        assembling.write(content)

    def _probe(self) -> None:
        """Send requests that SageMaker does not send; a pipeline gets them as a whole."""
        if not self._job.probes or self._job.stop.is_set() or any(file.error for file in self._result.files):
            return
        body = next((body for body, _ in self._bodies(self._objects[0])), b"")
        self._result.unsupported = self._probe_with(body, _UNSUPPORTED_TYPE)
        if not self._job.thorough:
            return
        declared = str(structure(self._job.definition, "TransformInput").get("ContentType") or "")
        largest = self._largest_body(body)
        self._result.largest = self._probe_with(largest, declared) if largest else None
        count = self._result.settings.concurrency
        if count > 1:
            with ThreadPoolExecutor(count) as pool:
                futures = [pool.submit(self._probe_with, body, declared) for _ in range(count)]
                self._result.concurrent = tuple(future.result() for future in futures)

    def _probe_with(self, body: bytes, content_type: str) -> Probe:
        answer = self._send(self._clients[0], body, self._headers(content_type))
        return Probe(status=answer.status, answer=answer.excerpt(), size=len(body), seconds=answer.seconds)

    def _largest_body(self, body: bytes) -> bytes:
        """Return as many copies of the data's records as the largest payload holds; nothing if they are not joined."""
        splits = structure(self._job.definition, "TransformInput").get("SplitType") or "None"
        if splits == "None" or self._result.settings.strategy == "SINGLE_RECORD" or not body:
            return b""
        if splits == "Line" and not body.endswith(b"\n"):
            body += b"\n"
        return body * (min(self._result.settings.limit, 100 * MEGABYTE) // len(body))


def _server(engine: Engine, job: TransformJob, index: int, directory: Path, listener: Listener) -> InferenceServer:
    """Prepare a container of a job."""
    container = job.containers[index]
    environment = opt_ml.transform_environment(container.definition, job.definition)
    hostname, port, log = "model", PORT, "serving.log"
    if len(job.containers) > 1:
        hostname, port, log = f"container-{index + 1}", PIPELINE_PORT + index, f"serving-{index + 1}.log"
        environment |= opt_ml.pipeline_environment(port)
    spec = ContainerSpec(
        image=container.image,
        command=("serve",),
        name=f"{engine.labels.run}-{job.name[-20:]}-serve{'' if port == PORT else f'-{index + 1}'}",
        hostname=hostname,
        environment=environment,
        memory=job.memory,
        gpus=job.gpus,
    )
    return InferenceServer(
        engine,
        spec,
        model=job.model,
        log=directory / log,
        listener=listener,
        port=port,
        grace=job.grace,
        stop=job.stop,
        keep=job.keep,
    )


def _chunks(body: bytes) -> Iterator[bytes]:
    return (body[start : start + _CHUNK] for start in range(0, len(body), _CHUNK))


def _not_utf8(content: bytes, answer: HttpResponse) -> str:
    """Return the first bytes of text that is not UTF-8 and names no charset; empty if there are none."""
    is_text = answer.content_type.startswith("text/") or answer.content_type.endswith("json")
    if not is_text or "charset" in str(answer.headers.get("Content-Type")).lower():
        return ""
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return repr(content[max(0, error.start - 20) : error.start + 20])
    return ""


def merged_settings(definition: Mapping[str, Any], answer: HttpResponse) -> Settings:
    """Merge the settings of a transform job: the request first, then /execution-parameters, then the defaults.

    Args:
        definition: TransformJobDefinition.
        answer: The response to /execution-parameters.
    """
    problem = answer.error
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
