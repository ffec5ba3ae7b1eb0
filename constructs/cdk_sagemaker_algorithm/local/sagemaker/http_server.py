"""Serve SageMaker's JSON 1.1 protocol over HTTP on loopback."""

from __future__ import annotations

import json
import sys
import threading
from collections import deque
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self, cast
from uuid import uuid4

from cdk_sagemaker_algorithm.local.run_key import REMEDY
from cdk_sagemaker_algorithm.local.sagemaker.errors import ServiceError
from cdk_sagemaker_algorithm.local.sagemaker.validation_plan import STEPS, step_named

if TYPE_CHECKING:
    from types import TracebackType

    from cdk_sagemaker_algorithm.local.run_key import RunKey
    from cdk_sagemaker_algorithm.local.sagemaker.log_delivery import LogBatch, LogSink
    from cdk_sagemaker_algorithm.local.sagemaker.operations import SageMaker
    from cdk_sagemaker_algorithm.model.json_access import JsonObject

_TARGET = "SageMaker."
_CONTENT_TYPE = "application/x-amz-json-1.1"
_CONTROL = "/_local/fail-next"
_TICK = 0.2


class SageMakerServer(AbstractContextManager["SageMakerServer"]):
    """Server of the SageMaker API that runs while the context is open.

    Attributes:
        service: The simulated SageMaker.
        log_sink: Receives the jobs' log lines; can be set later, lines are kept until then.
    """

    def __init__(self, service: SageMaker, key: RunKey) -> None:
        """Bind a free port.

        Args:
            service: The simulated SageMaker.
            key: The key that requests must carry.
        """
        self.service = service
        self.log_sink: LogSink | None = None
        self._waiting: deque[LogBatch] = deque()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.service = service
        self._server.key = key
        self._ending = threading.Event()
        self._serving = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._ticking = threading.Thread(target=self._tick, daemon=True)

    @property
    def url(self) -> str:
        """Endpoint URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        """Start serving."""
        self._serving.start()
        self._ticking.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop serving, and free the port."""
        self.rest()
        self._server.shutdown()
        self._server.server_close()
        self._serving.join()

    def rest(self) -> None:
        """Stop advancing validations, because the services that they need are about to stop."""
        self._ending.set()
        self._ticking.join()

    def _tick(self) -> None:
        """Advance validations and deliver job logs, even without requests."""
        while not self._ending.wait(_TICK):
            self.service.advance()
            self._waiting.extend(self.service.new_lines())
            while self._waiting and self.log_sink is not None and self.log_sink.write(self._waiting[0]):
                self._waiting.popleft()


class _Server(ThreadingHTTPServer):
    """HTTP server with the simulated SageMaker."""

    daemon_threads = True
    service: SageMaker
    key: RunKey

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log nothing about disconnected clients: the terminal belongs to the running command."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    # Headers and body are two writes: without TCP_NODELAY, the second write waits 40 ms for an acknowledgment.
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Respond to an operation, or to a control request of a test."""
        path, _, query = self.path.partition("?")
        reason = self._sagemaker_server.key.refusal(self.headers.items(), query, self._sagemaker_server.server_port)
        if reason is not None:
            # The body stays unread, so the connection cannot be used again.
            self.close_connection = True
            self._refuse(ServiceError("UnrecognizedClientException", f"{reason}; {REMEDY}", status=403))
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            request = _parse(body)
            answer = self._control(request) if path == _CONTROL else self._operation(request)
        except ServiceError as error:
            self._refuse(error)
        except Exception as error:  # noqa: BLE001 - a fault of ours is the service's internal failure
            self._refuse(ServiceError("InternalFailure", f"local SageMaker failed: {error!r}", status=500))
        else:
            self._send(200, answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Log nothing: the terminal belongs to the running command."""

    def _operation(self, request: JsonObject) -> JsonObject:
        """Call the operation that the headers name."""
        target = self.headers.get("X-Amz-Target", "")
        if not target.startswith(_TARGET):
            raise ServiceError("UnknownOperationException", f"X-Amz-Target {target!r} is not SageMaker's")
        return self._service.call(target.removeprefix(_TARGET), request)

    def _control(self, request: JsonObject) -> JsonObject:
        """Let a step of the next algorithm's validation fail."""
        step = step_named(str(request.get("Step")))
        if step is None:
            raise ServiceError("ValidationException", f"Step is not one of {', '.join(STEPS)}")
        self._service.fail_next(step, str(request.get("Reason", "")))
        return {}

    @property
    def _service(self) -> SageMaker:
        """The simulated SageMaker."""
        return self._sagemaker_server.service

    @property
    def _sagemaker_server(self) -> _Server:
        """The server of this connection."""
        return cast("_Server", self.server)

    def _refuse(self, error: ServiceError) -> None:
        """Send an error."""
        self._send(error.status, {"__type": error.code, "message": error.message}, code=error.code)

    def _send(self, status: int, answer: JsonObject, *, code: str | None = None) -> None:
        """Send a response."""
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", _CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amzn-RequestId", str(uuid4()))
        if code is not None:
            self.send_header("x-amzn-ErrorType", code)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


def _parse(body: bytes) -> JsonObject:
    """Parse the JSON of a request."""
    try:
        request: object = json.loads(body or b"{}")
    except ValueError as error:
        raise ServiceError("SerializationException", f"the request is not JSON: {error}") from None
    if not isinstance(request, dict):
        raise ServiceError("SerializationException", "the request is not a JSON object")
    return cast("JsonObject", request)
