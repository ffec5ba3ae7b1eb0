"""Run the next step of a task, with time limit and error handling."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import assert_never

from cdk_sagemaker_algorithm_provider import create_or_update, delete, wait
from cdk_sagemaker_algorithm_provider.algorithm_store import ContradictionError
from cdk_sagemaker_algorithm_provider.cfn_response import CfnResponse, failure, success
from cdk_sagemaker_algorithm_provider.contract import aws_errors
from cdk_sagemaker_algorithm_provider.contract.durations import duration
from cdk_sagemaker_algorithm_provider.step import Later, Run, StepResult, SupersededError
from cdk_sagemaker_algorithm_provider.tasks import CreateOrUpdate, Delete, NoOp, Task, WaitForValidation

SUPERSEDED = "superseded: CloudFormation has sent a newer request for this resource, so this one changes nothing more"
#: An event that was delivered later than this may have been overtaken.
_LATE_SECONDS = 5
#: How long the list of executions may lack a recent one.
_LISTED_SECONDS = 20
#: The executions of one deployment must not poll at the same time: a wait is up to 40 % longer, at most 10 s.
_JITTER, _MOST_JITTER = 0.4, 10


def next_step(run: Run, task: Task) -> StepResult:
    """Run the next step of a task; `run` keeps the progress, and what comes later comes after whole seconds."""
    if isinstance(task, NoOp):
        return success(task.physical_id)
    remaining = task.seconds - (run.clock() - run.progress.started)
    if remaining <= 0:
        # CloudFormation may have given up: change nothing from here on.
        return _out_of_time(run, task)
    try:
        outcome = _held(run, task) or _dispatch(run, task)
    except SupersededError:
        return failure(task.physical_id_on_failure, SUPERSEDED)
    except Exception as error:
        if not aws_errors.is_aws(error) and not isinstance(error, ContradictionError):
            raise
        outcome = run.after_error(error) or _failure(
            run, task, f"SageMaker rejected the request: {aws_errors.message(error)}"
        )
    if isinstance(outcome, CfnResponse):
        return outcome
    chance = Random(f"{task.physical_id_on_failure} {run.clock()}").random()  # noqa: S311 - no secret
    later = outcome.seconds + chance * min(outcome.seconds * _JITTER, _MOST_JITTER)
    seconds = max(1, round(min(later, remaining)))
    run.remember(because=outcome.because, waited=run.progress.waited + seconds)
    return replace(outcome, seconds=seconds)


def _held(run: Run, task: CreateOrUpdate | Delete | WaitForValidation) -> StepResult | None:
    """Return why a request must not change anything: a newer request, or an older one that still runs."""
    if isinstance(task, WaitForValidation):
        return None
    # What is created after a newer request has looked would be nobody's, and that request can be listed late.
    if not run.progress.fenced or isinstance(task, CreateOrUpdate):
        late = run.progress.accepted - run.progress.started > _LATE_SECONDS
        if late and run.within("late", _LISTED_SECONDS):
            return Later(seconds=_LISTED_SECONDS, because="the request was delivered late")
        run.look_around()
    return run.until_alone()


def _dispatch(run: Run, task: CreateOrUpdate | Delete | WaitForValidation) -> StepResult:
    match task:
        case CreateOrUpdate():
            return create_or_update.step(run, task)
        case Delete():
            return delete.step(run, task)
        case WaitForValidation():
            return wait.step(run, task)
        case _:
            assert_never(task)


def _failure(run: Run, task: CreateOrUpdate | Delete | WaitForValidation, reason: str) -> CfnResponse:
    done = create_or_update.finished(run) if isinstance(task, CreateOrUpdate) else None
    return done or failure(task.physical_id_on_failure, reason)


def _out_of_time(run: Run, task: CreateOrUpdate | Delete | WaitForValidation) -> CfnResponse:
    pending = run.progress.pending
    if pending is not None:
        run.remember(background=(*run.progress.background, pending))
    if isinstance(task, WaitForValidation) and (handed_over := wait.handed_over(run, task)) is not None:
        return handed_over
    if isinstance(task, Delete) and run.progress.deleted:
        # SageMaker completes a deletion that it has accepted.
        return success(task.physical_id)
    because = run.progress.because or "the handler did not run in time"
    if isinstance(task, Delete) and pending is not None:
        because = delete.pending_text(pending)
    waited = duration(run.clock() - run.progress.started)
    return _failure(run, task, f"gave up after {waited}: {because}")
