"""Define the errors with which AWS rejects a validation, in AWS's wording.

Each text was published by users who received it; ``source`` names one such report. The checks of an account quote
them in findings, and local AWS returns them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

_GITHUB: Final = "https://github.com"
_VALIDATION: Final = "ValidationException"


class Moment(StrEnum):
    """The moment at which AWS raises an error."""

    DEPLOYMENT = "deployment"
    CREATION = "creation"
    TRAINING = "training"
    MODEL = "model"
    TRANSFORM = "transform"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsError:
    """An error of AWS.

    Attributes:
        code: The error code of the API, or the word that a failure reason starts with.
    """

    code: str
    text: str

    def __str__(self) -> str:
        """Return the error as a job or a validation step reports it."""
        return f"{self.code}: {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceText:
    """One error text of AWS.

    Attributes:
        code: The error code of the API, or the word that a failure reason starts with.
        template: The text, with a field in braces for each value.
        moments: The moments at which AWS raises it. The first one is the earliest.
        source: A public report of the text.
    """

    code: str
    template: str
    moments: tuple[Moment, ...]
    source: str

    def text(self, **values: str | int) -> str:
        """Return the text with its values.

        Args:
            **values: A value for each field of the template.

        Raises:
            KeyError: A field has no value.
        """
        return self.template.format_map(values)

    def error(self, **values: str | int) -> AwsError:
        """Return the error with its values.

        Args:
            **values: A value for each field of the template.

        Raises:
            KeyError: A field has no value.
        """
        return AwsError(code=self.code, text=self.text(**values))


QUOTA_EXCEEDED: Final = ServiceText(
    code="ResourceLimitExceeded",
    template="The account-level service limit '{quota}' is {limit} Instances, with current utilization of {used} "
    "Instances and a request delta of {requested} Instances. Please contact AWS support to request an increase for "
    "this limit.",
    moments=(Moment.TRAINING, Moment.TRANSFORM),
    source=f"{_GITHUB}/zenml-io/zenml/issues/847",
)
IMAGE_NOT_PULLED: Final = ServiceText(
    code="ClientError",
    template="Cannot pull algorithm container. Either the image does not exist or its permissions are incorrect.",
    moments=(Moment.TRAINING,),
    source=f"{_GITHUB}/aws-samples/aws-sagemaker-build/issues/28",
)
IMAGE_ACCESS_DENIED: Final = ServiceText(
    code=_VALIDATION,
    template="Access denied for repository: {repository} in registry ID: {account}. Please check if your ECR "
    "repository and image exist and role {role} has proper pull permissions for SageMaker: ecr:BatchCheckLayer"
    "Availability, ecr:BatchGetImage, ecr:GetDownloadUrlForLayer",
    moments=(Moment.CREATION, Moment.TRAINING, Moment.MODEL),
    source=f"{_GITHUB}/aws/sagemaker-spark-container/issues/158",
)
IMAGE_ROLE_DENIED: Final = ServiceText(
    code=_VALIDATION,
    template="The role '{role}' does not have BatchGetImage permission for the image: '{image}'.",
    moments=(Moment.CREATION, Moment.MODEL),
    source=f"{_GITHUB}/aws/deep-learning-containers/issues/759",
)
IMAGE_SERVICE_DENIED: Final = ServiceText(
    code=_VALIDATION,
    template="The repository of your image {image} does not grant ecr:GetDownloadUrlForLayer, ecr:BatchGetImage, "
    "ecr:BatchCheckLayerAvailability permission to sagemaker.amazonaws.com service principal.",
    moments=(Moment.MODEL,),
    source=f"{_GITHUB}/aws/deep-learning-containers/issues/5657",
)
IMAGE_MEDIA_TYPE: Final = ServiceText(
    code=_VALIDATION,
    template="Unsupported manifest media type {media_type} for image {image}. Ensure that valid manifest media type "
    "is used for specified image.",
    moments=(Moment.MODEL,),
    source=f"{_GITHUB}/mlflow/mlflow/issues/13834",
)
IMAGE_REGION: Final = ServiceText(
    code=_VALIDATION,
    template='Region of "{image}" does not match expected region of {region}. Cross region ECR image pulls are not '
    "allowed.",
    moments=(Moment.CREATION,),
    source=f"{_GITHUB}/ed-donner/alex/issues/30",
)
IMAGE_PLATFORM: Final = ServiceText(
    code="AlgorithmError",
    template="exec {entrypoint}: exec format error",
    moments=(Moment.TRAINING, Moment.TRANSFORM),
    source=f"{_GITHUB}/aws-samples/sagemaker-studio-custom-image-samples/issues/30",
)
NO_OBJECTS: Final = ServiceText(
    code=_VALIDATION,
    template='No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket '
    "exists in the selected region ({region}), that objects exist under that S3 prefix, and that the role "
    '"{role}" has "s3:ListBucket" permissions on bucket "{bucket}".',
    moments=(Moment.TRAINING, Moment.TRANSFORM),
    source=f"{_GITHUB}/hashicorp/terraform-provider-aws/tree/main/internal/service/sagemaker",
)
BUCKET_REGION: Final = ServiceText(
    code="BucketRegionError",
    template="incorrect region, the bucket is not in '{region}' region",
    moments=(Moment.TRAINING, Moment.TRANSFORM),
    source=f"{_GITHUB}/erikvanbrakel/anthology/issues/9",
)
BUCKET_MISSING: Final = ServiceText(
    code="NoSuchBucket",
    template="The specified bucket does not exist",
    moments=(Moment.TRAINING, Moment.TRANSFORM),
    source="https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html",
)
ROLE_NOT_ASSUMED: Final = ServiceText(
    code=_VALIDATION,
    template="Could not assume role {role}. Please ensure that the role exists and allows principal "
    "'sagemaker.amazonaws.com' to assume the role.",
    moments=(Moment.CREATION,),
    source=f"{_GITHUB}/awslabs/predictive-maintenance-using-machine-learning/issues/3",
)
LOGS_POLICY_FULL: Final = ServiceText(
    code="AccessDeniedException",
    template="Invalid Logging Configuration: The CloudWatch Logs Resource Policy size was exceeded. We suggest "
    "prefixing your CloudWatch log group name with /aws/vendedlogs/states/.",
    moments=(Moment.DEPLOYMENT,),
    source=f"{_GITHUB}/aws/aws-cdk/issues/28577",
)
NOT_BOOTSTRAPPED: Final = ServiceText(
    code="ValidationError",
    template="SSM parameter {parameter} not found. Has the environment been bootstrapped? Please run 'cdk bootstrap'",
    moments=(Moment.DEPLOYMENT,),
    source="https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-troubleshoot.html",
)

#: Every text by its name in this module.
SERVICE_TEXTS: Final[Mapping[str, ServiceText]] = MappingProxyType(
    {name: value for name, value in globals().items() if isinstance(value, ServiceText)}
)
