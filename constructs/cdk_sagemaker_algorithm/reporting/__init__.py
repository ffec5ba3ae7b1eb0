"""A page about an algorithm and its validation, to send around."""

from cdk_sagemaker_algorithm.reporting.gathering import Evidence, gather
from cdk_sagemaker_algorithm.reporting.samples import Sample

__all__ = ["Evidence", "Sample", "gather"]
