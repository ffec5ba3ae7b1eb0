"""Mark an existing algorithm for a construct, so that the next deployment adopts it without a validation."""

from cdk_sagemaker_algorithm.adoption.candidate import Candidate, find_candidate
from cdk_sagemaker_algorithm.adoption.difference import Difference, differences, tag_differences, withheld
from cdk_sagemaker_algorithm.adoption.errors import AdoptionError
from cdk_sagemaker_algorithm.adoption.marking import LiveAlgorithm, ensure_adoptable, mark, read, release

__all__ = [
    "AdoptionError",
    "Candidate",
    "Difference",
    "LiveAlgorithm",
    "differences",
    "ensure_adoptable",
    "find_candidate",
    "mark",
    "read",
    "release",
    "tag_differences",
    "withheld",
]
