"""Define findings and their output formats for every command that reports problems.

A tool creates a `FindingReport` of `Finding`s. A format is one module of `reporting.formats` and one row of its table.
JSON output of every command has the envelope of `reporting.envelope`.
"""

from __future__ import annotations

from cdk_sagemaker_algorithm.reporting.finding import (
    Finding,
    FindingReport,
    Level,
    Location,
    NotChecked,
    RuleDescription,
)

__all__ = ["Finding", "FindingReport", "Level", "Location", "NotChecked", "RuleDescription"]
