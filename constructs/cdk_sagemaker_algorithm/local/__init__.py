"""AWS on this machine: an emulator for what CDK deploys with, and SageMaker's algorithms beside it."""

from cdk_sagemaker_algorithm.local.errors import LocalAwsError
from cdk_sagemaker_algorithm.local.local_aws import LocalAws
from cdk_sagemaker_algorithm.local.sagemaker.validation_plan import ValidationPlan

__all__ = ["LocalAws", "LocalAwsError", "ValidationPlan"]
