"""How validation goes on this machine: how long each step takes, and which step fails with what reason."""

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
        name: What somebody wrote.

    Returns:
        The step; None if it is none.
    """
    return _STEP_BY_NAME.get(name)


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidationPlan:
    """Durations in seconds, and failures.

    Attributes:
        pending: How long an algorithm is Pending.
        image_scan: How long the scan of its images takes.
        training: How long a profile's training job takes.
        model: How long making the model for a profile's transform job takes.
        transform: How long a profile's transform job takes.
        deleting: How long an algorithm is Deleting before it is gone.
        training_log: What simulated training jobs print; lines that fit the metrics' regexes if left out.
        failures: The steps that fail, each with the reason it fails with; of every algorithm.
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
        """Seconds from CreateAlgorithm to the end of a validation of one profile with both jobs."""
        return self.pending + self.image_scan + self.training + self.model + self.transform

    def lasting(self, seconds: float) -> Self:
        """The same plan, its durations stretched or shrunk.

        Args:
            seconds: How long a validation of one profile with both jobs takes.
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
        """The same plan with these failures besides its own.

        Args:
            failures: Reasons by step.
        """
        return replace(self, failures={**self.failures, **failures})
