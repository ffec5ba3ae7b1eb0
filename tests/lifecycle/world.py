"""The handler and the state machine among models of the services around them, and what must be true of them."""

from __future__ import annotations

import io
import json
import os
import re
import urllib.request
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, redirect_stdout
from random import Random
from types import SimpleNamespace
from typing import Any, Final
from unittest import mock
from urllib.error import HTTPError, URLError

from cdk_sagemaker_algorithm_provider import clients, index, outcome_events
from cdk_sagemaker_algorithm_provider.contract import canonical
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import (
    RESOURCE_TAG,
    RETAINED_TAG,
    STACK_TAG,
    TAG_PREFIX,
    tag_map,
)

from . import cloudformation, sagemaker, templates
from .cloudformation import CloudFormation, Record, Request, Stack
from .loop import Loop
from .sagemaker import SageMaker
from .stepfunctions import Execution, StateMachine, TaskFailedError
from .weather import CALM, Climate, KilledError, Weather

FUNCTION_ARN: Final = "arn:aws:lambda:us-east-1:123456789012:function:Handler"
MACHINE_ARN: Final = "arn:aws:states:us-east-1:123456789012:stateMachine:Waiter"
ALGORITHM_TYPE: Final = "Custom::SageMakerAlgorithm"
#: Why a deploy may fail: the user's reasons. Whatever ends by itself is none.
_JUST_REASONS: Final = re.compile(
    "The image is in another Region|is still (Pending|InProgress) after"
    # Another operation has condemned it, and SageMaker does not delete what it validates.
    "|cannot be deleted yet: .*Cannot delete Algorithm in (Pending|InProgress) status"
)
_JUST_REASONS_OF_A_NAME: Final = re.compile("exists already and is not this resource's|cannot be changed")
_FAILED: Final = re.compile("SageMaker algorithm (\\S+) is Failed: validation did not pass")
#: How long SageMaker may be out of reach without a deploy failing.
_ENDURED_SECONDS: Final = 1000
_RETRY_DELAYS: Final = (60, 120)


class World:
    """Everything, wired together."""

    def __init__(
        self,
        random: Random,
        *,
        climate: Climate = CALM,
        sagemaker_habits: sagemaker.Habits | None = None,
        cloudformation_habits: cloudformation.Habits | None = None,
    ) -> None:
        self.random = random
        self.loop = Loop()
        self.weather = Weather(random, climate)
        self.sagemaker = SageMaker(self.loop, random, self.weather, sagemaker_habits or sagemaker.Habits())
        self.cloudformation = CloudFormation(
            self.loop, random, cloudformation_habits or cloudformation.Habits(), self._send
        )
        self.machine = StateMachine(
            templates.state_machine_definition(), MACHINE_ARN, self.loop, random, self.weather, self._invoke_task
        )
        self.events = EventBus(self.loop, self.weather)
        self.stacks: list[Stack] = []
        self.violations = self.cloudformation.violations
        self.logs: list[str] = []
        self.puts = 0
        self.invocations = 0
        #: How likely CloudFormation's event arrives twice.
        self.duplicates = 0.0
        #: How likely an execution is stopped just after it has delivered its answer.
        self.cuts = 0.0
        #: How long Lambda may take until it delivers an event.
        self.delivery_seconds = 0.3
        self.sagemaker.on_create = self._created
        self.sagemaker.on_delete = self._deleted
        self.sagemaker.on_tag = self._tagged
        self.cloudformation.on_rest = self._check_stack
        self.cloudformation.on_failure = self._check_failure

    # What a schedule does.

    def stack(self, name: str) -> Stack:
        number = len(self.stacks)
        stack = Stack(
            name=name,
            id=f"arn:aws:cloudformation:us-east-1:123456789012:stack/{name}/{number:08d}-1111-2222-3333-444444444444",
        )
        self.stacks.append(stack)
        return stack

    def run_until_rest(self) -> None:
        """Let everything happen that is going to."""
        self.loop.run(until=lambda: not any(stack.phase for stack in self.stacks))

    def finish(self) -> None:
        """Let everything end, and look whether all is as it must be."""
        self.loop.run()
        for stack in self.stacks:
            if stack.phase:
                self.violations.append(f"{stack.name} never came to rest")
        for execution in self.machine.executions.values():
            if execution.status == "RUNNING":
                self.violations.append(f"execution {execution.name} never ended")
        self._check_leaks()
        self._check_logs()

    def abort_execution(self, *, redeliver: bool) -> bool:
        """Stop an execution; with it comes a second delivery of its event, or the request stays unanswered."""
        running = [
            each
            for each in self.machine.executions.values()
            # What goes on after the answer has no request to repeat.
            if each.status == "RUNNING" and json.loads(each.input)["Recipient"]
        ]
        if not running:
            return False
        execution = self.random.choice(running)
        recipient = json.loads(execution.input)["Recipient"]
        request = next(each for each in self.cloudformation.requests.values() if each.id == recipient["request_id"])
        if request.settled:
            return False
        self.machine.abort(execution)
        if redeliver:
            self.loop.after(self.random.uniform(1, 20), lambda: self.redeliver(request))
        else:
            request.excused = True
        return True

    def _cut(self, request_id: str) -> None:
        """Stop the execution that has just delivered its answer, and deliver the event again."""
        request = next(each for each in self.cloudformation.requests.values() if each.id == request_id)
        for execution in list(self.machine.executions.values()):
            if execution.status == "RUNNING" and f'"request_id": "{request_id}"' in execution.input:
                self.machine.abort(execution)
                self.loop.after(self.random.choice((5, 60, 400, 2000)), lambda: self.redeliver(request))

    def redeliver(self, request: Request) -> None:
        """Deliver an event once more."""
        self._deliver(request, 0, resent=True)

    # Lambda.

    def _send(self, request: Request) -> None:
        self.loop.after(self.random.uniform(0.1, self.delivery_seconds), lambda: self._deliver(request, 0))
        while self.random.random() < self.duplicates:
            delay = self.random.choice((0.5, 5, 50, 400))
            self.loop.after(delay, lambda: self._deliver(request, 0))

    def _deliver(self, request: Request, attempt: int, *, resent: bool = False) -> None:
        settings = templates.function_settings()
        if self.loop.now - request.sent > settings["event_age"] and not resent:
            return
        begun = self.loop.now
        try:
            self._invoke(json.loads(request.text))
        except TaskFailedError as failed:
            if attempt == settings["retries"] and self.weather.faults.get("killed", 0) >= settings["retries"]:
                # Lambda has no more attempts, and the few that it had were taken by force.
                request.excused = True
            if attempt < settings["retries"]:
                delay = failed.seconds + _RETRY_DELAYS[attempt]
                self.loop.now = begun
                self.loop.after(delay, lambda: self._deliver(request, attempt + 1, resent=resent))

    def _invoke_task(self, function: str, payload: dict[str, Any]) -> tuple[Any, float]:
        assert function == FUNCTION_ARN
        if self.weather.climate.throttle and self.weather.coin(self.weather.climate.throttle / 2):
            raise TaskFailedError("Lambda.TooManyRequestsException", "Rate Exceeded.", 0.1)
        begun = self.loop.now
        return self._invoke(payload), self.loop.now - begun

    def _invoke(self, event: Mapping[str, Any]) -> Any:
        self.invocations += 1
        begun = self.loop.now
        self.loop.sleep(0.01)
        context = SimpleNamespace(invoked_function_arn=FUNCTION_ARN, aws_request_id="invocation")
        try:
            result = index.handler(event, context)
        except KilledError:
            raise TaskFailedError("Runtime.ExitError", "", self.loop.now - begun) from None
        except Exception as error:
            self.logs.append(f"{type(error).__name__}: {error}")
            raise TaskFailedError(type(error).__name__, str(error), self.loop.now - begun) from error
        seconds = self.loop.now - begun
        timeout = templates.function_settings()["timeout"]
        # Shorter than the task's own timeout, so that this is what ends it.
        if seconds > timeout:
            raise TaskFailedError("Sandbox.Timedout", "", timeout)
        return result

    def urlopen(self, request: Any, timeout: float) -> io.BytesIO:
        """What the handler puts its answers with."""
        del timeout
        self.loop.sleep(0.05)
        self.weather.kill_point("killed before")
        if self.weather.coin(self.weather.climate.server_error):
            if self.weather.coin():
                raise URLError("connection reset")
            raise HTTPError(request.full_url, 503, "Slow Down", None, None)  # type: ignore[arg-type]
        self.puts += 1
        assert request.get_method() == "PUT"
        self.cloudformation.put(request.full_url, request.data)
        if self.random.random() < self.cuts:
            self.loop.after(0, lambda: self._cut(json.loads(request.data)["RequestId"]))
        if self.weather.coin(self.weather.climate.timeout_after):
            raise TimeoutError("the read operation timed out")
        self.weather.kill_point("killed after")
        return io.BytesIO(b"")

    # What must be true at each moment.

    def _created(self, record: sagemaker.Record) -> None:
        stack = self._owner(record)
        if stack is None:
            self.violations.append(f"{record.name} was created for no stack")
        elif stack.phase == "rollback" and not any(
            each.excused and each.event["StackId"] == stack.id for each in self.cloudformation.requests.values()
        ):
            self.violations.append(f"{record.name} was created in a rollback")
        elif not stack.phase:
            self.violations.append(f"{record.name} was created for {stack.name}, which rests")

    def _deleted(self, record: sagemaker.Record) -> None:
        if record.foreign:
            self.violations.append(f"{record.name} of another owner was deleted")
        asked = {
            request.event["PhysicalResourceId"]
            for request in self.cloudformation.requests.values()
            if request.event["RequestType"] == "Delete" and not request.settled
        }
        # A failed one is made anew where a stack wants it again.
        status = record.status_at(self.loop.now)
        if record.name in self.cloudformation.retained and status == "Completed":
            self.violations.append(f"{record.name} was to be retained and was deleted")
        for stack in self.stacks:
            if record.name in _algorithms(stack.records) | _algorithms(stack.stable) and record.name not in asked:
                self.violations.append(f"{record.name} is in use by {stack.name} ({stack.phase}) and was deleted")

    def _tagged(self, record: sagemaker.Record) -> None:
        if record.foreign:
            self.violations.append(f"{record.name} of another owner was tagged")

    def _owner(self, record: sagemaker.Record) -> Stack | None:
        stack_id = record.tags[0][1].get(TAG_PREFIX + "stack-id")
        return next((stack for stack in self.stacks if stack.id == stack_id), None)

    def _check_failure(self, stack: Stack, logical_id: str, reason: str) -> None:
        failed = _FAILED.search(reason)
        if failed is not None:
            ended = max(
                each.created + each.validation.seconds for each in self.sagemaker.records if each.name == failed[1]
            )
            if ended < stack.begun:
                self.violations.append(f"{stack.name}: {failed[1]} failed in an earlier operation, and was taken up")
            return
        endured = self.weather.climate.storm_lasts < _ENDURED_SECONDS
        of_a_name = logical_id.startswith("Named") and _JUST_REASONS_OF_A_NAME.search(reason)
        if endured and not of_a_name and not _JUST_REASONS.search(reason):
            self.violations.append(f"{stack.name}: {logical_id} failed without need: {reason}")

    # What must be true when a stack rests.

    def _check_stack(self, stack: Stack) -> None:
        existing = self.sagemaker.existing()
        for logical_id, record in stack.records.items():
            if record.resource.type == ALGORITHM_TYPE:
                self._check_algorithm(stack, logical_id, record, existing.get(record.physical_id))
            elif record.resource.type == "AWS::SSM::Parameter":
                self._check_consumer(stack, logical_id, record)

    def _check_algorithm(
        self, stack: Stack, logical_id: str, record: Record, algorithm: sagemaker.Record | None
    ) -> None:
        where = f"{stack.name} ({stack.status}) {logical_id}"
        if stack.status == "DELETE_FAILED":
            return
        if algorithm is None:
            self.violations.append(f"{where}: its algorithm {record.physical_id} does not exist")
            return
        if record.attributes != {"AlgorithmName": algorithm.name, "AlgorithmArn": algorithm.arn}:
            self.violations.append(f"{where}: its attributes are {record.attributes}")
        if not canonical.same_content(record.properties, algorithm.request):
            self.violations.append(f"{where}: {algorithm.name} has another definition than the stack")
        tags = {key: value for key, value in algorithm.tags[-1][1].items() if not key.startswith(TAG_PREFIX)}
        wanted = tag_map(record.properties.get("Tags"))
        # What a retained algorithm had before it was taken up again may be anybody's.
        if tags != wanted and not (record.physical_id in self.cloudformation.left() and wanted.items() <= tags.items()):
            self.violations.append(f"{where}: its tags are {tags}")
        waits = f"{logical_id[: -len('ABCDEFGH')].removesuffix('Resource')}Validation" in "".join(stack.template)
        status = algorithm.status_at(self.loop.now)
        if stack.status == "COMPLETE" and waits and status != "Completed":
            self.violations.append(f"{where}: deployed, but {algorithm.name} is {status}")

    def _check_consumer(self, stack: Stack, logical_id: str, record: Record) -> None:
        construct = logical_id.removeprefix("Uses")
        used = {
            each.physical_id
            for name, each in stack.records.items()
            if each.resource.type == ALGORITHM_TYPE and name.startswith(construct)
        }
        if used != {record.properties["Value"]}:
            self.violations.append(f"{stack.name}: {logical_id} has {record.properties['Value']}, the stack {used}")

    # What must be true in the end.

    def _check_leaks(self) -> None:
        owned = {name for stack in self.stacks for name in _algorithms(stack.records)}
        kept = self.cloudformation.left()
        for name, record in self.sagemaker.existing().items():
            left = RETAINED_TAG in record.tags[-1][1] and record.status_at(self.loop.now) == "Failed"
            expected = name in owned | kept or record.foreign or left
            if not expected and not self._is_excused(record):
                self.violations.append(f"{name} leaked")
        for name in owned - self.sagemaker.existing().keys():
            self.violations.append(f"{name} is owned and does not exist")

    def _is_excused(self, record: sagemaker.Record) -> bool:
        """Nobody could have deleted it: the request was cut off that would have, and nothing asks again."""
        tags = record.tags[-1][1]
        return any(
            request.excused
            and not request.answers
            and request.event["StackId"] == tags.get(STACK_TAG)
            and request.event["LogicalResourceId"] == tags.get(RESOURCE_TAG)
            and (request.retained or request.phase == "rollback")
            for request in self.cloudformation.requests.values()
        )

    def _check_logs(self) -> None:
        for line in self.logs:
            if "Signature=" in line or templates.SECRET in line:
                self.violations.append(f"a secret was logged: {line}")


def _algorithms(records: Mapping[str, Record]) -> set[str]:
    return {each.physical_id for each in records.values() if each.resource.type == ALGORITHM_TYPE}


class EventBus:
    """A model of EventBridge, and the client that the handler uses."""

    def __init__(self, loop: Loop, weather: Weather) -> None:
        self._loop = loop
        self._weather = weather
        self.entries: list[dict[str, Any]] = []

    def put_events(self, **parameters: Any) -> dict[str, Any]:
        self._loop.sleep(0.03)
        self._weather.before("PutEvents", self._loop.now, storms=False)
        self.entries += parameters["Entries"]
        self._weather.after("PutEvents")
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in parameters["Entries"]]}


def _giving(client: object) -> Callable[[], object]:
    def give() -> object:
        return client

    return give


@contextmanager
def inhabited(world: World) -> Generator[World]:
    """Put the handler into a world: its clients, its clock and its network are the world's."""
    output = io.StringIO()
    clock = SimpleNamespace(time=world.loop.time, sleep=world.loop.sleep)
    with (
        mock.patch.object(clients, "sagemaker", _giving(world.sagemaker)),
        mock.patch.object(clients, "stepfunctions", _giving(world.machine)),
        mock.patch.object(clients, "events", _giving(world.events)),
        mock.patch.object(index, "time", clock),
        mock.patch.object(index.log, "info", world.logs.append),
        mock.patch.object(outcome_events.log, "warning", world.logs.append),
        redirect_stdout(output),
        mock.patch.object(urllib.request, "urlopen", world.urlopen),
        mock.patch.dict(os.environ, {"STATE_MACHINE_ARN": MACHINE_ARN}),
    ):
        yield world
    world.logs += output.getvalue().splitlines()


def executions_of(world: World, logical_id: str) -> list[Execution]:
    """The executions of one resource's requests."""
    return [each for each in world.machine.executions.values() if f"-{logical_id}-" in each.name]
