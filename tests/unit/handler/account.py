"""A small account for the handler's tests: algorithms, executions, a clock, and one resource's requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cdk_sagemaker_algorithm_provider.algorithm_store import Algorithms
from cdk_sagemaker_algorithm_provider.cfn_event import ResourceEvent
from cdk_sagemaker_algorithm_provider.cfn_response import CfnResponse, Recipient
from cdk_sagemaker_algorithm_provider.contract.resource_schema import ALGORITHM_TYPE
from cdk_sagemaker_algorithm_provider.execution_state import Progress
from cdk_sagemaker_algorithm_provider.executions import execution_name
from cdk_sagemaker_algorithm_provider.failure_report import Diagnosis
from cdk_sagemaker_algorithm_provider.fence import Fence
from cdk_sagemaker_algorithm_provider.lifecycle import next_step
from cdk_sagemaker_algorithm_provider.step import Run
from cdk_sagemaker_algorithm_provider.tasks import Task, task_of
from tests.lifecycle.weather import client_error
from tests.support.paged import Paged

STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/Wood/11111111-2222-3333-4444-555555555555"
ARN = "arn:aws:sagemaker:us-east-1:123456789012:algorithm/"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:Waiter"
DEFINITION: dict[str, Any] = {"TrainingSpecification": {"TrainingImage": "image", "TrainingChannels": []}}
EPOCH = 1_800_000_000.0


@dataclass
class Record:
    """An algorithm."""

    created: float
    status: str = "Completed"
    tags: dict[str, str] = field(default_factory=dict[str, str])


@dataclass
class Account(Paged):
    """SageMaker and Step Functions, as the handler calls them."""

    now: float = EPOCH
    algorithms: dict[str, Record] = field(default_factory=dict[str, Record])
    executions: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    calls: list[str] = field(default_factory=list[str])
    #: Errors that calls raise, by operation, the next one first.
    errors: dict[str, list[Exception]] = field(default_factory=dict[str, list[Exception]])

    def clock(self) -> float:
        return self.now

    def _called(self, operation: str) -> None:
        self.calls.append(operation)
        if self.errors.get(operation):
            raise self.errors[operation].pop(0)

    def _record(self, name: str, operation: str) -> Record:
        if name not in self.algorithms:
            raise client_error(operation, "ValidationException", f"Algorithm {name} does not exist.")
        return self.algorithms[name]

    def create_algorithm(self, **parameters: Any) -> dict[str, Any]:
        self._called("CreateAlgorithm")
        tags = {tag["Key"]: tag["Value"] for tag in parameters["Tags"]}
        name = parameters["AlgorithmName"]
        self.algorithms[name] = Record(created=self.now, status="InProgress", tags=tags)
        return {"AlgorithmArn": ARN + name}

    def describe_algorithm(self, **parameters: Any) -> dict[str, Any]:
        self._called("DescribeAlgorithm")
        record = self._record(parameters["AlgorithmName"], "DescribeAlgorithm")
        return {
            "AlgorithmName": parameters["AlgorithmName"],
            "AlgorithmArn": ARN + parameters["AlgorithmName"],
            "AlgorithmStatus": record.status,
            "CreationTime": datetime.fromtimestamp(record.created, UTC),
        }

    def list_tags(self, **parameters: Any) -> dict[str, Any]:
        self._called("ListTags")
        record = self._record(parameters["ResourceArn"].rpartition("/")[2], "ListTags")
        return {"Tags": [{"Key": key, "Value": value} for key, value in record.tags.items()]}

    def add_tags(self, **parameters: Any) -> None:
        self._called("AddTags")
        record = self._record(parameters["ResourceArn"].rpartition("/")[2], "AddTags")
        record.tags |= {tag["Key"]: tag["Value"] for tag in parameters["Tags"]}

    def delete_tags(self, **parameters: Any) -> None:
        self._called("DeleteTags")
        record = self._record(parameters["ResourceArn"].rpartition("/")[2], "DeleteTags")
        for key in parameters["TagKeys"]:
            record.tags.pop(key, None)

    def delete_algorithm(self, **parameters: Any) -> None:
        self._called("DeleteAlgorithm")
        record = self._record(parameters["AlgorithmName"], "DeleteAlgorithm")
        if record.status == "InProgress":
            text = "Cannot delete Algorithm in InProgress status"
            raise client_error("DeleteAlgorithm", "ValidationException", text)
        del self.algorithms[parameters["AlgorithmName"]]

    def list_algorithms(self, **parameters: Any) -> dict[str, Any]:
        self._called("ListAlgorithms")
        return {
            "AlgorithmSummaryList": [
                {"AlgorithmName": name, "AlgorithmStatus": record.status}
                for name, record in self.algorithms.items()
                if parameters["NameContains"] in name
            ]
        }

    def list_executions(self, **parameters: Any) -> dict[str, Any]:
        self._called("ListExecutions")
        begin = int(parameters.get("nextToken", 0))
        end = begin + min(parameters["maxResults"], 2)
        newest_first = sorted(self.executions, key=lambda each: each["startDate"], reverse=True)
        more = {"nextToken": str(end)} if end < len(newest_first) else {}
        return {"executions": newest_first[begin:end], **more}

    def stop_execution(self, **parameters: Any) -> None:
        self._called("StopExecution")
        (execution,) = (each for each in self.executions if each["executionArn"] == parameters["executionArn"])
        execution |= {"status": "ABORTED", "stopDate": datetime.fromtimestamp(self.now, UTC)}

    def begin(self, request: Request, *, at: float, status: str = "RUNNING") -> None:
        """An execution of a request."""
        name = execution_name(request.kind, request.recipient)
        arn = f"{MACHINE.replace(':stateMachine:', ':execution:')}:{name}"
        started = datetime.fromtimestamp(at, UTC)
        ended = {} if status == "RUNNING" else {"stopDate": started}
        self.executions.append({"executionArn": arn, "name": name, "status": status, "startDate": started, **ended})


@dataclass
class Request:
    """A request of CloudFormation, and its task's progress."""

    account: Account
    kind: str = "Create"
    id: str = "request"
    properties: dict[str, Any] = field(default_factory=lambda: {"AlgorithmNamePrefix": "forest", **DEFINITION})
    old: dict[str, Any] = field(default_factory=dict[str, Any])
    physical_id: str = ""
    made: float = EPOCH
    dated: bool = True
    accepted: float | None = None
    type: str = ALGORITHM_TYPE
    logical_id: str = "Forest"
    progress: Progress = field(init=False)

    def __post_init__(self) -> None:
        accepted = self.made if self.accepted is None else self.accepted
        self.progress = Progress(started=self.made, accepted=accepted)

    @property
    def task(self) -> Task:
        event = {
            "RequestType": self.kind,
            "RequestId": self.id,
            "StackId": STACK,
            "LogicalResourceId": self.logical_id,
            "ResourceType": self.type,
            "ResourceProperties": self.properties,
            "OldResourceProperties": self.old,
            "PhysicalResourceId": self.physical_id,
        }
        return task_of(ResourceEvent.parse(event))

    @property
    def recipient(self) -> Recipient:
        date = datetime.fromtimestamp(self.made, UTC).strftime("%Y%m%dT%H%M%SZ")
        signed = f"X-Amz-Date={date}&X-Amz-" if self.dated else f"Expires={int(self.made) + 7200}&"
        url = f"https://s3.example/x?{signed}Signature=s"
        return Recipient(response_url=url, stack_id=STACK, request_id=self.id, logical_id=self.logical_id)

    def step(self, task: Task | None = None) -> Any:
        """One step."""
        account = self.account
        task = task or self.task
        fence = Fence(account, self.recipient, task.kind, account.clock)
        run = Run(Algorithms(account), Diagnosis(account), fence, self.progress, account.clock)
        outcome = next_step(run, task)
        self.progress = run.progress
        return outcome

    def answer(self, task: Task | None = None) -> CfnResponse:
        """All steps, and the waits between them."""
        for _ in range(2000):
            outcome = self.step(task)
            if isinstance(outcome, CfnResponse):
                return outcome
            self.account.now += max(1, outcome.seconds)
        raise AssertionError("no answer")
