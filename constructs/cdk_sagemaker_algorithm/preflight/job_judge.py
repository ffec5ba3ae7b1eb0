"""Apply preflight's rules to one job: whether SageMaker would fail it, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdk_sagemaker_algorithm.containers.training_job import TrainingResult
from cdk_sagemaker_algorithm.containers.transform_job import TransformResult
from cdk_sagemaker_algorithm.preflight.profile_run import ProfileRun
from cdk_sagemaker_algorithm.preflight.rules import judge
from cdk_sagemaker_algorithm.reporting import Level


def job_failure(definition: Mapping[str, Any], index: int, result: TrainingResult | TransformResult) -> str | None:
    """Return the reason with which a job fails; None if no rule finds an error.

    Args:
        definition: The CreateAlgorithm definition.
        index: Index of the validation profile.
        result: Result of the job.
    """
    run = ProfileRun(
        subject="",
        definition=definition,
        index=index,
        training=result if isinstance(result, TrainingResult) else None,
        transform=result if isinstance(result, TransformResult) else None,
    )
    finding = next((finding for finding in judge(run) if finding.level is Level.ERROR), None)
    return None if finding is None else f"AlgorithmError: {finding.message} [preflight:{finding.rule}]"
