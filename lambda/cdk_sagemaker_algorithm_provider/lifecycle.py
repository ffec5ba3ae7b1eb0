"""One step of a task: look, do at most one thing that changes something, and say whether it is over.

Every step begins with what SageMaker says now, so a step that was cut off is simply done again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from cdk_sagemaker_algorithm_provider.algorithm_store import IN_PROGRESS, Algorithm, Algorithms
from cdk_sagemaker_algorithm_provider.cfn_response import Answer, failure, success
from cdk_sagemaker_algorithm_provider.contract import aws_errors
from cdk_sagemaker_algorithm_provider.contract.outcome_event import Outcome as Conclusion
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import (
    FINGERPRINT_TAG,
    PENDING_DELETION_TAG,
    RETAINED_TAG,
    is_marked,
)
from cdk_sagemaker_algorithm_provider.failure_report import Diagnosis
from cdk_sagemaker_algorithm_provider.outcome_events import Validation
from cdk_sagemaker_algorithm_provider.tasks import CreateOrUpdate, Delete, NoOp, Task, WaitForValidation

#: How long validation is waited for between two looks: 120 looks an hour, and at most 30 s of delay.
POLL_SECONDS = 30
_SOON_SECONDS = 10
#: How long between two looks when nobody waits: the history of an execution has an end.
_LINGERING_POLL_SECONDS = 300
#: How long a refusal may be the echo of something that is not yet known everywhere.
_GRACE_SECONDS = 120
#: How long SageMaker may take to show what it has made.
_VISIBLE_SECONDS = 30
#: After how long an algorithm is known everywhere.
_KNOWN_SECONDS = 60

Progress = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """The task is not over; look again after so many seconds."""

    seconds: int
    because: str


Outcome = Answer | Later


class Lifecycle:
    """What happens to an algorithm, a step at a time."""

    def __init__(self, algorithms: Algorithms, diagnosis: Diagnosis, clock: Callable[[], float]) -> None:
        """Work on these algorithms; `clock` gives seconds since the epoch."""
        self._algorithms = algorithms
        self._diagnosis = diagnosis
        self._clock = clock

    def step(self, task: Task, progress: Progress) -> Outcome:
        """Do the next step; `progress` is remembered between steps, and may be lost without harm."""
        if isinstance(task, NoOp):
            return success(task.physical_id)
        started: float = progress.setdefault("Started", self._clock())
        remaining = task.seconds - (self._clock() - started)
        if remaining <= 0 and isinstance(task, CreateOrUpdate):
            # CloudFormation may have given up by now: whatever is made from here on could be nobody's.
            return self._out_of_time(task, progress)
        try:
            outcome = self._dispatch(task, progress, remaining)
        except Exception as error:
            if not aws_errors.is_aws(error):
                raise
            outcome = self._after_error(task, progress, error)
        if isinstance(outcome, Answer):
            return outcome
        progress["Because"] = outcome.because
        if isinstance(task, WaitForValidation) and remaining <= 0:
            # Only an error leaves a wait without a result: the last look is tried again.
            remaining += task.overtime
        if remaining <= 0:
            return self._out_of_time(task, progress)
        if isinstance(task, Delete) and task.lingers:
            return replace(outcome, seconds=_LINGERING_POLL_SECONDS)
        return replace(outcome, seconds=max(1, min(outcome.seconds, int(remaining))))

    def _dispatch(
        self, task: CreateOrUpdate | Delete | WaitForValidation, progress: Progress, remaining: float
    ) -> Outcome:
        match task:
            case CreateOrUpdate():
                return self._apply(task, progress)
            case Delete():
                return self._remove(task, progress)
            case WaitForValidation():
                return self._await(task, progress, remaining)

    def _after_error(self, task: Task, progress: Progress, error: Exception) -> Outcome:
        # What has vanished between two calls is not there at the next look.
        may_pass = aws_errors.may_pass(error) or aws_errors.is_missing(error)
        if aws_errors.is_transient(error) or (may_pass and self._within_grace(progress, "Refused")):
            return Later(seconds=_SOON_SECONDS, because=aws_errors.message(error))
        if "Applied" in progress:
            return _applied_answer(progress)
        return failure(task.physical_id_on_failure, f"SageMaker refused: {aws_errors.message(error)}")

    def _out_of_time(self, task: CreateOrUpdate | Delete | WaitForValidation, progress: Progress) -> Answer:
        if "Condemned" in progress:
            progress["Lingers"] = progress["Condemned"]
        if "Applied" in progress:
            return _applied_answer(progress)
        if isinstance(task, WaitForValidation) and "Found" in progress and task.wait_index < task.wait_count:
            return success(task.physical_id, **progress["Found"])
        minutes = round((self._clock() - progress["Started"]) / 60)
        because = progress.get("Because", "the handler did not run in time")
        if isinstance(task, Delete) and "Lingers" in progress:
            because += "; it is deleted as soon as SageMaker allows it, so delete the stack again after that"
        return failure(task.physical_id_on_failure, f"gave up after {minutes} min: {because}")

    # There shall be an algorithm.

    def _apply(self, task: CreateOrUpdate, progress: Progress) -> Outcome:
        algorithm = self._algorithms.find(task.name) or self._under_another_prefix(task, progress)
        if isinstance(algorithm, Later):
            return algorithm
        if algorithm is None:
            return self._create(task, progress) if self._may_make(task, progress) else self._out_of_time(task, progress)
        return self._settle(replace(task, name=algorithm.name), progress, algorithm)

    def _may_make(self, task: CreateOrUpdate, progress: Progress) -> bool:
        """Whether there is time to make something, and to take it back if CloudFormation asks for it."""
        started: float = progress["Started"]
        return self._clock() - started < task.making_seconds

    def _under_another_prefix(self, task: CreateOrUpdate, progress: Progress) -> Algorithm | Later | None:
        """The algorithm that a rollback goes back to, where the prefix has changed since it was made."""
        if task.explicit or not task.current:
            return None
        unclear = ""
        fitting: list[Algorithm] = []
        # One that has failed was nevertheless what a stack had that does not wait for validation.
        for name in self._algorithms.named(f"-{task.fingerprint}", "Completed", "Failed", *IN_PROGRESS):
            if not name.endswith(f"-{task.fingerprint}"):
                continue
            algorithm = self._algorithms.find(name)
            tags = self._algorithms.tags(algorithm) if algorithm is not None else {}
            fits = tags.get(FINGERPRINT_TAG) == task.fingerprint and PENDING_DELETION_TAG not in tags
            if algorithm is not None and task.owner.owns(tags) and fits:
                fitting.append(algorithm)
            elif not is_marked(tags):
                unclear = name
        # What is listed and does not show, or not whose it is, may be the one: a look too few validates anew.
        if unclear and self._within(progress, "Unclear", _VISIBLE_SECONDS):
            return Later(seconds=_SOON_SECONDS, because=f"algorithm {unclear} does not show whose it is")
        # Older ones of the same content are versions that were kept when their resource went.
        return max(fitting, key=lambda each: each.created, default=None)

    def _create(self, task: CreateOrUpdate, progress: Progress) -> Outcome:
        try:
            arn = self._algorithms.create(task.name, task.content, {**task.tags, **task.owner.tags(task.fingerprint)})
        except Exception as error:
            if not aws_errors.is_aws(error) or aws_errors.is_transient(error):
                raise
            return self._refused(task, progress, error)
        return self._applied(task, progress, arn, 0.0)

    def _refused(self, task: CreateOrUpdate, progress: Progress, error: Exception) -> Outcome:
        # No error of this call is documented, so what exists now decides, not what the error says.
        algorithm = self._algorithms.find(task.name)
        if algorithm is not None:
            return self._settle(task, progress, algorithm)
        if aws_errors.may_pass(error) and self._within_grace(progress, "Refused"):
            return Later(seconds=_SOON_SECONDS, because=aws_errors.message(error))
        return failure(
            task.physical_id_on_failure,
            f"SageMaker did not create algorithm {task.name}: {aws_errors.message(error)}",
        )

    def _settle(self, task: CreateOrUpdate, progress: Progress, algorithm: Algorithm) -> Outcome:
        if algorithm.status == "Deleting":
            return Later(seconds=_SOON_SECONDS, because=f"algorithm {task.name} is still being deleted")
        tags = self._algorithms.tags(algorithm)
        if self._is_leftover(task, progress, algorithm, tags):
            if not self._may_make(task, progress):
                return self._out_of_time(task, progress)
            return self._delete_or_wait(algorithm, tags, progress)
        if not task.owner.owns(tags):
            return self._not_ours(task, progress, tags)
        if not task.same and tags.get(FINGERPRINT_TAG) != task.fingerprint:
            return failure(task.physical_id_on_failure, _immutable(task.name))
        # What the properties say changes is changed without a look: the tags that show can be those of a moment ago.
        present = {} if task.same else tags
        unwanted = {*task.stale_tags} if task.same else {*task.stale_tags} & tags.keys()
        self._algorithms.retag(
            algorithm, present=present, wanted=task.tags, unwanted=unwanted | ({RETAINED_TAG} & tags.keys())
        )
        return self._applied(task, progress, algorithm.arn, algorithm.created)

    def _not_ours(self, task: CreateOrUpdate, progress: Progress, tags: dict[str, str]) -> Outcome:
        # Tags may show later than the algorithm that this very task has just made.
        if not is_marked(tags) and self._within(progress, "Unmarked", _VISIBLE_SECONDS):
            return Later(seconds=_SOON_SECONDS, because=f"algorithm {task.name} has no owner's tags")
        return failure(
            task.physical_id_on_failure,
            f"an algorithm named {task.name} exists already and is not this resource's, so it was not touched; "
            "choose another algorithm_name, leave it out for a generated one, or delete the other algorithm",
        )

    def _is_leftover(
        self, task: CreateOrUpdate, progress: Progress, algorithm: Algorithm, tags: dict[str, str]
    ) -> bool:
        if task.owner.owns(tags) and PENDING_DELETION_TAG in tags:
            return True
        if algorithm.status != "Failed":
            return False
        if task.owner.left_behind(tags):
            return True
        # One that failed after this task had begun is this task's own, and its failure is news.
        earlier = algorithm.created < progress["Started"]
        return task.owner.owns(tags) and task.replaces_failed and earlier

    def _applied(self, task: CreateOrUpdate, progress: Progress, arn: str, created: float) -> Outcome:
        data = {"AlgorithmName": task.name, "AlgorithmArn": arn}
        progress["Applied"] = data
        if task.orphan:
            pending = self._clear(task, progress, since=created)
            if pending is not None:
                return pending
        if task.sweeps:
            self._sweep(task)
        return success(task.name, **data)

    def _clear(self, task: CreateOrUpdate, progress: Progress, *, since: float) -> Later | None:
        """Delete what the failed update made; one older than what is gone back to was made by nobody's failure."""
        name = task.orphan
        algorithm = self._algorithms.find(name)
        if algorithm is None:
            # What was made a moment ago may not show yet.
            if progress.get("Deleted") == name or not self._within(progress, "Absent", _VISIBLE_SECONDS):
                return None
            return Later(seconds=_SOON_SECONDS, because=f"algorithm {name} does not exist")
        tags = self._algorithms.tags(algorithm)
        if not is_marked(tags) and self._within(progress, "OrphanUnmarked", _VISIBLE_SECONDS):
            return Later(seconds=_SOON_SECONDS, because=f"algorithm {name} has no owner's tags")
        if algorithm.created < since or not task.owner.owns(tags):
            return None
        if algorithm.status == "Deleting":
            return Later(seconds=_SOON_SECONDS, because=f"algorithm {name} is still being deleted")
        return self._delete_or_wait(algorithm, tags, progress)

    def _sweep(self, task: CreateOrUpdate) -> None:
        prefix = task.name if task.explicit else task.name.rpartition("-")[0]
        for name in self._algorithms.named(prefix, "Failed"):
            algorithm = self._algorithms.find(name) if name != task.name else None
            if algorithm is not None and task.owner.left_behind(self._algorithms.tags(algorithm)):
                self._algorithms.delete(name)

    # The algorithm shall be gone.

    def _remove(self, task: Delete, progress: Progress) -> Outcome:
        algorithm = self._algorithms.find(task.name)
        if algorithm is None:
            return self._removed(task, progress)
        tags = self._algorithms.tags(algorithm)
        if not task.owner.owns(tags):
            if not is_marked(tags) and self._within(progress, "Unmarked", _VISIBLE_SECONDS):
                return Later(seconds=_SOON_SECONDS, because=f"algorithm {task.name} has no owner's tags")
            return success(task.physical_id)
        if task.lingers and (algorithm.created != task.created or PENDING_DELETION_TAG not in tags):
            # Another one has the name by now.
            return success(task.physical_id)
        if task.retain_failed and algorithm.status == "Failed":
            self._algorithms.retag(algorithm, present=tags, wanted={RETAINED_TAG: "true"}, unwanted=set())
            return success(task.physical_id)
        if algorithm.status == "Deleting":
            return Later(seconds=_SOON_SECONDS, because=f"algorithm {task.name} is still being deleted")
        return self._delete_or_wait(algorithm, tags, progress)

    def _removed(self, task: Delete, progress: Progress) -> Outcome:
        # What was made a moment ago may not show yet, and would outlive its stack.
        if progress.get("Deleted") == task.name or not self._within(progress, "Absent", _VISIBLE_SECONDS):
            return success(task.physical_id)
        return Later(seconds=_SOON_SECONDS, because=f"algorithm {task.name} does not exist")

    def _delete_or_wait(self, algorithm: Algorithm, tags: Mapping[str, str], progress: Progress) -> Later:
        name = algorithm.name
        try:
            self._algorithms.delete(name)
        except Exception as error:
            if not aws_errors.is_aws(error) or aws_errors.is_transient(error) or aws_errors.is_denied(error):
                raise
            # "Cannot delete Algorithm in InProgress status": it can be deleted when its validation is over.
            self._algorithms.retag(algorithm, present=tags, wanted={PENDING_DELETION_TAG: "true"}, unwanted=set())
            progress["Condemned"] = {"name": name, "created": algorithm.created}
            return Later(
                seconds=POLL_SECONDS,
                because=f"algorithm {name} cannot be deleted yet: {aws_errors.message(error)}",
            )
        if self._clock() - algorithm.created > _KNOWN_SECONDS:
            # Of a younger one, a look that finds nothing does not tell whether it is gone or not yet shown.
            progress["Deleted"] = name
        return Later(seconds=_SOON_SECONDS, because=f"algorithm {name} is being deleted")

    # Validation shall be over.

    def _await(self, task: WaitForValidation, progress: Progress, remaining: float) -> Outcome:
        algorithm = self._algorithms.find(task.name)
        if algorithm is None or algorithm.status == "Deleting":
            state = "does not exist" if algorithm is None else "is being deleted"
            because = f"algorithm {task.name} {state}"
            if self._within(progress, "Absent", _GRACE_SECONDS):
                return Later(seconds=_SOON_SECONDS, because=because)
            return failure(task.physical_id, f"{because}; its validation cannot be waited for")
        if algorithm.status == "Failed":
            self._conclude(progress, algorithm, "Failed")
            return failure(task.physical_id, self._diagnosis.explain(algorithm))
        progress["Found"] = {"AlgorithmName": task.name, "AlgorithmArn": algorithm.arn}
        done = success(task.physical_id, **progress["Found"])
        if algorithm.status not in IN_PROGRESS:
            if task.wait_index >= task.wait_count:
                # Each slice sees it, so the last one tells: whoever hears it can use the algorithm.
                self._conclude(progress, algorithm, "Completed")
            return done
        if remaining > 0:
            return Later(seconds=POLL_SECONDS, because=f"algorithm {task.name} is {algorithm.status}")
        if task.wait_index < task.wait_count:
            return done
        self._conclude(progress, algorithm, "TimedOut")
        return failure(task.physical_id, self._diagnosis.overdue(algorithm, task.timeout))

    def _conclude(self, progress: Progress, algorithm: Algorithm, outcome: Conclusion) -> None:
        validation = Validation(
            outcome=outcome,
            name=algorithm.name,
            arn=algorithm.arn,
            created=algorithm.created,
            ended=self._clock(),
        )
        progress["Validation"] = asdict(validation)

    def _within_grace(self, progress: Progress, mark: str) -> bool:
        return self._within(progress, mark, _GRACE_SECONDS)

    def _within(self, progress: Progress, mark: str, seconds: float) -> bool:
        first: float = progress.setdefault(mark, self._clock())
        return self._clock() - first < seconds


def _applied_answer(progress: Progress) -> Answer:
    """The algorithm is right; only the tidying up is unfinished, and a rollback must not fail for it."""
    data: dict[str, str] = progress["Applied"]
    return success(data["AlgorithmName"], **data)


def _immutable(name: str) -> str:
    return (
        f"algorithm {name} cannot be changed: SageMaker's algorithms are immutable, and this one has an exact name; "
        "give the changed definition a new algorithm_name, or leave algorithm_name out so that each definition "
        "gets a name of its own; nothing was touched"
    )
