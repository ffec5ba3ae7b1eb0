"""Validation specifications and profiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from cdk_sagemaker_algorithm.model.base import Structure
from cdk_sagemaker_algorithm.model.data import Channel, OutputDataConfig
from cdk_sagemaker_algorithm.model.enums import InputMode
from cdk_sagemaker_algorithm.model.resources import ResourceConfig, StoppingCondition
from cdk_sagemaker_algorithm.model.transform import TransformJobDefinition
from cdk_sagemaker_algorithm.model.value_types import ApiDict, ParameterText, RoleArn


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingJobDefinition(Structure):
    """A training job that validates the algorithm.

    API shape: ``TrainingJobDefinition``.

    Attributes:
        training_input_mode: ``TrainingInputMode``. How data gets into the container, where a channel says
            nothing else.
        hyper_parameters: ``HyperParameters``. Values of hyperparameters by name; may be empty. Up to 100
            entries; keys of up to 256 characters, values of up to 2,500 characters. Default: the
            defaults.
        input_data_config: ``InputDataConfig``. The channels that it reads. 1 to 20 items.
        output_data_config: ``OutputDataConfig``. Where the model goes.
        resource_config: ``ResourceConfig``. What it runs on.
        stopping_condition: ``StoppingCondition``. How long it may take.
    """

    shape_name: ClassVar[str] = "TrainingJobDefinition"

    training_input_mode: InputMode | str
    hyper_parameters: Mapping[str, ParameterText] | None = None
    input_data_config: Sequence[Channel | ApiDict]
    output_data_config: OutputDataConfig | ApiDict
    resource_config: ResourceConfig | ApiDict
    stopping_condition: StoppingCondition | ApiDict


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidationProfile(Structure):
    """A training job and a transform job that SageMaker runs to validate the algorithm.

    API shape: ``AlgorithmValidationProfile``. AWS Marketplace shows the profile's data to buyers.

    Attributes:
        profile_name: ``ProfileName``. The profile's name: letters, digits and hyphens. 1 to 63
            characters.
        training_job_definition: ``TrainingJobDefinition``. The training job.
        transform_job_definition: ``TransformJobDefinition``. The transform job, run with the model that
            training made. Default: none; inference is not validated.
    """

    shape_name: ClassVar[str] = "AlgorithmValidationProfile"

    profile_name: str
    training_job_definition: TrainingJobDefinition | ApiDict
    transform_job_definition: TransformJobDefinition | ApiDict | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidationSpecification(Structure):
    """Validation of the algorithm when it is created: role and profiles.

    API shape: ``AlgorithmValidationSpecification``.

    Attributes:
        validation_role: ``ValidationRole``. Role that SageMaker takes on to run the jobs, by its ARN. 20
            to 2,048 characters. Default: in a stack, ``Algorithm`` creates one
            or uses its own ``validation_role``; the API requires it.
        validation_profiles: ``ValidationProfiles``. What is run. 1 item.
    """

    shape_name: ClassVar[str] = "AlgorithmValidationSpecification"

    validation_role: RoleArn | None = None
    validation_profiles: Sequence[ValidationProfile | ApiDict]
