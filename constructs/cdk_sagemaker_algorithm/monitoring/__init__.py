"""Observe an algorithm and its validation, as far as AWS reports them."""

from cdk_sagemaker_algorithm.monitoring.errors import MissingAlgorithmError, MonitoringError
from cdk_sagemaker_algorithm.monitoring.job_logs import JobLogs, LogLine
from cdk_sagemaker_algorithm.monitoring.metric_curves import Curve, curves
from cdk_sagemaker_algorithm.monitoring.poller import Pace, PollError, Readers, Update, Watch
from cdk_sagemaker_algorithm.monitoring.previous import PreviousValidations
from cdk_sagemaker_algorithm.monitoring.reader import SnapshotReader
from cdk_sagemaker_algorithm.monitoring.snapshot import JobSnapshot, Snapshot, Step, Summary, ValidationCheck
from cdk_sagemaker_algorithm.monitoring.stack_operations import DeployedAlgorithm, StackOperation, StackReader
from cdk_sagemaker_algorithm.monitoring.stack_watch import StackUpdate, StackWatch, Waiting

__all__ = [
    "Curve",
    "DeployedAlgorithm",
    "JobLogs",
    "JobSnapshot",
    "LogLine",
    "MissingAlgorithmError",
    "MonitoringError",
    "Pace",
    "PollError",
    "PreviousValidations",
    "Readers",
    "Snapshot",
    "SnapshotReader",
    "StackOperation",
    "StackReader",
    "StackUpdate",
    "StackWatch",
    "Step",
    "Summary",
    "Update",
    "ValidationCheck",
    "Waiting",
    "Watch",
    "curves",
]
