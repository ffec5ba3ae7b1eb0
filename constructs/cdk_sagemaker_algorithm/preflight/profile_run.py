"""Represent the results of one validation profile, for the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cdk_sagemaker_algorithm.containers.engine import Image
from cdk_sagemaker_algorithm.containers.training_job import TrainingResult
from cdk_sagemaker_algorithm.containers.transform_job import TransformResult
from cdk_sagemaker_algorithm.model.json_access import structure, structures


def image_path(index: int) -> str:
    """Return the path of the image of an inference container.

    Args:
        index: The container's index.
    """
    return f"InferenceSpecification.Containers[{index}].Image"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileRun:
    """Results of one validation profile.

    Attributes:
        subject: The algorithm: its construct path, or the name of its file.
        definition: The CreateAlgorithm definition.
        index: The profile's index in ValidationProfiles.
        variant: What `--thorough` changed, such as "only required hyperparameters"; empty for the profile itself.
        training_image: The training image.
        inference_images: The images of the inference containers, in order.
        training: The training job; None if it did not run.
        transform: The transform job; None if it did not run.
    """

    subject: str
    definition: Mapping[str, Any]
    index: int
    variant: str = ""
    training_image: Image | None = None
    inference_images: tuple[Image, ...] = field(default=())
    training: TrainingResult | None = None
    transform: TransformResult | None = None

    @property
    def profile(self) -> Mapping[str, Any]:
        """The validation profile."""
        return structures(self.definition, "ValidationSpecification", "ValidationProfiles")[self.index]

    @property
    def name(self) -> str:
        """The profile's name."""
        return str(self.profile.get("ProfileName") or self.index)

    @property
    def path(self) -> str:
        """The profile's path in the definition."""
        return f"ValidationSpecification.ValidationProfiles[{self.index}]"

    @property
    def training_path(self) -> str:
        """The path of the training job definition."""
        return f"{self.path}.TrainingJobDefinition"

    @property
    def transform_path(self) -> str:
        """The path of the transform job definition."""
        return f"{self.path}.TransformJobDefinition"

    @property
    def has_transform(self) -> bool:
        """Whether the profile has a transform job."""
        return bool(structure(self.profile, "TransformJobDefinition"))
