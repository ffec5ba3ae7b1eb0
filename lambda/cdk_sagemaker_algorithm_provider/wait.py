"""Wait for the end of a validation."""

from __future__ import annotations

from cdk_sagemaker_algorithm_provider.algorithm_store import IN_PROGRESS, AlgorithmRecord
from cdk_sagemaker_algorithm_provider.cfn_response import CfnResponse, failure, success
from cdk_sagemaker_algorithm_provider.contract import aws_errors
from cdk_sagemaker_algorithm_provider.contract.outcome_event import Outcome
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import PUBLISHED_TAG, RESOURCE_TAG, STACK_TAG
from cdk_sagemaker_algorithm_provider.execution_state import Validation
from cdk_sagemaker_algorithm_provider.step import GRACE_SECONDS, POLL_SECONDS, SOON_SECONDS, Later, Run, StepResult
from cdk_sagemaker_algorithm_provider.tasks import WaitForValidation


def step(run: Run, task: WaitForValidation) -> StepResult:
    """Run the next step."""
    algorithm = run.algorithms.find(task.name)
    absence = _absence(task, algorithm)
    if algorithm is None or absence:
        if run.within("absent", GRACE_SECONDS):
            return Later(seconds=SOON_SECONDS, because=absence)
        return failure(task.physical_id, f"{absence}; its validation cannot be waited for")
    if algorithm.status == "Failed":
        _conclude(run, algorithm, "Failed")
        return failure(task.physical_id, run.diagnosis.explain(algorithm))
    run.remember(attributes=algorithm.attributes)
    if algorithm.status not in IN_PROGRESS:
        if task.wait_index >= task.wait_count:
            # Every wait sees the outcome; the last one publishes it, because the algorithm is usable then.
            _conclude(run, algorithm, "Completed")
        return success(task.physical_id, **algorithm.attributes)
    remaining = task.wait_seconds - (run.clock() - run.progress.started)
    if remaining > 0:
        return Later(seconds=min(POLL_SECONDS, remaining), because=f"algorithm {task.name} is {algorithm.status}")
    if task.wait_index < task.wait_count:
        return success(task.physical_id, **algorithm.attributes)
    _conclude(run, algorithm, "TimedOut")
    return failure(task.physical_id, run.diagnosis.overdue(algorithm, task.timeout))


def handed_over(run: Run, task: WaitForValidation) -> CfnResponse | None:
    """Return the response of a wait whose time is over; the next wait continues."""
    if run.progress.attributes and task.wait_index < task.wait_count:
        return success(task.physical_id, **run.progress.attributes)
    return None


def _absence(task: WaitForValidation, algorithm: AlgorithmRecord | None) -> str:
    if algorithm is None:
        return f"algorithm {task.name} does not exist"
    if algorithm.status == "Deleting":
        return f"algorithm {task.name} is being deleted"
    if task.creation_time and algorithm.creation_time != task.creation_time:
        return f"algorithm {task.name} is another one, created at {algorithm.creation_time}, not {task.creation_time}"
    return ""


def _conclude(run: Run, algorithm: AlgorithmRecord, outcome: Outcome) -> None:
    """Keep the outcome to publish after the response; a failure here does not fail the deployment."""
    try:
        tags = run.algorithms.tags(algorithm)
    except Exception as error:
        if not aws_errors.is_aws(error) and not isinstance(error, RuntimeError):
            raise
        return
    if STACK_TAG not in tags or tags.get(PUBLISHED_TAG) == outcome:
        return
    run.remember(
        validation=Validation(
            outcome=outcome,
            name=algorithm.name,
            arn=algorithm.arn,
            created=algorithm.created,
            ended=run.clock(),
            stack_id=tags[STACK_TAG],
            logical_id=tags.get(RESOURCE_TAG, ""),
        )
    )
