"""There must be an algorithm: created, found again, or adopted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cdk_sagemaker_algorithm_provider.algorithm_store import IN_PROGRESS, AlgorithmRecord
from cdk_sagemaker_algorithm_provider.cfn_response import CfnResponse, failure, success
from cdk_sagemaker_algorithm_provider.contract import aws_errors
from cdk_sagemaker_algorithm_provider.contract.limits import MAX_TAGS
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import (
    ADOPTER_TAG,
    FAILED,
    FINGERPRINT_TAG,
    PENDING_DELETION_TAG,
    PUBLISHED_TAG,
    REPLACED,
    RETAINED_TAG,
    STACK_TAG,
    UNLESS_COMPLETED,
    has_own_tags,
    is_marked,
)
from cdk_sagemaker_algorithm_provider.execution_state import Incarnation
from cdk_sagemaker_algorithm_provider.restore_tags import restore_command
from cdk_sagemaker_algorithm_provider.step import (
    GRACE_SECONDS,
    SOON_SECONDS,
    VISIBLE_SECONDS,
    Later,
    Run,
    StepResult,
    is_pending_deletion,
)
from cdk_sagemaker_algorithm_provider.tasks import CreateOrUpdate

#: An algorithm that was created in this step is mostly shown at once.
_SHOWN_SECONDS = 2


def step(run: Run, task: CreateOrUpdate) -> StepResult:
    """Do the next step."""
    algorithm = run.algorithms.find(task.name, arn=run.progress.arn) or _under_another_prefix(run, task)
    if isinstance(algorithm, Later):
        return algorithm
    if algorithm is None:
        return _create(run, task)
    return _settle(run, replace(task, name=algorithm.name), algorithm)


def finished(run: Run) -> CfnResponse | None:
    """Return the response where the algorithm is right and only tidying up is left: a rollback must not fail for it."""
    attributes = run.progress.attributes
    return success(attributes["AlgorithmName"], **attributes) if attributes else None


def _under_another_prefix(run: Run, task: CreateOrUpdate) -> AlgorithmRecord | Later | None:
    """Return the algorithm that a rollback goes back to, where the prefix has changed since it was created."""
    if task.explicit or not task.current:
        return None
    unclear = ""
    fitting: list[AlgorithmRecord] = []
    # One that has failed was nevertheless what a stack had that does not wait for validation.
    for name in run.algorithms.named(f"-{task.fingerprint}", "Completed", "Failed", *IN_PROGRESS):
        algorithm = run.find(name) if name.endswith(f"-{task.fingerprint}") else None
        if algorithm is None:
            continue
        tags = run.algorithms.tags(algorithm)
        fits = tags.get(FINGERPRINT_TAG) == task.fingerprint and not is_pending_deletion(algorithm, tags)
        if task.owner.owns(tags) and fits:
            fitting.append(algorithm)
        elif not is_marked(tags):
            unclear = name
    # What is listed and does not show its owner may be the one; too few reads would validate again.
    if unclear and run.within("unclear", VISIBLE_SECONDS):
        return Later(seconds=SOON_SECONDS, because=f"algorithm {unclear} does not show its owner")
    # Older ones of the same definition are versions that were kept when their resource went.
    return max(fitting, key=lambda each: each.created, default=None)


def _create(run: Run, task: CreateOrUpdate) -> StepResult:
    if run.progress.arn and run.within("created", VISIBLE_SECONDS):
        return Later(seconds=SOON_SECONDS, because=f"algorithm {task.name} is not shown yet")
    try:
        tags = {**task.tags, **task.owner.tags(task.fingerprint)}
        arn = run.algorithms.create(task.name, task.content, tags)
    except Exception as error:
        if not aws_errors.is_aws(error) or aws_errors.is_transient(error):
            raise
        return _rejected(run, task, error)
    run.remember(arn=arn)
    run.within("created", 0)
    algorithm = run.algorithms.find(task.name, arn=arn)
    if algorithm is None or algorithm.status == "Deleting":
        return Later(seconds=_SHOWN_SECONDS, because=f"algorithm {task.name} is not shown yet")
    return _settled(run, task, algorithm)


def _rejected(run: Run, task: CreateOrUpdate, error: Exception) -> StepResult:
    # No error of this call is documented, so what exists now decides, not what the error says.
    algorithm = run.find(task.name)
    if algorithm is not None:
        return _settle(run, task, algorithm)
    if aws_errors.may_pass(error) and run.within("not created", GRACE_SECONDS):
        return Later(seconds=SOON_SECONDS, because=aws_errors.message(error))
    return failure(
        task.physical_id_on_failure, f"SageMaker did not create algorithm {task.name}: {aws_errors.message(error)}"
    )


def _settle(run: Run, task: CreateOrUpdate, algorithm: AlgorithmRecord) -> StepResult:
    if algorithm.status == "Deleting":
        return Later(seconds=SOON_SECONDS, because=f"algorithm {task.name} is still being deleted")
    tags = run.algorithms.tags(algorithm)
    if _is_leftover(run, task, algorithm, tags):
        run.remember(arn="")
        pending = run.dispose(algorithm, tags)
        return pending or Later(seconds=SOON_SECONDS, because=f"algorithm {task.name} was given back")
    if not task.owner.owns(tags):
        return _not_owned(run, task, algorithm, tags)
    if tags.get(FINGERPRINT_TAG) != task.fingerprint:
        return failure(task.physical_id_on_failure, _immutable(task.name))
    run.algorithms.retag(algorithm, task.tags, {*task.stale_tags} | ({PENDING_DELETION_TAG} & tags.keys()))
    return _settled(run, task, algorithm)


def _is_leftover(run: Run, task: CreateOrUpdate, algorithm: AlgorithmRecord, tags: Mapping[str, str]) -> bool:
    # What the resource is now, it was given although its deletion was pending: tags are shown late.
    if task.owner.owns(tags) and is_pending_deletion(algorithm, tags) and task.name != task.current:
        return True
    if algorithm.status != "Failed":
        return False
    if task.owner.is_retained_failure(tags):
        return True
    # One that failed after this task had begun is this task's own, and its failure is news.
    earlier = algorithm.created < run.progress.started
    return task.owner.owns(tags) and task.replaces_failed and earlier


def _not_owned(run: Run, task: CreateOrUpdate, algorithm: AlgorithmRecord, tags: Mapping[str, str]) -> StepResult:
    if task.explicit and tags.get(ADOPTER_TAG) == task.owner.adopter:
        return _adopt(run, task, algorithm, tags)
    return run.unmarked(task.name, tags) or failure(task.physical_id_on_failure, _foreign(task, algorithm, tags))


def _adopt(run: Run, task: CreateOrUpdate, algorithm: AlgorithmRecord, tags: Mapping[str, str]) -> StepResult:
    """Take over an algorithm that a person has marked for this resource; the next step confirms it."""
    problem = ""
    wanted = {**task.tags, **task.owner.tags(task.fingerprint), PUBLISHED_TAG: algorithm.status}
    if is_marked(tags):
        problem = f"it belongs to {tags[STACK_TAG]}"
    elif algorithm.status != "Completed":
        problem = f"its status is {algorithm.status}, only a Completed algorithm can be adopted"
    elif len(tags.keys() | wanted.keys()) > MAX_TAGS:
        problem = f"it would have {len(tags.keys() | wanted.keys())} tags, SageMaker allows {MAX_TAGS}"
    if problem:
        return failure(
            task.physical_id_on_failure, f"algorithm {task.name} is marked for this resource and not adopted: {problem}"
        )
    run.algorithms.retag(algorithm, wanted)
    return Later(seconds=SOON_SECONDS, because=f"algorithm {task.name} is adopted")


def _settled(run: Run, task: CreateOrUpdate, algorithm: AlgorithmRecord) -> StepResult:
    run.remember(attributes=algorithm.attributes)
    # Where this very task has created it, its age says nothing about the others.
    since = algorithm.created if algorithm.created < run.progress.started else 0.0
    if task.orphan:
        pending = _clear_orphan(run, task, since=since)
        if pending is not None:
            return pending
    if task.sweeps:
        _sweep(run, task)
    if task.current and task.current != task.name:
        _let_go_of_current(run, task, since=since)
    return success(task.name, **algorithm.attributes)


def _clear_orphan(run: Run, task: CreateOrUpdate, *, since: float) -> Later | None:
    """Delete what the failed update created under a name that CloudFormation does not know."""
    algorithm = run.find(task.orphan)
    if algorithm is None:
        return run.absent(task.orphan)
    tags = run.algorithms.tags(algorithm)
    if (unmarked := run.unmarked(task.orphan, tags)) is not None:
        return unmarked
    # What an update has replaced before is a version that was kept, and so is one older than what is gone back to; not
    # so what was adopted, which is older than all and is only given back.
    kept = tags.get(RETAINED_TAG) == REPLACED or (algorithm.created < since and ADOPTER_TAG not in tags)
    if kept or not task.owner.owns(tags):
        return None
    pending = run.dispose(algorithm, tags)
    if run.progress.pending is not None:
        _in_background(run, run.progress.pending)
        return None
    return pending


def _let_go_of_current(run: Run, task: CreateOrUpdate, *, since: float) -> None:
    """Give back what was adopted, and delete an update whose validation does not pass though a policy retains it.

    CloudFormation deletes all else that the resource no longer is, or retains it as the policy says. It is marked, so
    that no rollback takes it for what a failed update created.
    """
    algorithm = run.find(task.current)
    if algorithm is None or algorithm.status == "Deleting":
        return
    tags = run.algorithms.tags(algorithm)
    if not task.owner.owns(tags):
        return
    if ADOPTER_TAG in tags:
        run.dispose(algorithm, tags)
        return
    # Only going back to an older one makes the current one a failed update; a new one replaces what the policy retains.
    goes_back = 0 < since <= algorithm.created
    if algorithm.status == "Completed" or not goes_back or not task.waited:
        run.algorithms.retag(algorithm, {RETAINED_TAG: REPLACED})
        return
    if task.retain_failed and algorithm.status == "Failed":
        run.algorithms.retag(algorithm, {RETAINED_TAG: FAILED})
        return
    run.algorithms.retag(algorithm, {PENDING_DELETION_TAG: UNLESS_COMPLETED})
    _in_background(run, Incarnation(name=algorithm.name, created=algorithm.created))


def _in_background(run: Run, incarnation: Incarnation) -> None:
    run.remember(background=tuple(dict.fromkeys((*run.progress.background, incarnation))), pending=None)


def _sweep(run: Run, task: CreateOrUpdate) -> None:
    prefix = task.name if task.explicit else task.name.rpartition("-")[0]
    for name in run.algorithms.named(prefix, "Failed"):
        algorithm = run.find(name) if name != task.name else None
        if algorithm is not None and task.owner.is_retained_failure(run.algorithms.tags(algorithm)):
            run.algorithms.delete(name)


def _foreign(task: CreateOrUpdate, algorithm: AlgorithmRecord, tags: Mapping[str, str]) -> str:
    if not has_own_tags(tags) and (not task.explicit or task.name == task.current):
        return (
            f"algorithm {task.name} is this resource's and has lost its ownership tags, so it was not touched; "
            f"restore them with: {restore_command(task.owner, task.fingerprint, algorithm.arn)}"
        )
    return (
        f"an algorithm named {task.name} exists already and is not this resource's, so it was not touched; "
        "choose another algorithm_name, omit it for a generated one, delete the other algorithm, or mark it for this "
        f"resource with: cdk-sagemaker-algorithm adopt {task.name}"
    )


def _immutable(name: str) -> str:
    return (
        f"algorithm {name} cannot be changed: SageMaker's algorithms are immutable, and this one has an exact name; "
        "give the changed definition a new algorithm_name, or omit algorithm_name so that each definition "
        "gets a name of its own; nothing was touched"
    )
