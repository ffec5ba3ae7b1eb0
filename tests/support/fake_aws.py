"""AWS as a table of responses: real boto3 clients, checked by botocore's models."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.validate import validate_parameters

from cdk_sagemaker_algorithm.account.reader import guard


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An error response."""

    code: str
    message: str = "no"
    status: int = 400
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Malformed:
    """A response that is not as the service's model has it."""

    fields: Mapping[str, Any]


Reply = Mapping[str, Any] | Refusal | Malformed | Exception
#: By operation, such as `ecr:BatchGetImage`: a reply, or a function of the parameters that returns one.
Replies = dict[str, Reply | Callable[[dict[str, Any]], Reply]]

DENIED = Refusal(code="AccessDeniedException", message="User is not authorized", status=403)
THROTTLED = Refusal(code="ThrottlingException", message="Rate exceeded")


class FakeAws:
    """Gives a reader its clients. `calls` are the operations that were called, with their parameters."""

    def __init__(self, replies: Replies) -> None:
        self.replies = replies
        self.calls: list[tuple[str, dict[str, Any], str]] = []

    def __call__(self, service: str, region: str) -> Any:
        with _lock:
            client, state = _client(service, region)
        state.append(self)
        return client

    def reply(self, full_name: str, model: Any, parameters: dict[str, Any], region: str) -> tuple[AWSResponse, Any]:
        self.calls.append((full_name, parameters, region))
        if full_name not in self.replies:
            raise AssertionError(f"no reply for {full_name}({parameters})")
        reply = self.replies[full_name]
        if callable(reply):
            reply = reply(parameters)
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, Refusal):
            metadata = {"HTTPStatusCode": reply.status, "HTTPHeaders": dict(reply.headers)}
            error = {"Code": reply.code, "Message": reply.message}
            return _http(reply.status), {"Error": error, "ResponseMetadata": metadata}
        if isinstance(reply, Malformed):
            return _http(200), dict(reply.fields)
        if model.output_shape is not None:
            known = {name: value for name, value in reply.items() if name != "ResponseMetadata"}
            validate_parameters(known, model.output_shape)
        return _http(200), copy.deepcopy(dict(reply))


_lock = threading.Lock()
_clients: dict[tuple[str, str], tuple[Any, list[FakeAws]]] = {}


def _client(service: str, region: str) -> tuple[Any, list[FakeAws]]:
    """One client for all tests, since they are slow to make; the last fake answers."""
    if (service, region) not in _clients:
        state: list[FakeAws] = []
        session: Any = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test")
        client = guard(session.client(service, region_name=region, config=Config(retries={"total_max_attempts": 1})))

        def keep(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
            context["parameters"] = dict(params)

        def answer(model: Any, context: dict[str, Any], **_: Any) -> tuple[AWSResponse, Any]:
            return state[-1].reply(f"{service}:{model.name}", model, context["parameters"], region)

        client.meta.events.register_first("provide-client-params.*.*", keep)
        client.meta.events.register("before-call.*.*", answer)
        _clients[service, region] = (client, state)
    return _clients[service, region]


def _http(status: int) -> AWSResponse:
    headers: Any = {}
    return AWSResponse("https://fake.invalid", status, headers, None)


def pages(token: str, *answers: dict[str, Any]) -> Callable[[dict[str, Any]], Reply]:
    """Replies that follow each other by a token."""

    def reply(parameters: dict[str, Any]) -> Reply:
        index = int(parameters.get(token, 0))
        following = {token: str(index + 1)} if index + 1 < len(answers) else {}
        return {**answers[index], **following}

    return reply
