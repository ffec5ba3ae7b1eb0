"""What an algorithm and its validation are doing, as far as AWS tells."""

from cdk_sagemaker_algorithm.monitoring.errors import MissingAlgorithmError, MonitoringError
from cdk_sagemaker_algorithm.monitoring.logs import JobLogs, LogLine
from cdk_sagemaker_algorithm.monitoring.metrics import Curve, curves
from cdk_sagemaker_algorithm.monitoring.observation import Check, JobView, Observation, Step, Summary
from cdk_sagemaker_algorithm.monitoring.observer import Observer
from cdk_sagemaker_algorithm.monitoring.stacks import StackAlgorithm, algorithms_of_stack
from cdk_sagemaker_algorithm.monitoring.watching import Pace, Trouble, Update, Watch

__all__ = [
    "Check",
    "Curve",
    "JobLogs",
    "JobView",
    "LogLine",
    "MissingAlgorithmError",
    "MonitoringError",
    "Observation",
    "Observer",
    "Pace",
    "StackAlgorithm",
    "Step",
    "Summary",
    "Trouble",
    "Update",
    "Watch",
    "algorithms_of_stack",
    "curves",
]
