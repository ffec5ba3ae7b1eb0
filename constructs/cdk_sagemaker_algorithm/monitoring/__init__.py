"""What an algorithm and its validation are doing, as far as AWS tells."""

from cdk_sagemaker_algorithm.monitoring.errors import MissingAlgorithmError, MonitoringError
from cdk_sagemaker_algorithm.monitoring.job_logs import JobLogs, LogLine
from cdk_sagemaker_algorithm.monitoring.metric_curves import Curve, curves
from cdk_sagemaker_algorithm.monitoring.poller import Pace, PollError, Update, Watch
from cdk_sagemaker_algorithm.monitoring.reader import SnapshotReader
from cdk_sagemaker_algorithm.monitoring.snapshot import Check, JobSnapshot, Snapshot, Step, Summary
from cdk_sagemaker_algorithm.monitoring.stack_resources import StackAlgorithm, algorithms_of_stack

__all__ = [
    "Check",
    "Curve",
    "JobLogs",
    "JobSnapshot",
    "LogLine",
    "MissingAlgorithmError",
    "MonitoringError",
    "Pace",
    "PollError",
    "Snapshot",
    "SnapshotReader",
    "StackAlgorithm",
    "Step",
    "Summary",
    "Update",
    "Watch",
    "algorithms_of_stack",
    "curves",
]
