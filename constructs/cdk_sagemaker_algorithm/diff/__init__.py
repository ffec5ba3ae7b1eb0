"""Compare two versions of an app and report planned actions, consumer impact and validation cost.

>>> from cdk_sagemaker_algorithm.diff import compare, load
>>> report = compare(load("base/cdk.out"), load("cdk.out"))  # doctest: +SKIP
>>> report.breaking, report.replacement  # doctest: +SKIP
"""

from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.assembly.load import load
from cdk_sagemaker_algorithm.assembly.stack import Stack
from cdk_sagemaker_algorithm.diff.classify.change import Change, Impact
from cdk_sagemaker_algorithm.diff.comparison import AlgorithmDiff, DiffReport, compare
from cdk_sagemaker_algorithm.diff.replacement import PlannedAction
from cdk_sagemaker_algorithm.diff.validation_cost import Instances, JobCost, ValidationCost

__all__ = [
    "AlgorithmDiff",
    "Change",
    "DiffReport",
    "Impact",
    "InputError",
    "Instances",
    "JobCost",
    "PlannedAction",
    "Stack",
    "ValidationCost",
    "compare",
    "load",
]
