"""Define the execution state, which the waiter state machine passes from step to step.

An execution can run for hours, and the function can be updated meanwhile. Members that a release does not know are
ignored, and each member of the progress and of a task has a default, so that a running execution survives the update in
both directions. A release that knows no task of an execution's kind fails it, and CloudFormation rolls back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from cdk_sagemaker_algorithm_provider.cfn_response import CfnResponse, Recipient
from cdk_sagemaker_algorithm_provider.contract.outcome_event import Outcome
from cdk_sagemaker_algorithm_provider.tasks import Task, known, task_from_json, task_to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """A validation that ended or timed out."""

    outcome: Outcome = "Completed"
    name: str = ""
    arn: str = ""
    created: float = 0.0
    ended: float = 0.0
    stack_id: str = ""
    logical_id: str = ""

    @property
    def id(self) -> str:
        """ID of the outcome event; equal for repeated events."""
        return f"{self.arn}/{self.created:.3f}/{self.outcome}"

    @property
    def seconds(self) -> float:
        """Duration, accurate to about half a minute."""
        return round(max(0.0, self.ended - self.created), 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incarnation:
    """Name and creation time of an algorithm, which distinguish it from successors with the same name."""

    name: str = ""
    created: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Progress of a task.

    Attributes:
        started: Time at which CloudFormation began to wait.
        accepted: Time at which the handler received the request.
        because: Why the task continues.
        fenced: Whether the fence has checked the resource's other requests.
        alone_at: When the last invocation of a request that was stopped is over.
        updated: Whether the resource has had an Update since it was created.
        waited: Seconds that the state machine has waited for the task so far.
        seen: How long it had waited when something that passes by itself was seen first, by what it is.
        arn: What CreateAlgorithm returned.
        attributes: What the response will have; the task's own work is done, only tidying up is not.
        target: The algorithm that a Delete works on.
        deleted: An algorithm that was deleted and may still be shown.
        pending: An algorithm that SageMaker does not delete yet.
        background: Algorithms to delete after the response.
        validation: The validation to publish after the response.
    """

    started: float = 0.0
    accepted: float = 0.0
    because: str = ""
    fenced: bool = False
    alone_at: float = 0.0
    updated: bool = False
    waited: int = 0
    seen: Mapping[str, int] = field(default_factory=dict[str, int])
    arn: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])
    target: Incarnation | None = None
    deleted: str = ""
    pending: Incarnation | None = None
    background: tuple[Incarnation, ...] = ()
    validation: Validation | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Progress:
        """Parse the JSON form."""
        members = known(cls, value)
        for name in ("target", "pending"):
            if members.get(name) is not None:
                members[name] = Incarnation(**known(Incarnation, members[name]))
        members["background"] = tuple(
            Incarnation(**known(Incarnation, each)) for each in members.get("background") or ()
        )
        if members.get("validation") is not None:
            members["validation"] = Validation(**known(Validation, members["validation"]))
        return cls(**members)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionState:
    """The input of each state of the state machine.

    Attributes:
        function_arn: The function that the state machine invokes.
        task: The task.
        progress: The progress of the task.
        recipient: Recipient of the response; None if CloudFormation has it already.
        answer: The response; None before the decision.
        wait_seconds: Seconds to wait before the next step.
        error: The error that ended the steps.
    """

    function_arn: str
    task: Task
    progress: Progress
    recipient: Recipient | None = None
    answer: CfnResponse | None = None
    wait_seconds: int = 0
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form that the state machine's definition reads."""
        state: dict[str, Any] = {
            "FunctionArn": self.function_arn,
            "Recipient": None if self.recipient is None else asdict(self.recipient),
            "Task": task_to_json(self.task),
            "Progress": asdict(self.progress),
        }
        if self.answer is not None:
            state["Answer"] = asdict(self.answer)
        if self.wait_seconds:
            state["WaitSeconds"] = self.wait_seconds
        return state

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ExecutionState:
        """Parse the JSON form."""
        recipient, answer = value.get("Recipient"), value.get("Answer")
        error: Mapping[str, Any] = value.get("Error") or {}
        return cls(
            function_arn=value["FunctionArn"],
            task=task_from_json(value["Task"]),
            progress=Progress.from_json(value.get("Progress") or {}),
            recipient=Recipient(**known(Recipient, recipient)) if recipient else None,
            answer=CfnResponse(**known(CfnResponse, answer)) if answer else None,
            error=str(error.get("Error") or ""),
        )
