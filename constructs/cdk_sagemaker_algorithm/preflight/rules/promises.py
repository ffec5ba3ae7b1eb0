"""Rules for features that the definition declares and SageMaker's validation does not test (`--thorough`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_sagemaker_algorithm.preflight.profile_run import ProfileRun
from cdk_sagemaker_algorithm.preflight.rules.rule import Citation, Hit, RunRule
from cdk_sagemaker_algorithm.reporting import Level

_SPECIFICATION: Final = "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TrainingSpecification.html"


def _broken(run: ProfileRun) -> Iterator[Hit]:
    training = run.training
    if training is None or training.stopped:
        return
    if training.timed_out:
        yield Hit(
            message=f"training with {run.variant} did not end within {training.job.limit:g} s",
            path="TrainingSpecification",
            evidence=training.log.last_words(3),
        )
    elif training.failure is not None:
        yield Hit(
            message=f"training with {run.variant} fails: {training.failure}",
            path="TrainingSpecification",
            evidence=training.log.last_words(4),
        )
    elif training.model is None:
        yield Hit(message=f"training with {run.variant} writes no model", path="TrainingSpecification")


RULES: Final = (
    RunRule(
        id="broken-promise",
        level=Level.WARNING,
        requirement="Training works with everything that the definition declares as supported",
        remedy="support it in the program, or narrow the definition",
        source=Citation(_SPECIFICATION),
        check=_broken,
    ),
)
