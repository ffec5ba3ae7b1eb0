"""A whole CreateAlgorithm request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from cdk_sagemaker_algorithm.model.base import Structure
from cdk_sagemaker_algorithm.model.inference import InferenceSpecification
from cdk_sagemaker_algorithm.model.training import TrainingSpecification
from cdk_sagemaker_algorithm.model.validation import ValidationSpecification
from cdk_sagemaker_algorithm.model.value_types import ApiDict


@dataclass(frozen=True, kw_only=True, slots=True)
class Tag(Structure):
    """A tag of the algorithm.

    API shape: ``Tag``.

    Attributes:
        key: ``Key``. The tag's key, unique in the algorithm. 1 to 128 characters.
        value: ``Value``. The tag's value; may be empty. Up to 256 characters.
    """

    shape_name: ClassVar[str] = "Tag"

    key: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AlgorithmDefinition(Structure):
    """A whole request, for use without the CDK. In a stack, ``Algorithm`` takes its members as arguments.

    API shape: ``CreateAlgorithmInput``.

    Attributes:
        algorithm_name: ``AlgorithmName``. The algorithm's name, unique in the account and region:
            letters, digits and hyphens. 1 to 63 characters.
        algorithm_description: ``AlgorithmDescription``. What the algorithm does. Up to 1,024 characters.
            Default: none.
        training_specification: ``TrainingSpecification``. How it trains.
        inference_specification: ``InferenceSpecification``. How trained models answer. Default:
            none; it cannot be used for inference.
        validation_specification: ``ValidationSpecification``. How SageMaker validates it. Default: none;
            no jobs validate it.
        certify_for_marketplace: ``CertifyForMarketplace``. Whether it is validated for AWS Marketplace.
            Default: false.
        tags: ``Tags``. Tags of the algorithm. Up to 50 items. Default: none.
    """

    shape_name: ClassVar[str] = "CreateAlgorithmInput"

    algorithm_name: str
    algorithm_description: str | None = None
    training_specification: TrainingSpecification | ApiDict
    inference_specification: InferenceSpecification | ApiDict | None = None
    validation_specification: ValidationSpecification | ApiDict | None = None
    certify_for_marketplace: bool | None = None
    tags: Sequence[Tag | ApiDict] | None = None
