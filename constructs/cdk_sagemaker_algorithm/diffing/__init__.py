"""What a change does to the algorithms of an app: to the resource, to those who use it, and to the bill.

>>> from cdk_sagemaker_algorithm.diffing import compare, load
>>> report = compare(load("base/cdk.out"), load("cdk.out"))  # doctest: +SKIP
>>> report.breaking, report.replacement  # doctest: +SKIP
"""

from cdk_sagemaker_algorithm.diffing.bill import Bill, Job, Machines
from cdk_sagemaker_algorithm.diffing.errors import InputError
from cdk_sagemaker_algorithm.diffing.impact import Change, Impact
from cdk_sagemaker_algorithm.diffing.report import AlgorithmDiff, Report, compare
from cdk_sagemaker_algorithm.diffing.templates import Stack, load
from cdk_sagemaker_algorithm.diffing.verdict import Verdict

__all__ = [
    "AlgorithmDiff",
    "Bill",
    "Change",
    "Impact",
    "InputError",
    "Job",
    "Machines",
    "Report",
    "Stack",
    "Verdict",
    "compare",
    "load",
]
