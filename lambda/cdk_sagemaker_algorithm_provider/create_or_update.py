"""Create, find or adopt the algorithm of a resource."""

from __future__ import annotations

from collections.abc import Mapping

from cdk_sagemaker_algorithm_provider.algorithm_store import AlgorithmRecord
from cdk_sagemaker_algorithm_provider.cfn_response import CfnResponse, failure, success
from cdk_sagemaker_algorithm_provider.contract import aws_errors
from cdk_sagemaker_algorithm_provider.contract.limits import MAX_TAGS
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import (
    ADOPTER_TAG,
    FINGERPRINT_TAG,
    PENDING_DELETION_TAG,
    PUBLISHED_TAG,
    REPLACED,
    RETAINED_TAG,
    STACK_TAG,
    has_own_tags,
    is_marked,
)
from cdk_sagemaker_algorithm_provider.step import (
    GRACE_SECONDS,
    SOON_SECONDS,
    Later,
    Run,
    StepResult,
)
from cdk_sagemaker_algorithm_provider.tasks import CreateOrUpdate

#: An algorithm that was created in this step is mostly shown at once.
_SHOWN_SECONDS = 2


def step(run: Run, task: CreateOrUpdate) -> StepResult:
    """Run the next step."""
    algorithm = run.algorithms.find(task.name, arn=run.progress.arn)
    outcome = _create(run, task) if algorithm is None else _settle(run, task, algorithm)
    if isinstance(outcome, CfnResponse) and task.orphan:
        # Also where it fails: CloudFormation asks for nothing that the failed update made.
        return _clear_orphan(run, task) or outcome
    return outcome


def finished(run: Run) -> CfnResponse | None:
    """Return the response if only cleanup is left, which must not fail a rollback."""
    attributes = run.progress.attributes
    return success(attributes["AlgorithmName"], **attributes) if attributes else None


def _create(run: Run, task: CreateOrUpdate) -> StepResult:
    if run.progress.arn and (not_shown := run.absent(task.name)) is not None:
        return not_shown
    try:
        tags = {**task.tags, **task.owner.tags(task.fingerprint)}
        arn = run.algorithms.create(task.name, task.content, tags)
    except Exception as error:
        if not aws_errors.is_aws(error) or aws_errors.is_transient(error):
            raise
        return _rejected(run, task, error)
    run.remember(arn=arn, deleted="")
    algorithm = run.algorithms.find(task.name, arn=arn)
    # A late description can be that of the algorithm that had the name.
    if algorithm is None or algorithm.status == "Deleting" or algorithm.created < run.progress.started:
        return Later(seconds=_SHOWN_SECONDS, because=f"algorithm {task.name} is not shown yet")
    return _settled(run, task, algorithm)


def _rejected(run: Run, task: CreateOrUpdate, error: Exception) -> StepResult:
    # The errors of this call are not documented, so the existing algorithm decides, not the error.
    algorithm = run.algorithms.find(task.name)
    if algorithm is not None:
        return _settle(run, task, algorithm)
    cause = aws_errors.passing_cause(error)
    if cause and run.within(f"not created: {cause}", GRACE_SECONDS):
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
    # A generated name contains the fingerprint.
    if task.explicit and tags.get(FINGERPRINT_TAG) != task.fingerprint:
        return failure(task.physical_id_on_failure, _immutable(task.name, tags))
    # It may have been given back just now, which its tags may not show yet.
    own = task.owner.tags(task.fingerprint) if ADOPTER_TAG in tags else {}
    run.algorithms.retag(algorithm, task.tags | own, {*task.stale_tags} | ({PENDING_DELETION_TAG} & tags.keys()))
    return _settled(run, task, algorithm)


def _is_leftover(run: Run, task: CreateOrUpdate, algorithm: AlgorithmRecord, tags: Mapping[str, str]) -> bool:
    if algorithm.status == "Failed":
        # A failed algorithm that this request created is no leftover: report its failure.
        earlier = task.owner.owns(tags) and algorithm.created < run.progress.started
        return (task.waits and earlier) or task.owner.kept_failed(tags)
    # The current algorithm was adopted although its deletion was pending: tags are eventually consistent.
    return task.owner.owns(tags) and PENDING_DELETION_TAG in tags and task.name != task.current


def _not_owned(run: Run, task: CreateOrUpdate, algorithm: AlgorithmRecord, tags: Mapping[str, str]) -> StepResult:
    if task.explicit and tags.get(ADOPTER_TAG) == task.owner.adopter:
        return _adopt(run, task, algorithm, tags)
    return run.unmarked(task.name, tags) or failure(task.physical_id_on_failure, _foreign(task, algorithm, tags))


def _adopt(run: Run, task: CreateOrUpdate, algorithm: AlgorithmRecord, tags: Mapping[str, str]) -> StepResult:
    """Adopt an algorithm that a person has marked for this resource; the next step confirms it."""
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
    if task.sweeps:
        _sweep(run, task)
    if task.current and task.current != task.name:
        _let_go_of_current(run, task)
    return success(task.name, **algorithm.attributes)


def _clear_orphan(run: Run, task: CreateOrUpdate) -> Later | None:
    """Delete the failed update's algorithm, whose name CloudFormation does not know."""
    algorithm = run.algorithms.find(task.orphan)
    if algorithm is None:
        return run.absent(task.orphan)
    tags = run.algorithms.tags(algorithm)
    if (unmarked := run.unmarked(task.orphan, tags)) is not None:
        return unmarked
    # What an update has replaced before is a version that was kept.
    if RETAINED_TAG in tags or not task.owner.owns(tags):
        return None
    pending = run.dispose(algorithm, tags)
    if run.progress.pending is not None:
        run.remember(background=(run.progress.pending,), pending=None)
        return None
    return pending


def _let_go_of_current(run: Run, task: CreateOrUpdate) -> None:
    """Release an adopted algorithm, or mark a replaced one, so that no rollback treats it as an orphan.

    CloudFormation deletes it, or retains it as the policy says.
    """
    algorithm = run.algorithms.find(task.current)
    if algorithm is None or algorithm.status == "Deleting":
        return
    tags = run.algorithms.tags(algorithm)
    if task.owner.owns(tags):
        if ADOPTER_TAG in tags:
            run.give_back(algorithm, tags)
        else:
            run.algorithms.retag(algorithm, {RETAINED_TAG: REPLACED})


def _sweep(run: Run, task: CreateOrUpdate) -> None:
    prefix = task.name if task.explicit else task.name.rpartition("-")[0]
    for name in run.algorithms.named(prefix, "Failed"):
        # A rollback may need the current one, though it failed.
        algorithm = run.algorithms.find(name) if name not in (task.name, task.current) else None
        if algorithm is not None and task.owner.kept_failed(run.algorithms.tags(algorithm)):
            run.algorithms.delete(name)


def _foreign(task: CreateOrUpdate, algorithm: AlgorithmRecord, tags: Mapping[str, str]) -> str:
    # With its tags alone, the stack would delete an algorithm that it had adopted: an exact name is marked again.
    if not has_own_tags(tags) and not task.explicit:
        return (
            f"algorithm {task.name} is this resource's and has lost its ownership tags, so it was not touched; "
            f"restore them with: {task.owner.restore_command(algorithm.arn, task.fingerprint)}"
        )
    return (
        f"an algorithm named {task.name} exists already and is not this resource's, so it was not touched; "
        "choose another algorithm_name, omit it for a generated one, delete the other algorithm, or mark it for this "
        f"resource with: cdk-sagemaker-algorithm adopt {task.name}"
    )


def _immutable(name: str, tags: Mapping[str, str]) -> str:
    if FINGERPRINT_TAG not in tags:
        return (
            f"algorithm {name} has lost its tag {FINGERPRINT_TAG}, which says what it was created from, so it was not "
            f"touched; release it with: cdk-sagemaker-algorithm release {name}; then mark it again with: "
            f"cdk-sagemaker-algorithm adopt {name}"
        )
    return (
        f"algorithm {name} cannot be changed: SageMaker's algorithms are immutable, and this one has an exact name; "
        "give the changed definition a new algorithm_name, or omit algorithm_name so that each definition "
        "gets a name of its own; nothing was touched"
    )
