"""One inference container: created, pinged until it is ready, stopped.

`InferenceServer` runs it; `ServerResult` holds what happened. A transform job has one server, an inference pipeline has
several.
"""

from __future__ import annotations

import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path
from typing import IO, Final, Self, cast

from cdk_sagemaker_algorithm.containers import opt_ml
from cdk_sagemaker_algorithm.containers.archives import add_directory, image_files, unpack
from cdk_sagemaker_algorithm.containers.engine import ContainerSpec, Engine, EngineError, State, execution_error
from cdk_sagemaker_algorithm.containers.listening_sockets import ListeningSocket, listening_sockets
from cdk_sagemaker_algorithm.containers.logs import Listener, LogCollector, LogSummary
from cdk_sagemaker_algorithm.containers.relay import PORT, HttpClient, find_relay

#: Seconds between SIGTERM and SIGKILL for an inference container.
SERVING_GRACE: Final = 30
#: Seconds that batch transform waits for the first successful /ping.
STARTUP_TIMEOUT: Final = 1800.0
#: Seconds for one /ping.
PING_TIMEOUT: Final = 2.0
_PING_INTERVAL: Final = 0.2
#: Seconds after which refused connections are looked into, and between two messages about them.
_SOCKETS_AFTER: Final = 3.0
_MESSAGE_INTERVAL: Final = 30.0
_OK: Final = 200
#: Seconds for the log of a killed container to end.
_END: Final = 10.0
_MESSAGE: Final = 400


@dataclass(slots=True)
class Pings:
    """The health checks.

    Attributes:
        count: The number of requests.
        seconds: Time from the container's start to the first 200; None if there was none.
        slowest: The longest time of a successful response.
        last_status: The status of the last response; 0 for none.
        last_answer: The beginning of the last response, or why there was none.
        sockets: The listening sockets, if connections were refused and the sockets can be read; None otherwise.
    """

    count: int = 0
    seconds: float | None = None
    slowest: float = 0.0
    last_status: int = 0
    last_answer: str = ""
    sockets: tuple[ListeningSocket, ...] | None = None


@dataclass(slots=True, kw_only=True)
class ServerResult:
    """Result of an inference container.

    Attributes:
        container: Name of the container.
        port: The port that requests went to.
        grace: Seconds between SIGTERM and SIGKILL.
        start_error: Why the container could not start; None if it ran.
        exit_code: The exit code, if the server ended before it was stopped; None otherwise.
        out_of_memory: Whether the engine reports a kill for memory.
        reachable: Whether requests could be sent at all; False if the image has no relay.
        pings: The health checks.
        image_files: Files that the image has below /opt/ml.
        written: Paths below /opt/ml/model that serving added.
        stop_seconds: How long the server took to end after SIGTERM; None if it was not stopped.
        stop_exit_code: The exit code after SIGTERM; None if it was not stopped.
    """

    container: str
    port: int = PORT
    grace: int = SERVING_GRACE
    start_error: str | None = None
    exit_code: int | None = None
    out_of_memory: bool = False
    reachable: bool = True
    pings: Pings = field(default_factory=Pings)
    image_files: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    stop_seconds: float | None = None
    stop_exit_code: int | None = None
    log: LogSummary = field(default_factory=lambda: LogSummary(lines=0, tail=(), file=None))

    @property
    def ready(self) -> bool:
        """Whether a /ping succeeded."""
        return self.pings.seconds is not None

    @property
    def listens_on_loopback(self) -> bool:
        """Whether the port is open on the container's loopback address only."""
        own = [socket.address for socket in self.pings.sockets or () if socket.port == self.port]
        return not self.ready and bool(own) and all(address.is_loopback for address in own)


class InferenceServer:
    """An inference container that is used as a context manager: at its end, the container is gone unless it is kept.

    Attributes:
        result: What happened so far.
        client: Sends requests; None until the server is ready.
    """

    def __init__(  # noqa: PLR0913 - what a container needs
        self,
        engine: Engine,
        spec: ContainerSpec,
        *,
        model: Path | None,
        log: Path,
        listener: Listener,
        port: int = PORT,
        grace: int = SERVING_GRACE,
        stop: threading.Event,
        keep: bool = False,
    ) -> None:
        """Create a server object; the container is created on entry.

        Args:
            spec: The container.
            model: The model.tar.gz; None leaves /opt/ml/model empty.
            log: The log file.
            listener: Is called with host and log line.
            port: The port that the server listens on.
            grace: Seconds between SIGTERM and SIGKILL.
            stop: Ends the wait for /ping when it is set.
            keep: Whether the container remains.
        """
        self._engine = engine
        self._spec = spec
        self._model = model
        self._collector = LogCollector(log, (), listener)
        self._listener = listener
        self._stop = stop
        self._keep = keep
        self._model_paths: set[str] = set()
        self._process: subprocess.Popen[bytes] | None = None
        self._readers: list[threading.Thread] = []
        self._started = time.monotonic()
        self.result = ServerResult(container=spec.name, port=port, grace=grace)
        self.client: HttpClient | None = None

    def __enter__(self) -> Self:
        """Create the container and start it."""
        try:
            self._engine.create(self._spec)
            self.result.image_files = image_files(self._engine, self._spec.name)
            with self._engine.put(self._spec.name) as archive:
                add_directory(archive, opt_ml.MODEL)
                if self._model is not None:
                    self._model_paths = unpack(self._model, archive, opt_ml.MODEL)
            process = self._engine.popen("start", "--attach", self._spec.name)
        except BaseException:
            self._engine.remove(self._spec.name)
            raise
        pipes = [cast("IO[bytes]", process.stdout), cast("IO[bytes]", process.stderr)]
        self._readers = self._collector.read(self._spec.hostname, pipes)
        self._process, self._started = process, time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        """Kill the container if it still runs, and remove it."""
        if self.client is not None:
            self.client.close()
        process = cast("subprocess.Popen[bytes]", self._process)
        try:
            # The end of a stopped container takes a moment to arrive.
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.0 if self.result.stop_seconds is None else 2.0)
            if process.poll() is None:
                self._engine.stop(self._spec.name, 0)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_END)
        finally:
            # Without effect unless the engine does not respond.
            process.kill()
            process.wait()
            if not self._keep:
                self._engine.remove(self._spec.name)
            for reader in self._readers:
                reader.join()
            self.result.log = self._collector.summary()
            if self.result.start_error is not None:
                words = " ".join(self.result.log.last_words(3))[-_MESSAGE:] or self.result.start_error
                self.result.start_error = self._engine.start_error(self._spec.image, "serve", words)
            elif self.result.exit_code and (error := execution_error(self.result.log.tail)):
                self.result.start_error, self.result.exit_code = error, None

    def wait_until_ready(self, timeout: float) -> bool:
        """Send health checks until one succeeds; return whether one did.

        Args:
            timeout: Limit in seconds, from the start of the container.
        """
        if not self._wait_until_running():
            return False
        relay = find_relay(self._engine, self._spec.name, self._spec.hostname)
        if relay is None:
            self.result.reachable = not self.is_running()
            return False
        self.client = HttpClient(relay, self.result.port)
        return self._ping(self.client, timeout)

    def is_running(self) -> bool:
        """Return whether the server runs; if not, record how it ended."""
        if self._process is not None and self._process.poll() is None:
            return True
        if not self._has_ended(self._engine.state(self._spec.name)):
            raise EngineError(f"{self._engine.command} start: the engine closed the log of a running container")
        return False

    def finish(self) -> None:
        """Record what serving wrote, and stop a server that was ready with SIGTERM."""
        if self.client is not None:
            self.client.close()
        # The engine's command can outlive the server for a moment.
        if not self.result.ready or not self.is_running() or self._has_ended(self._engine.state(self._spec.name)):
            return
        written = [path.lstrip("/") for path in self._engine.changes(self._spec.name)]
        self.result.written = tuple(
            path for path in written if path.startswith(f"{opt_ml.MODEL}/") and not self._was_there(path)
        )[:20]
        if self._stop.is_set():
            return
        begun = time.monotonic()
        self._engine.stop(self._spec.name, self.result.grace)
        self.result.stop_seconds = time.monotonic() - begun
        self.result.stop_exit_code = self._engine.state(self._spec.name).exit_code

    def _has_ended(self, state: State) -> bool:
        """Return whether a server does not run; record how it ended."""
        if not state.started:
            self.result.start_error = state.error
        elif not state.running:
            self.result.exit_code, self.result.out_of_memory = state.exit_code, state.out_of_memory
        return not state.running

    def _wait_until_running(self) -> bool:
        while self._process is not None and self._process.poll() is None:
            state = self._engine.state(self._spec.name)
            if state.running:
                return True
            if state.started:
                break
            time.sleep(0.02)
        return self.is_running()

    def _ping(self, client: HttpClient, timeout: float) -> bool:
        pings = self.result.pings
        next_look, next_message = _SOCKETS_AFTER, 10.0
        while (elapsed := time.monotonic() - self._started) < timeout and not self._stop.is_set():
            if not self.is_running():
                return False
            if self._is_answered(client):
                return True
            if not pings.last_status and elapsed > next_look:
                next_look = 2 * elapsed
                pings.sockets = listening_sockets(self._engine, self._spec.name, self._spec.hostname)
                # The server may have started between the two looks.
                if self.result.listens_on_loopback and not self._is_answered(client):
                    return self.result.ready
            if elapsed > next_message:
                next_message = elapsed + _MESSAGE_INTERVAL
                self._listener("ping", f"no 200 after {elapsed:.0f} s: {waiting_for(self.result)}")
            self._stop.wait(_PING_INTERVAL)
        if not pings.last_status and self.is_running():
            pings.sockets = listening_sockets(self._engine, self._spec.name, self._spec.hostname)
        return False

    def _is_answered(self, client: HttpClient) -> bool:
        """Send one health check."""
        pings = self.result.pings
        answer = client.request("GET", "/ping", timeout=PING_TIMEOUT)
        pings.count += 1
        pings.last_status, pings.last_answer = answer.status, answer.excerpt(200)
        if answer.status == _OK:
            pings.seconds, pings.slowest = time.monotonic() - self._started, answer.seconds
        return self.result.ready

    def _was_there(self, path: str) -> bool:
        return path in self._model_paths or any(name.startswith(f"{path}/") for name in self._model_paths)


def waiting_for(result: ServerResult) -> str:
    """Describe why no /ping was answered with 200.

    Args:
        result: A server that is not ready.
    """
    pings = result.pings
    if pings.last_status:
        return f"the last answer: HTTP {pings.last_status}"
    own = [socket for socket in pings.sockets or () if socket.port == result.port]
    if pings.sockets is None or any(isinstance(socket.address, IPv4Address) for socket in own):
        return pings.last_answer
    if own:
        return f"the server listens on {', '.join(map(str, own))}, which rejects IPv4"
    others = ", ".join(map(str, pings.sockets))
    return f"nothing listens on port {result.port}" + (f"; listening: {others}" if others else " or any other port")
