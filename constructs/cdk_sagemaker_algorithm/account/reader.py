"""Call AWS for checks: allowed read operations only, at a limited rate, each call once."""

from __future__ import annotations

import json
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from time import monotonic, sleep
from typing import Any, Final

from cdk_sagemaker_algorithm.account import credentials
from cdk_sagemaker_algorithm.account.rate_limit import RateLimit
from cdk_sagemaker_algorithm.account.read_operations import OPERATIONS, AwsEnvironment, Operation
from cdk_sagemaker_algorithm.account.responses import (
    CredentialsError,
    DeniedError,
    InvalidValueError,
    NoResponseError,
    ReadError,
    RejectedError,
    Response,
    TooLateError,
)
from cdk_sagemaker_algorithm_provider.contract import aws_errors
from cdk_sagemaker_algorithm_provider.contract.json_types import is_object

#: Returns the boto3 client of a service in a region.
ClientFactory = Callable[[str, str], Any]
#: Returns the bytes at a URL, up to a number of bytes.
Download = Callable[[str, int], bytes]

#: boto3 settings for a reader's clients: a check waits for seconds, not minutes.
CLIENT_SETTINGS: Final[Mapping[str, Any]] = {
    "connect_timeout": 3,
    "read_timeout": 6,
    "retries": {"mode": "standard", "total_max_attempts": 2},
    "max_pool_connections": 16,
}

#: AWS allows 5 calls a second to Service Quotas.
_QUOTA_CALLS: Final = 4
_CONFIG_BYTES: Final = 1_000_000


class NotAllowedError(RuntimeError):
    """A check asked for an operation that is not in the table of operations: an error of this library."""


class Reader:
    """Calls AWS for checks; thread-safe.

    Attributes:
        environment: The account and the region that it reads.
        asked: The calls so far: operation, parameters and region.
    """

    def __init__(
        self,
        clients: ClientFactory,
        environment: AwsEnvironment,
        *,
        deadline: float | None = None,
        now: Callable[[], float] = monotonic,
        wait: Callable[[float], object] = sleep,
        download: Download | None = None,
    ) -> None:
        """Create a reader without calling AWS.

        Args:
            clients: Returns boto3 clients.
            environment: The account and the region to read.
            deadline: The time, by `now`, after which no call starts. Default: none.
            now: Returns the time in seconds.
            wait: Waits for a number of seconds.
            download: Returns the bytes at a pre-signed URL. Default: by HTTPS.
        """
        self.environment = environment
        self.asked: list[tuple[str, Mapping[str, Any], str]] = []
        self._clients = clients
        self._deadline = deadline
        self._now = now
        self._download = download or _download
        self._quotas = RateLimit(_QUOTA_CALLS, _QUOTA_CALLS, now, wait)
        self._lock = threading.Lock()
        self._making = threading.Lock()
        self._responses: dict[str, Future[Response]] = {}

    def ask(self, full_name: str, *, region: str = "", **parameters: Any) -> Response:
        """Call an operation, or return the response of the same call before.

        Args:
            full_name: The operation, such as ``ecr:BatchGetImage``.
            region: The region to ask. Default: the reader's.
            parameters: The operation's parameters.

        Returns:
            The response.

        Raises:
            ReadError: AWS gave no response; the message is the reason.
            CredentialsError: The credentials cannot be used.
            NotAllowedError: The operation is not one that reads.
        """
        operation = OPERATIONS.get(full_name)
        if operation is None:
            raise NotAllowedError(f"{full_name} is not in the table of operations that read")
        where = region or self.environment.region
        question = json.dumps([full_name, where, parameters], sort_keys=True, default=str)
        with self._lock:
            future = self._responses.get(question)
            first = future is None
            if future is None:
                future = self._responses[question] = Future[Response]()
                self.asked.append((full_name, parameters, where))
        if not first:
            return self._wait(future, operation)
        try:
            response = self._call(operation, where, parameters)
        except BaseException as error:
            future.set_exception(error)
            raise
        future.set_result(response)
        return response

    def pages(self, full_name: str, token: str, **parameters: Any) -> Iterator[Response]:
        """Call an operation until its last page, each page by `ask`: botocore's paginator would pass its limits by.

        Args:
            full_name: The operation.
            token: The field of the next page's token, in requests and in responses.
            parameters: The operation's parameters.
        """
        response = self.ask(full_name, **parameters)
        yield response
        while following := response.text(token):
            response = self.ask(full_name, **{**parameters, token: following})
            yield response

    def download(self, url: str) -> bytes:
        """Return the content of a pre-signed URL that AWS has returned.

        Args:
            url: The URL.

        Raises:
            ReadError: The content cannot be read.
        """
        parts = urllib.parse.urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
            raise ReadError("the download URL of the image's configuration is not an HTTPS URL")
        try:
            return self._download(url, _CONFIG_BYTES)
        except OSError as error:
            raise ReadError("the image's configuration cannot be downloaded from ECR") from error

    def _wait(self, future: Future[Response], operation: Operation) -> Response:
        """Wait for the thread that makes the same call."""
        left = None if self._deadline is None else max(0.0, self._deadline - self._now())
        try:
            return future.result(left)
        except FutureTimeoutError as error:
            raise TooLateError(f"no response of {operation.full_name} within the time limit") from error

    def _call(self, operation: Operation, region: str, parameters: Mapping[str, Any]) -> Response:
        if operation.service == "service-quotas":
            self._quotas.wait()
        if self._deadline is not None and self._now() >= self._deadline:
            raise TooLateError(f"no time was left to call {operation.full_name}")
        from botocore.exceptions import ParamValidationError  # noqa: PLC0415 - start-up time

        try:
            # boto3 can create clients in one thread only.
            with self._making:
                client = self._clients(operation.service, region)
            response = getattr(client, _method(client, operation.name))(**parameters)
        except ParamValidationError as error:
            raise InvalidValueError(_first_line(error)) from error
        except Exception as error:
            raise _explained(error, operation, region) from error
        if not is_object(response):
            raise ReadError(f"the response of {operation.full_name} is not a structure")
        return Response(operation.full_name, response)


def guard(client: Any) -> Any:
    """Restrict a boto3 client to the operations that a reader may call.

    Returns:
        The same client.
    """
    client.meta.events.register("before-parameter-build.*.*", _refuse_others)
    return client


def _refuse_others(model: Any, **_: Any) -> None:
    """Reject operations that are not in the table; boto3 calls this before every call."""
    full_name = f"{model.service_model.service_name}:{model.name}"
    if full_name not in OPERATIONS:
        raise NotAllowedError(f"{full_name} is not in the table of operations that read")


def _method(client: Any, operation: str) -> str:
    """Return the client's method of an operation."""
    methods: Mapping[str, str] = client.meta.method_to_api_mapping
    return next(method for method, name in methods.items() if name == operation)


def _explained(error: Exception, operation: Operation, region: str) -> Exception:
    """Return the error that a check receives for an error of boto3."""
    if isinstance(error, NotAllowedError | AssertionError):
        return error
    if not aws_errors.is_aws(error):
        # For example a proxy's page instead of a response: botocore's parsers raise arbitrary exceptions.
        return ReadError(f"{operation.full_name} gave a response that is not AWS's ({type(error).__name__})")
    code = aws_errors.code(error)
    headers = _headers(error)
    if sentence := credentials.sentence(code, region):
        return CredentialsError(sentence)
    if aws_errors.is_denied(error):
        return DeniedError(operation.action or operation.full_name, headers)
    if aws_errors.is_transient(error):
        return NoResponseError(f"{operation.full_name} gave no response: {_reason(error)}")
    message = aws_errors.message(error).removeprefix(f"{code}: ")
    missing = aws_errors.is_missing(error)
    return RejectedError(operation.full_name, code, message, headers, is_missing=missing)


def _reason(error: Exception) -> str:
    code = aws_errors.code(error)
    if aws_errors.is_throttled(error):
        return f"AWS throttled the calls ({code})"
    if "Timeout" in code:
        return f"time limit of the call ({code})"
    if code in ("EndpointConnectionError", "ConnectionClosedError", "ConnectionError"):
        return f"no connection ({code})"
    return code


def _headers(error: Exception) -> Mapping[str, str]:
    response: Any = getattr(error, "response", None)
    metadata: Any = response.get("ResponseMetadata", {}) if is_object(response) else {}
    headers: Any = metadata.get("HTTPHeaders", {}) if is_object(metadata) else {}
    return {str(name): str(value) for name, value in headers.items()} if is_object(headers) else {}


def _first_line(error: Exception) -> str:
    """Return botocore's description of an invalid parameter, without the prefix."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def _download(url: str, limit: int) -> bytes:
    request = urllib.request.Request(url)  # noqa: S310 - the scheme was checked
    with urllib.request.urlopen(request, timeout=6) as response:  # noqa: S310 - the scheme was checked
        content: bytes = response.read(limit)
        return content
