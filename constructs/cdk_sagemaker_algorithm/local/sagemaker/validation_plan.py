"""Define a simulation plan: duration of each validation step, and which step fails with which reason."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, Self, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

Step = Literal["image-scan", "training", "model", "transform"]
STEPS: tuple[Step, ...] = get_args(Step)
_STEP_BY_NAME: Mapping[str, Step] = MappingProxyType({step: step for step in STEPS})


def step_named(name: str) -> Step | None:
    """Read a step's name.

    Args:
        name: Name from the command line.

    Returns:
        The step; None if it is none.
    """
    return _STEP_BY_NAME.get(name)


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidationPlan:
    """Simulation plan: durations in seconds, and failures.

    Attributes:
        pending: Time in status Pending.
        image_scan: Duration of the image scan.
        training: Duration of the training job of a profile.
        model: Time to create the model for the transform job of a profile.
        transform: Duration of the transform job of a profile.
        deleting: Time in status Deleting.
        training_log: Log of simulated training jobs. Default: lines that match the metrics' regexes.
        failures: FailureReason by failing step, for every algorithm.
    """

    pending: float = 1.0
    image_scan: float = 1.0
    training: float = 6.0
    model: float = 1.0
    transform: float = 3.0
    deleting: float = 0.5
    training_log: tuple[str, ...] = ()
    failures: Mapping[Step, str] = field(default_factory=dict["Step", str])

    @property
    def duration(self) -> float:
        """Seconds from CreateAlgorithm to the end of the validation, for one profile with both jobs."""
        return self.pending + self.image_scan + self.training + self.model + self.transform

    def lasting(self, seconds: float) -> Self:
        """Return a plan with scaled durations.

        Args:
            seconds: Total duration of the validation of one profile with both jobs.
        """
        scale = seconds / self.duration
        return replace(
            self,
            pending=self.pending * scale,
            image_scan=self.image_scan * scale,
            training=self.training * scale,
            model=self.model * scale,
            transform=self.transform * scale,
        )

    def failing(self, failures: Mapping[Step, str]) -> Self:
        """Return a plan with additional failures.

        Args:
            failures: FailureReason by step.
        """
        return replace(self, failures={**self.failures, **failures})
