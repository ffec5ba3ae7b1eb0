"""Delete the algorithm of a resource."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cdk_sagemaker_algorithm_provider import clients
from cdk_sagemaker_algorithm_provider.algorithm_store import AlgorithmRecord
from cdk_sagemaker_algorithm_provider.cfn_response import failure, success
from cdk_sagemaker_algorithm_provider.contract import aws_errors
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import (
    ADOPTER_TAG,
    FAILED,
    PENDING_DELETION_TAG,
    PUBLISHED_TAG,
    RETAINED_TAG,
    has_own_tags,
)
from cdk_sagemaker_algorithm_provider.execution_state import Incarnation
from cdk_sagemaker_algorithm_provider.step import Later, Run, StepResult
from cdk_sagemaker_algorithm_provider.tasks import Delete

#: Between two polls in the background: the history of an execution has a limit.
BACKGROUND_POLL_SECONDS = 300


def step(run: Run, task: Delete) -> StepResult:
    """Run the next step."""
    if task.background:
        return _in_background(run, task)
    name = _target(run, task)
    algorithm = run.algorithms.find(name)
    if algorithm is None:
        return run.absent(name) or _next(run, task, name)
    tags = run.algorithms.tags(algorithm)
    if task.owner.owns(tags):
        return _delete(run, task, algorithm, tags)
    if (unmarked := run.unmarked(name, tags)) is not None:
        return unmarked
    if task.generated and not has_own_tags(tags):
        return failure(task.physical_id, _lost_tags(task, algorithm))
    return _next(run, task, name)


def _target(run: Run, task: Delete) -> str:
    if run.progress.target is not None:
        return run.progress.target.name
    return task.name or task.unanswered


def _next(run: Run, task: Delete, done: str) -> StepResult:
    """Continue with the other possible name of the request."""
    found = run.progress.target is not None and run.progress.target.created > 0
    if found or not task.unanswered or done == task.unanswered:
        return success(task.physical_id)
    run.remember(target=Incarnation(name=task.unanswered))
    return step(run, task)


def _delete(run: Run, task: Delete, algorithm: AlgorithmRecord, tags: dict[str, str]) -> StepResult:
    # CloudFormation does not know the algorithm of a Create without a response; it knows this one. The outcome of an
    # adopted algorithm is no sign of that, and a release deletes nothing.
    learnt = run.progress.updated or (PUBLISHED_TAG in tags and ADOPTER_TAG not in tags)
    if algorithm.name == task.unanswered and learnt:
        return success(task.physical_id)
    first = run.progress.target
    if first is not None and first.created:
        if first.created != algorithm.created:
            # Another algorithm has the name now.
            return run.unnoticed() or success(task.physical_id)
    elif algorithm.created > run.progress.started and (ending := run.unnoticed()) is not None:
        # An older request created it meanwhile; with a newer one, this request is superseded.
        return ending
    run.remember(target=Incarnation(name=algorithm.name, created=algorithm.created))
    if task.retain_failed and algorithm.status == "Failed":
        run.algorithms.retag(algorithm, {RETAINED_TAG: FAILED}, {PENDING_DELETION_TAG} & tags.keys())
        return success(task.physical_id)
    return run.dispose(algorithm, tags) or success(task.physical_id)


def _in_background(run: Run, task: Delete) -> StepResult:
    """Delete an algorithm in the background, unless CloudFormation still has or retains it."""
    # The tag has just been set; without it the algorithm would be kept.
    if (waits := run.surely(f"the deletion of algorithm {task.name} is pending")) is not None:
        return waits
    algorithm = run.algorithms.find(task.name)
    if algorithm is None:
        return success(task.physical_id)
    tags = run.algorithms.tags(algorithm)
    if not task.owner.owns(tags) or algorithm.created != task.created or PENDING_DELETION_TAG not in tags:
        return success(task.physical_id)
    match _in_stack(task):
        case "DELETE_SKIPPED":
            run.algorithms.retag(algorithm, {}, {PENDING_DELETION_TAG})
            return success(task.physical_id)
        case "":
            waits = run.dispose(algorithm, tags)
            return replace(waits, seconds=BACKGROUND_POLL_SECONDS) if waits else success(task.physical_id)
        case status:
            return Later(seconds=BACKGROUND_POLL_SECONDS, because=f"CloudFormation has it as {status}")


def _in_stack(task: Delete) -> str:
    """Return the resource's status if CloudFormation still has this algorithm; empty otherwise or if unknown."""
    try:
        client: Any = clients.cloudformation()
        response = client.describe_stack_resources(
            StackName=task.owner.stack_id, LogicalResourceId=task.owner.logical_id
        )
    except Exception as error:
        if hasattr(error, "response") and aws_errors.is_transient(error):
            raise
        # CloudFormation is unreachable, such as from a VPC without its endpoint, or does not know the resource.
        return ""
    for resource in response["StackResources"]:
        status = str(resource["ResourceStatus"])
        if resource.get("PhysicalResourceId") == task.name and status != "DELETE_COMPLETE":
            return status
    return ""


def _lost_tags(task: Delete, algorithm: AlgorithmRecord) -> str:
    fingerprint = algorithm.name.rpartition("-")[2]
    return (
        f"algorithm {algorithm.name} has lost its ownership tags, so it was not deleted; retain the resource, or "
        f"restore them with: {task.owner.restore_command(algorithm.arn, fingerprint)}"
    )


def pending_text(algorithm: Incarnation) -> str:
    """Return why a deletion fails whose algorithm is still validating."""
    return (
        f"algorithm {algorithm.name} is still validating, so it cannot be deleted yet; delete the stack again later, "
        "or retain the resource to keep the algorithm. If CloudFormation continues without it, it is deleted in the "
        f"background unless its tag {PENDING_DELETION_TAG} is removed"
    )
