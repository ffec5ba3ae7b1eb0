"""Define the custom resources' types, properties and attributes, and the request fields that they contain."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: Resource type of an algorithm.
ALGORITHM_TYPE: Final = "Custom::SageMakerAlgorithm"
#: Resource type of a validation wait.
VALIDATION_TYPE: Final = "Custom::SageMakerAlgorithmValidation"

#: The fields of ``CreateAlgorithm`` that make up a definition.
DEFINITION_MEMBERS: Final[tuple[str, ...]] = (
    "AlgorithmDescription",
    "CertifyForMarketplace",
    "InferenceSpecification",
    "TrainingSpecification",
    "ValidationSpecification",
)
#: Prefix of the IDs of rules and of other findings at synthesis.
ID_PREFIX: Final = "cdk-sagemaker-algorithm:"
ALGORITHM_NAME: Final = "AlgorithmName"
TAGS: Final = "Tags"
#: All fields of ``CreateAlgorithm``.
REQUEST_MEMBERS: Final[tuple[str, ...]] = (ALGORITHM_NAME, *DEFINITION_MEMBERS, TAGS)

SERVICE_TOKEN: Final = "ServiceToken"  # noqa: S105 - the name of a property
SERVICE_TIMEOUT: Final = "ServiceTimeout"
#: Prefix of a generated name.
ALGORITHM_NAME_PREFIX: Final = "AlgorithmNamePrefix"
REVISION: Final = "Revision"
WAIT_FOR_VALIDATION: Final = "WaitForValidation"
RETAIN_FAILED: Final = "RetainFailed"
#: Position of a validation wait in its chain, from 1 to ``WaitCount``.
WAIT_INDEX: Final = "WaitIndex"
WAIT_COUNT: Final = "WaitCount"
VALIDATION_TIMEOUT: Final = "ValidationTimeoutInSeconds"

ALGORITHM_ARN: Final = "AlgorithmArn"
#: Creation time of the algorithm. A different time means a different algorithm, even with the same name.
CREATION_TIME: Final = "CreationTime"
#: Attributes for ``Fn::GetAtt``, the same for an algorithm and a validation wait.
ATTRIBUTES: Final = (ALGORITHM_NAME, ALGORITHM_ARN, CREATION_TIME)

#: Fields of a validation profile that DescribeAlgorithm never returns, by the structure that has them.
WITHHELD_BY_DESCRIBE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "Channel": ("InputMode", "ShuffleConfig"),
        "OutputDataConfig": ("CompressionType",),
        "ResourceConfig": ("KeepAlivePeriodInSeconds",),
        "StoppingCondition": ("MaxPendingTimeInSeconds", "MaxWaitTimeInSeconds"),
    }
)
#: Fields that DescribeAlgorithm returns even if the request did not set them.
ADDED_BY_DESCRIBE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"TrainingSpecification": ("TrainingImageDigest",), "ModelPackageContainerDefinition": ("ImageDigest",)}
)
