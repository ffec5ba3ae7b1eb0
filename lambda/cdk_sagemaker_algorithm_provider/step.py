"""Run one step of a task: read, change at most one thing, and decide whether the task is over.

Every step reads SageMaker's current state, so an interrupted step is repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cdk_sagemaker_algorithm_provider.algorithm_store import (
    IN_PROGRESS,
    AlgorithmRecord,
    Algorithms,
    ContradictionError,
)
from cdk_sagemaker_algorithm_provider.cfn_response import CfnResponse
from cdk_sagemaker_algorithm_provider.contract import aws_errors
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import (
    ADOPTER_TAG,
    OWNERSHIP_TAGS,
    PENDING_DELETION_TAG,
    RETAINED_TAG,
    is_marked,
)
from cdk_sagemaker_algorithm_provider.execution_state import Incarnation, Progress
from cdk_sagemaker_algorithm_provider.failure_report import Diagnosis
from cdk_sagemaker_algorithm_provider.fence import Fence

#: Between two polls of a validation. With the jitter, 25 to 35 s.
POLL_SECONDS = 25
SOON_SECONDS = 8
#: How long a rejection may come from eventual consistency.
GRACE_SECONDS = 120
#: How long SageMaker may take to show what it has created.
VISIBLE_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """The task continues; the next step comes after these seconds."""

    seconds: float
    because: str


StepResult = CfnResponse | Later


class SupersededError(Exception):
    """CloudFormation has sent a newer request for the resource, so this one must not change anything."""


class Run:
    """Context of a step: services, clock and progress."""

    def __init__(
        self,
        algorithms: Algorithms,
        diagnosis: Diagnosis,
        fence: Fence,
        progress: Progress,
        clock: Callable[[], float],
    ) -> None:
        """Create the context; `clock` returns seconds since 1970."""
        self.algorithms = algorithms
        self.diagnosis = diagnosis
        self.fence = fence
        self.progress = progress
        self.clock = clock

    def remember(self, **changes: Any) -> None:
        """Keep a value for the next steps; losing it is harmless."""
        self.progress = replace(self.progress, **changes)

    def within(self, what: str, seconds: float) -> bool:
        """Return whether the task has waited less than these seconds since something was first seen.

        The time that calls take does not count: a slow call shows nothing that SageMaker did not show before.
        """
        waited = self.progress.waited
        first = self.progress.seen.get(what, waited)
        self.remember(seen={**self.progress.seen, what: first})
        return waited - first < seconds

    def absent(self, name: str) -> Later | None:
        """Return the next step where an algorithm is not found; None once it is sure that it does not exist."""
        return self.surely(f"algorithm {name} does not exist", seconds=0 if self.progress.deleted == name else None)

    def unmarked(self, name: str, tags: Mapping[str, str]) -> Later | None:
        """Return the next step if an algorithm has no owner: tags can appear later than their algorithm."""
        return None if is_marked(tags) else self.surely(f"algorithm {name} has no ownership tags")

    def surely(self, what: str, *, seconds: float | None = None) -> Later | None:
        """Return the next step where something is seen that may not last; None once it has lasted for some seconds."""
        if self.within(what, VISIBLE_SECONDS if seconds is None else seconds):
            return Later(seconds=SOON_SECONDS, because=what)
        # An older request may have gone on, or ended, since SageMaker was asked: it is asked once more after the look.
        looked = f"looked: {what}"
        if looked in self.progress.seen:
            return None
        self.within(looked, 0)
        return self.unnoticed() or Later(seconds=1, because=what)

    def look_around(self) -> None:
        """End the older requests of the resource.

        Raises:
            SupersededError: There is a newer one.
        """
        others = self.fence.check(self.progress.accepted)
        if others.superseded:
            raise SupersededError
        self.remember(fenced=True, updated=others.updated, alone_at=others.alone_at)

    def unnoticed(self) -> Later | None:
        """Return the next step if an older request continued unnoticed; None if none did."""
        self.look_around()
        ending = self.until_alone()
        if ending is not None:
            # Start again, because the older request can have created an algorithm since.
            self.remember(fenced=False, seen={}, target=None)
        return ending

    def until_alone(self) -> Later | None:
        """Return how long a stopped older request can still change something; None if it cannot."""
        seconds = self.progress.alone_at - self.clock()
        return (
            Later(seconds=seconds + 1, because="an older request of this resource is ending") if seconds > 0 else None
        )

    def dispose(self, algorithm: AlgorithmRecord, tags: Mapping[str, str]) -> Later | None:
        """Delete or release an algorithm of the owner; None when done."""
        name = algorithm.name
        if ADOPTER_TAG in tags:
            # A cancelled Create that the list of executions shows late would adopt it again.
            waits = self.surely(f"algorithm {name} is to be given back")
            if waits is None:
                self.give_back(algorithm, tags)
            return waits
        if algorithm.status == "Deleting":
            return Later(seconds=SOON_SECONDS, because=f"algorithm {name} is still being deleted")
        try:
            self.algorithms.delete(name)
        except Exception as error:
            if not aws_errors.is_aws(error) or aws_errors.is_transient(error) or aws_errors.is_denied(error):
                raise
            because = f"algorithm {name} cannot be deleted yet: {aws_errors.message(error)}"
            if algorithm.status not in IN_PROGRESS:
                # SageMaker can reject the call because an earlier call deletes the algorithm, which appears late.
                return Later(seconds=SOON_SECONDS, because=because)
            # "Cannot delete Algorithm in InProgress status": it can be deleted when its validation is over.
            if PENDING_DELETION_TAG not in tags:
                self.algorithms.retag(algorithm, {PENDING_DELETION_TAG: "true"}, {RETAINED_TAG} & tags.keys())
            self.remember(pending=Incarnation(name=name, created=algorithm.created))
            return Later(seconds=POLL_SECONDS, because=because)
        self.remember(deleted=name, pending=None)
        return Later(seconds=SOON_SECONDS, because=f"algorithm {name} is being deleted")

    def give_back(self, algorithm: AlgorithmRecord, tags: Mapping[str, str]) -> None:
        """Release an adopted algorithm: the mark stays, so that the same resource can adopt it again."""
        self.algorithms.retag(algorithm, {}, {*OWNERSHIP_TAGS} & tags.keys())

    def after_error(self, error: Exception) -> Later | None:
        """Return when to retry after an error; None for a permanent error."""
        if isinstance(error, ContradictionError):
            return Later(seconds=SOON_SECONDS, because=str(error))
        # The next step sees an algorithm that disappeared between two calls as missing.
        cause = "missing" if aws_errors.is_missing(error) else aws_errors.passing_cause(error)
        if aws_errors.is_transient(error) or (cause and self.within(f"rejected: {cause}", GRACE_SECONDS)):
            return Later(seconds=SOON_SECONDS, because=aws_errors.message(error))
        return None
