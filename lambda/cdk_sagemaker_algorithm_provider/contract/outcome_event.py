"""Define the names in the outcome event and the validation metrics, which consumers filter by."""

from __future__ import annotations

from typing import Final, Literal

#: Source and detail type of the EventBridge event.
SOURCE: Final = "cdk-sagemaker-algorithm"
DETAIL_TYPE: Final = "SageMaker Algorithm Validation"
#: Namespace and dimensions of the CloudWatch metrics.
NAMESPACE: Final = "SageMakerAlgorithm"
DIMENSIONS: Final = ("StackName", "LogicalResourceId")
DURATION_METRIC: Final = "ValidationDuration"
COMPLETED_METRIC: Final = "ValidationCompleted"
FAILED_METRIC: Final = "ValidationFailed"

#: What stands for the reason of a failure if SageMaker returns none.
NO_REASON: Final = "SageMaker gives no reason"

Outcome = Literal["Completed", "Failed", "TimedOut"]
