"""Run local AWS: an emulator and a simulated SageMaker endpoint."""

from cdk_sagemaker_algorithm.local.errors import LocalAwsError
from cdk_sagemaker_algorithm.local.local_aws import LocalAws
from cdk_sagemaker_algorithm.local.sagemaker.validation_plan import ValidationPlan

__all__ = ["LocalAws", "LocalAwsError", "ValidationPlan"]
