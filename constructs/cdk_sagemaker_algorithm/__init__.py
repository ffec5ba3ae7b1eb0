"""SageMaker algorithm resources for the AWS CDK, validation profiles included.

The public names are the constructs, and the structures and enumerations of ``CreateAlgorithm``. Everything else in
this package may change without notice, unless a page of the documentation names it.

A name is imported when it is first used, so that what needs no CDK (the rules, the command line) starts without it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.cdk.algorithm import Algorithm
    from cdk_sagemaker_algorithm.cdk.algorithm_base import AlgorithmBase
    from cdk_sagemaker_algorithm.cdk.container_image import AlgorithmImage
    from cdk_sagemaker_algorithm.cdk.grants import AlgorithmGrants
    from cdk_sagemaker_algorithm.cdk.provider.provider import AlgorithmProvider
    from cdk_sagemaker_algorithm.cdk.s3_data import S3Data
    from cdk_sagemaker_algorithm.model import (
        AdditionalModelDataSource,
        AdditionalS3DataSource,
        AdditionalS3DataSourceDataType,
        AssemblyType,
        BaseModel,
        BatchStrategy,
        CategoricalParameterRangeSpecification,
        Channel,
        ChannelSpecification,
        CompressionType,
        ContinuousParameterRangeSpecification,
        DatasetSource,
        DataSource,
        FileSystemAccessMode,
        FileSystemDataSource,
        FileSystemType,
        HubAccessConfig,
        HyperParameterSpecification,
        HyperParameterTuningJobObjective,
        HyperParameterTuningJobObjectiveType,
        InferenceHubAccessConfig,
        InferenceSpecification,
        InputMode,
        InstanceGroup,
        InstancePlacementConfig,
        InstancePreference,
        IntegerParameterRangeSpecification,
        MetricDefinition,
        ModelAccessConfig,
        ModelCompressionType,
        ModelDataSource,
        ModelInput,
        ModelPackageContainerDefinition,
        OutputCompressionType,
        OutputDataConfig,
        ParameterRange,
        ParameterType,
        PlacementSpecification,
        RecordWrapper,
        ResourceConfig,
        S3DataDistribution,
        S3DataSource,
        S3DataType,
        S3ModelDataSource,
        S3ModelDataType,
        ShuffleConfig,
        SplitType,
        StoppingCondition,
        TrainingJobDefinition,
        TrainingSpecification,
        TransformDataSource,
        TransformInput,
        TransformJobDefinition,
        TransformOutput,
        TransformResources,
        TransformS3DataSource,
        ValidationProfile,
        ValidationSpecification,
    )

__all__ = [
    "AdditionalModelDataSource",
    "AdditionalS3DataSource",
    "AdditionalS3DataSourceDataType",
    "Algorithm",
    "AlgorithmBase",
    "AlgorithmGrants",
    "AlgorithmImage",
    "AlgorithmProvider",
    "AssemblyType",
    "BaseModel",
    "BatchStrategy",
    "CategoricalParameterRangeSpecification",
    "Channel",
    "ChannelSpecification",
    "CompressionType",
    "ContinuousParameterRangeSpecification",
    "DataSource",
    "DatasetSource",
    "FileSystemAccessMode",
    "FileSystemDataSource",
    "FileSystemType",
    "HubAccessConfig",
    "HyperParameterSpecification",
    "HyperParameterTuningJobObjective",
    "HyperParameterTuningJobObjectiveType",
    "InferenceHubAccessConfig",
    "InferenceSpecification",
    "InputMode",
    "InstanceGroup",
    "InstancePlacementConfig",
    "InstancePreference",
    "IntegerParameterRangeSpecification",
    "MetricDefinition",
    "ModelAccessConfig",
    "ModelCompressionType",
    "ModelDataSource",
    "ModelInput",
    "ModelPackageContainerDefinition",
    "OutputCompressionType",
    "OutputDataConfig",
    "ParameterRange",
    "ParameterType",
    "PlacementSpecification",
    "RecordWrapper",
    "ResourceConfig",
    "S3Data",
    "S3DataDistribution",
    "S3DataSource",
    "S3DataType",
    "S3ModelDataSource",
    "S3ModelDataType",
    "ShuffleConfig",
    "SplitType",
    "StoppingCondition",
    "TrainingJobDefinition",
    "TrainingSpecification",
    "TransformDataSource",
    "TransformInput",
    "TransformJobDefinition",
    "TransformOutput",
    "TransformResources",
    "TransformS3DataSource",
    "ValidationProfile",
    "ValidationSpecification",
]

_CONSTRUCTS = {
    "Algorithm": "cdk.algorithm",
    "AlgorithmBase": "cdk.algorithm_base",
    "AlgorithmGrants": "cdk.grants",
    "AlgorithmImage": "cdk.container_image",
    "AlgorithmProvider": "cdk.provider.provider",
    "S3Data": "cdk.s3_data",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_CONSTRUCTS.get(name, 'model')}"), name)
    # From now on Python finds it without this function.
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
