"""One step of a task: read, change at most one thing, and decide whether the task is over.

Every step begins with what SageMaker says now, so a step that was cut off is simply done again.
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
    FINGERPRINT_TAG,
    PENDING_DELETION_TAG,
    RESOURCE_TAG,
    RETAINED_TAG,
    STACK_TAG,
    is_marked,
)
from cdk_sagemaker_algorithm_provider.execution_state import Incarnation, Progress
from cdk_sagemaker_algorithm_provider.failure_report import Diagnosis
from cdk_sagemaker_algorithm_provider.fence import Fence

#: Between two polls of a validation; at most 30 s of delay, give or take the jitter.
POLL_SECONDS = 30
SOON_SECONDS = 10
#: How long a rejection may come from eventual consistency.
GRACE_SECONDS = 120
#: How long SageMaker may take to show what it has created.
VISIBLE_SECONDS = 30
#: After how long an algorithm is shown by every call.
_KNOWN_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """The task continues; the next step comes after these seconds."""

    seconds: float
    because: str
    #: Whether an error is the reason; it does not hide an earlier reason that is none.
    error: bool = False


StepResult = CfnResponse | Later


class SupersededError(Exception):
    """CloudFormation has sent a newer request for the resource: this one changes nothing more."""


class Run:
    """What a step works with: the services, the clock, and the progress that it replaces."""

    def __init__(
        self,
        algorithms: Algorithms,
        diagnosis: Diagnosis,
        fence: Fence,
        progress: Progress,
        clock: Callable[[], float],
    ) -> None:
        """Begin a step; `clock` gives seconds since the epoch."""
        self.algorithms = algorithms
        self.diagnosis = diagnosis
        self.fence = fence
        self.progress = progress
        self.clock = clock
        # A call can take as long as a step, so a window ends by when its last step began.
        self._begun = clock()

    def remember(self, **changes: Any) -> None:
        """Keep something for the next steps; it may be lost without harm."""
        self.progress = replace(self.progress, **changes)

    def within(self, what: str, seconds: float) -> bool:
        """Return whether something was first seen less than these seconds ago."""
        first = self.progress.first_seen.get(what)
        if first is None:
            # What this step sees now, after calls that may have taken a minute, was not seen when it began.
            first = self.clock()
            self.remember(first_seen={**self.progress.first_seen, what: first})
        return self._begun - first < seconds

    def find(self, name: str) -> AlgorithmRecord | None:
        """Return the algorithm of this name."""
        return self.algorithms.find(name)

    def absent(self, name: str) -> Later | None:
        """Return what to do where an algorithm is not found; None once it is sure that it does not exist."""
        return None if self.progress.deleted == name else self.surely(f"algorithm {name} does not exist")

    def surely(self, what: str) -> Later | None:
        """Return what to do about something that is seen, but may not last; None once it does."""
        if self.within(what, VISIBLE_SECONDS):
            return Later(seconds=SOON_SECONDS, because=what)
        return self.unnoticed()

    def unmarked(self, name: str, tags: Mapping[str, str]) -> Later | None:
        """Return what to do if an algorithm shows no owner: tags can appear later than their algorithm."""
        if is_marked(tags) or not self.within(f"unmarked {name}", VISIBLE_SECONDS):
            return None
        return Later(seconds=SOON_SECONDS, because=f"algorithm {name} has no ownership tags")

    def look_around(self) -> None:
        """End the older requests of the resource.

        Raises:
            SupersededError: There is a newer one.
        """
        others = self.fence.check(self.progress)
        if others.superseded:
            raise SupersededError
        self.remember(fenced=True, updated=others.updated, alone_at=others.alone_at)

    def unnoticed(self) -> Later | None:
        """Return what to do if an older request went on that the list did not show before; None if none did."""
        self.look_around()
        ending = self.until_alone()
        if ending is not None:
            # What it has created since then is this request's matter, so all begins again.
            self.remember(fenced=False, first_seen={}, target=None)
        return ending

    def until_alone(self) -> Later | None:
        """How long an older request that was stopped can still be changing something; None once it cannot."""
        seconds = self.progress.alone_at - self.clock()
        return (
            Later(seconds=seconds + 1, because="an older request of this resource is ending") if seconds > 0 else None
        )

    def dispose(self, algorithm: AlgorithmRecord, tags: Mapping[str, str]) -> Later | None:
        """Delete an algorithm of the owner, or give it back; None once that is done."""
        name = algorithm.name
        if ADOPTER_TAG in tags:
            gone = {STACK_TAG, RESOURCE_TAG, FINGERPRINT_TAG, PENDING_DELETION_TAG, RETAINED_TAG} & tags.keys()
            self.algorithms.retag(algorithm, {}, gone)
            return None
        if algorithm.status == "Deleting":
            return Later(seconds=SOON_SECONDS, because=f"algorithm {name} is still being deleted")
        try:
            self.algorithms.delete(name)
        except Exception as error:
            if not aws_errors.is_aws(error) or aws_errors.is_transient(error) or aws_errors.is_denied(error):
                raise
            because = f"algorithm {name} cannot be deleted yet: {aws_errors.message(error)}"
            if algorithm.status not in IN_PROGRESS:
                # It can be rejected because an earlier call deletes it, which is shown late.
                return Later(seconds=SOON_SECONDS, because=because)
            # "Cannot delete Algorithm in InProgress status": it can be deleted when its validation is over.
            self.algorithms.retag(algorithm, {PENDING_DELETION_TAG: "true"}, {RETAINED_TAG} & tags.keys())
            self.remember(pending=Incarnation(name=name, created=algorithm.created))
            return Later(seconds=POLL_SECONDS, because=because)
        if self.clock() - algorithm.created > _KNOWN_SECONDS:
            # Of a younger one, a read that finds nothing does not say whether it is gone or not yet shown.
            self.remember(deleted=name)
        return Later(seconds=SOON_SECONDS, because=f"algorithm {name} is being deleted")

    def after_error(self, error: Exception) -> Later | None:
        """When to try again after an error; None if it stays."""
        if isinstance(error, ContradictionError):
            return Later(seconds=SOON_SECONDS, because=str(error), error=True)
        # What has vanished between two calls is not there in the next step.
        may_pass = aws_errors.may_pass(error) or aws_errors.is_missing(error)
        cause = f"rejected {aws_errors.code(error)}"
        if aws_errors.is_transient(error) or (may_pass and self.within(cause, GRACE_SECONDS)):
            return Later(seconds=SOON_SECONDS, because=aws_errors.message(error), error=True)
        return None
