"""A report about an algorithm and its validation as one HTML file."""

from cdk_sagemaker_algorithm.monitoring.html_report.collect import Evidence, gather
from cdk_sagemaker_algorithm.monitoring.html_report.output_sample import Sample

__all__ = ["Evidence", "Sample", "gather"]
