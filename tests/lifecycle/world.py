"""Connect handler and state machine with models of the services, and check the invariants."""

from __future__ import annotations

import importlib
import io
import json
import logging
import os
import pkgutil
import re
import time
import urllib.request
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stdout
from functools import cache
from random import Random
from types import SimpleNamespace
from typing import Any, Final
from unittest import mock
from urllib.error import HTTPError, URLError

from botocore.exceptions import BotoCoreError, ClientError

import cdk_sagemaker_algorithm_provider as provider
from cdk_sagemaker_algorithm_provider import clients, index
from cdk_sagemaker_algorithm_provider.cfn_response import UndeliveredAnswerError
from cdk_sagemaker_algorithm_provider.contract import canonical
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import (
    ADOPTER_TAG,
    FAILED,
    RESOURCE_TAG,
    RETAINED_TAG,
    STACK_TAG,
    TAG_PREFIX,
    tag_map,
)
from tests.lifecycle import cloudformation, sagemaker, templates
from tests.lifecycle.awslambda import Done, Failed, Lambda
from tests.lifecycle.cloudformation import CloudFormation, Record, Request, Response, Stack, StackReader
from tests.lifecycle.loop import Loop, Strand
from tests.lifecycle.sagemaker import SageMaker
from tests.lifecycle.stepfunctions import Execution, StateMachine
from tests.lifecycle.weather import CALM, Climate, Weather

FUNCTION_ARN: Final = "arn:aws:lambda:us-east-1:123456789012:function:Handler"
MACHINE_ARN: Final = "arn:aws:states:us-east-1:123456789012:stateMachine:Waiter"
ALGORITHM_TYPE: Final = "Custom::SageMakerAlgorithm"
VALIDATION_TYPE: Final = "Custom::SageMakerAlgorithmValidation"
#: Why a deploy may fail: the user's reasons. Whatever ends by itself is none.
_JUST_REASONS: Final = re.compile(
    "The image is in another Region|is still (Pending|InProgress) after"
    # Another operation has condemned it, and SageMaker does not delete what it validates.
    "|is still validating, so it cannot be deleted yet"
    "|cannot be deleted yet: .*Cannot delete Algorithm in (Pending|InProgress) status"
)
_JUST_REASONS_OF_A_NAME: Final = re.compile(
    "exists already and is not this resource's|cannot be changed|is marked for this resource and not adopted"
)
_FAILED: Final = re.compile("SageMaker algorithm (\\S+) is Failed: validation did not pass")
_GONE: Final = re.compile(r"algorithm (\S+) (?:does not exist|is another one, .*); its validation cannot be waited for")
#: How long SageMaker may be out of reach without a deploy failing.
_ENDURED_SECONDS: Final = 1000


class World:
    """Handler, state machine and models."""

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
        self.function = Lambda(self.loop, random, self.weather, templates.function_settings(), self._invoke)
        self.function.on_error = self._check_error
        self.events = EventBus(self.loop, self.weather)
        self.stacks: list[Stack] = []
        self.stack_reader = StackReader(self.cloudformation, self.stacks, self.weather)
        self.violations = self.cloudformation.violations
        self.logs: list[str] = []
        self.puts = 0
        #: Whose request each strand works on; None stands for what runs in one piece.
        self._works_on: dict[Strand | None, str] = {}
        #: Whose stack's, also where the request has been answered.
        self._works_for: dict[Strand | None, str] = {}
        #: Whether what each strand works on has no execution.
        self._at_once: dict[Strand | None, bool] = {}
        #: How likely CloudFormation's event arrives twice.
        self.duplicates = 0.0
        #: How likely an execution is stopped just after it has delivered its answer.
        self.cuts = 0.0
        #: How long Lambda may take until it delivers an event.
        self.delivery_seconds = 0.3
        #: Names of what a person has deleted.
        self.by_hand: set[str] = set()
        self.sagemaker.request_id = lambda: self._works_on.get(self.loop.strand, "")
        self.sagemaker.on_create = self._created
        self.sagemaker.on_delete = self._deleted
        self.sagemaker.on_tag = self._tagged
        self.cloudformation.on_rest = self._check_stack
        self.cloudformation.on_begin = self._check_stack
        self.cloudformation.on_failure = self._check_failure
        self.cloudformation.on_answer = self._check_answer
        self.cloudformation.at_once = lambda: self._at_once[self.loop.strand]
        self.events.on_entry = self._check_event

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
        """Run until no event is left."""
        self.loop.run(until=lambda: not any(stack.phase for stack in self.stacks))

    def finish(self) -> None:
        """Run until the end, and check the invariants."""
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
        """Stop an execution: its request stays unanswered, also if its event comes a second time."""
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
        request.excused = True
        if redeliver:
            self.loop.after(self.random.uniform(1, 20), lambda: self.redeliver(request))
        return True

    def delete_by_hand(self, name: str) -> None:
        """Delete an algorithm by hand, regardless of its owner."""
        self.by_hand.add(name)
        self.sagemaker.delete_by_hand(name)
        for stack in self.stacks:
            stack.drifted |= {logical_id for logical_id, record in stack.records.items() if record.physical_id == name}

    def change_the_code(self) -> None:
        """Deploy another release of the function while executions run: theirs is the state of the other one."""
        for execution in self.machine.executions.values():
            if execution.status == "RUNNING":
                for part in (execution.data, execution.data["Task"], execution.data["Progress"]):
                    part["AddedByAnotherRelease"] = "x"
                execution.text = json.dumps(execution.data)

    def _cut(self, request_id: str) -> None:
        """Stop the execution that has just delivered its answer, and deliver the event again."""
        request = next(each for each in self.cloudformation.requests.values() if each.id == request_id)
        for execution in list(self.machine.executions.values()):
            if execution.status == "RUNNING" and f'"request_id": "{request_id}"' in execution.input:
                self.machine.abort(execution)
                self.loop.after(self.random.choice((5, 60, 400, 2000)), lambda: self.redeliver(request))

    def redeliver(self, request: Request) -> None:
        """Deliver an event once more."""
        self._deliver(request, again=True)

    # Lambda.

    def _send(self, request: Request) -> None:
        self.loop.after(self.random.uniform(0.1, self.delivery_seconds), lambda: self._deliver(request))
        while self.random.random() < self.duplicates:
            self.loop.after(self.random.choice((0.5, 5, 50, 400)), lambda: self._deliver(request))

    def _deliver(self, request: Request, *, again: bool = False) -> None:
        def lost(_: str) -> None:
            # Lambda has few attempts; where they were taken by force, there is no answer.
            if self.weather.faults.get("killed", 0) > templates.function_settings()["retries"]:
                request.excused = True

        self.function.send(request.text, sent=request.sent, lost=lost, again=again)

    def _invoke_task(self, function: str, payload: dict[str, Any], *, done: Done, failed: Failed) -> None:
        assert function == FUNCTION_ARN
        self.function.invoke(payload, done=done, failed=failed)

    def _invoke(self, event: Mapping[str, Any]) -> Any:
        state = event.get("Step") or event.get("Deliver")
        self._at_once[self.loop.strand] = state is None
        recipient = state.get("Recipient") or {} if state else {"request_id": event["RequestId"]}
        self._works_on[self.loop.strand] = recipient.get("request_id", "")
        text = json.dumps(event)
        self._works_for[self.loop.strand] = next(stack.id for stack in self.stacks if stack.id in text)
        context = SimpleNamespace(invoked_function_arn=FUNCTION_ARN, aws_request_id="invocation")
        return index.handler(event, context)

    def stack_id(self) -> str:
        """The stack whose request the function works on just now."""
        return self._works_for[self.loop.strand]

    def urlopen(self, request: Any, timeout: float) -> io.BytesIO:
        """The handler's function to send responses."""
        del timeout
        self.loop.sleep(0.05)
        self.weather.kill_point("killed before")
        if self.weather.coin(self.weather.climate.server_error):
            if self.weather.coin():
                raise URLError("connection reset")
            raise HTTPError(request.full_url, 503, "Slow Down", None, None)  # type: ignore[arg-type]
        self.puts += 1
        assert request.get_method() == "PUT"
        try:
            self.cloudformation.put(request.full_url, request.data)
        except PermissionError:
            raise HTTPError(request.full_url, 403, "Forbidden", None, None) from None  # type: ignore[arg-type]
        if self.random.random() < self.cuts:
            self.loop.after(0, lambda: self._cut(json.loads(request.data)["RequestId"]))
        if self.weather.coin(self.weather.climate.timeout_after):
            raise TimeoutError("the read operation timed out")
        self.weather.kill_point("killed after")
        return io.BytesIO(b"")

    # What must be true at each moment.

    def _created(self, record: sagemaker.Record) -> None:
        stack = self._owner(record)
        maker = self._maker(record)
        if maker is not None and maker.cancelled and maker.retained:
            # Of what is retained, CloudFormation asks no deletion, so no one ends the request.
            return
        if stack is None:
            self.violations.append(f"{record.name} was created for no stack")
        elif stack.phase == "rollback" and not self._may_be_made_in_a_rollback(record, stack):
            self.violations.append(f"{record.name} was created in a rollback")
        elif not stack.phase:
            self.violations.append(f"{record.name} was created for {stack.name}, which rests")

    def _may_be_made_in_a_rollback(self, record: sagemaker.Record, stack: Stack) -> bool:
        """A cancelled request may make it, if it ends as nothing; what was deleted by hand is made again."""
        requests = [each for each in self.cloudformation.requests.values() if each.event["StackId"] == stack.id]
        maker = self._maker(record)
        cancelled = maker is not None and maker.cancelled
        wrong = record.tags[0][1].get(RESOURCE_TAG) in stack.was_wrong or record.name in self.by_hand
        return cancelled or wrong or any(each.excused for each in requests)

    def _maker(self, record: sagemaker.Record) -> Request | None:
        requests = self.cloudformation.requests.values()
        return next((each for each in requests if each.id == record.request_id), None)

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
        if record.created < self.cloudformation.kept.get(record.name, 0):
            self.violations.append(f"{record.name} was kept by the stack's user and was deleted")
        elif record.created < self.cloudformation.retained.get(record.name, 0) and status == "Completed":
            self.violations.append(f"{record.name} was to be retained and was deleted")
        for stack in self.stacks:
            if record.name in self.by_hand and record.tags[-1][1].get(STACK_TAG) != stack.id:
                # A person has deleted the stack's own; this is another stack's, made under the name that became free.
                continue
            if status == "Failed" and _waits(stack, record.tags[-1][1].get(RESOURCE_TAG, "")):
                # Nothing can use it, and the stack, which waits for what passes, has it made again.
                continue
            if record.name in _algorithms(stack.records) | _algorithms(stack.stable) and record.name not in asked:
                self.violations.append(f"{record.name} is in use by {stack.name} ({stack.phase}) and was deleted")

    def _tagged(self, record: sagemaker.Record) -> None:
        """What someone else made is touched only for the resource that a person has marked it for, or that has it."""
        if not record.foreign:
            return
        before = record.tags[-2][1]
        # A mark that was changed just now may still show.
        marks = {tags.get(ADOPTER_TAG) for tags in (before, self.sagemaker.shown_tags(record))}
        request_id = self._works_on[self.loop.strand]
        for request in self.cloudformation.requests.values():
            event = request.event
            if request.id != request_id:
                continue
            marked = f"{event['StackId'].split('/')[1]}/{event['LogicalResourceId']}" in marks
            has = before.get(STACK_TAG) == event["StackId"]
            if has or (marked and STACK_TAG not in before):
                return
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
            # What an Update makes again after a deletion by hand is the stack's, also failed: see docs/limits.md. And
            # where a rollback skipped it, CloudFormation may ask the wait alone.
            skipped = {stack.records[name].physical_id for name in stack.skipped & stack.records.keys()}
            if ended < stack.begun and failed[1] not in self.by_hand | skipped:
                self.violations.append(f"{stack.name}: {failed[1]} failed in an earlier operation, and was taken up")
            return
        gone = _GONE.search(reason)
        if gone is not None and gone[1] in self.by_hand:
            return
        endured = self.weather.climate.storm_lasts < _ENDURED_SECONDS
        of_a_name = logical_id.startswith("Named") and _JUST_REASONS_OF_A_NAME.search(reason)
        if endured and not of_a_name and not _JUST_REASONS.search(reason):
            self.violations.append(f"{stack.name}: {logical_id} failed without need: {reason}")

    def _check_answer(self, request: Request, response: Response) -> None:
        """Whoever comes after the last wait gets an algorithm that has passed."""
        event = request.event
        properties = event["ResourceProperties"]
        waits = event["ResourceType"] == VALIDATION_TYPE and event["RequestType"] != "Delete"
        if not (waits and response.success and request.phase == "forward" and templates.is_last_wait(properties)):
            return
        algorithm = self.sagemaker.existing().get(properties["AlgorithmName"])
        status = algorithm.status_at(self.loop.now) if algorithm else "not there"
        # A person may delete it at any moment.
        if status != "Completed" and properties["AlgorithmName"] not in self.by_hand:
            self.violations.append(f"{request.id}: {properties['AlgorithmName']} is {status} and was said to be valid")

    def _check_error(self, error: BaseException) -> None:
        """The function ends with an error where a service has failed, and never by a mistake of its own."""
        self.logs.append(f"{type(error).__name__}: {error}")
        if not isinstance(error, ClientError | BotoCoreError | UndeliveredAnswerError):
            self.violations.append(f"the function failed: {type(error).__name__}: {error}")

    def _check_event(self, entry: Mapping[str, Any]) -> None:
        """No stack's request tells of another stack's algorithm."""
        name = json.loads(entry["Detail"])["AlgorithmName"]
        owners = {each.tags[-1][1].get(STACK_TAG) for each in self.sagemaker.records if each.name == name}
        if self.stack_id() not in owners:
            request_id = self._works_on[self.loop.strand]
            self.violations.append(f"{request_id} announced the validation of {name}, which is another stack's")

    # What must be true when a stack rests, and still is when its next operation begins.

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
        if stack.status == "DELETE_FAILED" or logical_id in stack.skipped | stack.drifted | stack.tried.keys():
            return
        if algorithm is None:
            self.violations.append(f"{where}: its algorithm {record.physical_id} does not exist")
            return
        given = {**record.attributes, "AlgorithmArn": record.attributes.get("AlgorithmArn", "").lower()}
        if not {"AlgorithmName": algorithm.name, "AlgorithmArn": algorithm.arn.lower()}.items() <= given.items():
            self.violations.append(f"{where}: its attributes are {record.attributes}")
        if not algorithm.foreign and not canonical.same_content(record.properties, algorithm.request):
            self.violations.append(f"{where}: {algorithm.name} has another definition than the stack")
        tags = {key: value for key, value in algorithm.tags[-1][1].items() if not key.startswith(TAG_PREFIX)}
        wanted = tag_map(record.properties.get("Tags"))
        # What a retained algorithm had before it was taken up again may be anybody's.
        maker = self._maker(algorithm)
        cut_off = maker is not None and maker.cancelled and maker.retained
        had_others = algorithm.foreign or cut_off or record.physical_id in self.cloudformation.left()
        if tags != wanted and not (had_others and wanted.items() <= tags.items()):
            self.violations.append(f"{where}: its tags are {tags}")
        status = algorithm.status_at(self.loop.now)
        if stack.status == "COMPLETE" and _waits(stack, logical_id) and status != "Completed":
            self.violations.append(f"{where}: deployed, but {algorithm.name} is {status}")

    def _check_consumer(self, stack: Stack, logical_id: str, record: Record) -> None:
        construct = logical_id.removeprefix("Uses")
        if any(each.startswith(construct) for each in stack.skipped | stack.drifted | stack.tried.keys()):
            return
        used = {
            each.physical_id
            for name, each in stack.records.items()
            if each.resource.type == ALGORITHM_TYPE and name.startswith(construct)
        }
        if stack.status != "DELETE_FAILED" and not stack.rests_on_failure and used != {record.properties["Value"]}:
            self.violations.append(f"{stack.name}: {logical_id} has {record.properties['Value']}, the stack {used}")

    # What must be true in the end.

    def _check_leaks(self) -> None:
        owned = {name for stack in self.stacks for name in _algorithms(stack.records | stack.broken)}
        kept = self.cloudformation.left()
        for name, record in self.sagemaker.existing().items():
            left = record.tags[-1][1].get(RETAINED_TAG) == FAILED and record.status_at(self.loop.now) == "Failed"
            expected = name in owned | kept or record.foreign or left
            if not expected and not self._is_excused(record):
                self.violations.append(f"{name} leaked")
        for name, record in self.sagemaker.existing().items():
            had = record.foreign and STACK_TAG not in record.tags[0][1] and STACK_TAG in record.tags[-1][1]
            if had and name not in owned | kept and not self._is_excused(record):
                self.violations.append(f"{name} was adopted and not given back")
        for name in owned - self.sagemaker.existing().keys() - self.by_hand:
            self.violations.append(f"{name} is owned and does not exist")

    def _is_excused(self, record: sagemaker.Record) -> bool:
        """No one could have deleted it: the request was cut off that would have, and nothing asks again."""
        tags = record.tags[-1][1]
        return any(
            ((request.excused and not request.answers) or (request.cancelled and request.retained))
            and request.event["StackId"] == tags.get(STACK_TAG)
            and request.event["LogicalResourceId"] == tags.get(RESOURCE_TAG)
            and (request.retained or request.stays or request.phase == "rollback")
            for request in self.cloudformation.requests.values()
        )

    def _check_logs(self) -> None:
        executions = self.machine.executions.values()
        texts = [
            *self.logs,
            *(json.dumps(entry) for entry in self.events.entries),
            *(str(each.data.get("Error", "")) + str(each.data.get("Progress", "")) + each.name for each in executions),
            *(answer.get("Reason", "") for each in self.cloudformation.requests.values() for answer in each.answers),
        ]
        for text in texts:
            if "Signature=" in text or (templates.SECRET in text and "Refuse at length" not in text):
                self.violations.append(f"a secret was told: {text[:200]}")


def _waits(stack: Stack, logical_id: str) -> bool:
    """Whether a stack waits for the validation of one of its algorithms."""
    return f"{logical_id[: -len('ABCDEFGH')].removesuffix('Resource')}Validation" in "".join(stack.template)


def _algorithms(records: Mapping[str, Record]) -> set[str]:
    return {each.physical_id for each in records.values() if each.resource.type == ALGORITHM_TYPE}


class EventBus:
    """A model of EventBridge, and the client that the handler uses."""

    def __init__(self, loop: Loop, weather: Weather) -> None:
        self._loop = loop
        self._weather = weather
        self.entries: list[dict[str, Any]] = []
        self.on_entry: Callable[[Mapping[str, Any]], None] = lambda _: None

    def put_events(self, **parameters: Any) -> dict[str, Any]:
        self._loop.sleep(0.03)
        self._weather.before("PutEvents", self._loop.now, storms=False)
        self.entries += parameters["Entries"]
        for entry in parameters["Entries"]:
            self.on_entry(entry)
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
    with ExitStack() as stack:
        for module in _modules():
            if getattr(module, "time", None) is time:
                stack.enter_context(mock.patch.object(module, "time", clock))
            if isinstance(getattr(module, "log", None), logging.Logger):
                for level in ("info", "warning", "error", "exception"):
                    stack.enter_context(mock.patch.object(module.log, level, world.logs.append))
        services: dict[str, object] = {
            "sagemaker": world.sagemaker,
            "stepfunctions": world.machine,
            "events": world.events,
            "cloudformation": world.stack_reader,
        }
        for service, client in services.items():
            stack.enter_context(mock.patch.object(clients, service, _giving(client)))
        stack.enter_context(redirect_stdout(output))
        stack.enter_context(mock.patch.object(urllib.request, "urlopen", world.urlopen))
        stack.enter_context(mock.patch.dict(os.environ, {"STATE_MACHINE_ARN": MACHINE_ARN}))
        yield world
    world.logs += output.getvalue().splitlines()


@cache
def _modules() -> tuple[Any, ...]:
    """The handler's modules, whichever of them tell the time or log."""
    names = (each.name for each in pkgutil.walk_packages(provider.__path__, f"{provider.__name__}."))
    return tuple(importlib.import_module(name) for name in names)


def executions_of(world: World, logical_id: str) -> list[Execution]:
    """The executions of one resource's requests."""
    return [each for each in world.machine.executions.values() if f"-{logical_id}-" in each.name]
