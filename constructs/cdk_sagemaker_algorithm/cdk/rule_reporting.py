"""Findings as the CDK shows them: all errors of a construct at once, and warnings that can be acknowledged."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cdk_sagemaker_algorithm.rules.finding import Level

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cdk_sagemaker_algorithm.rules.finding import Finding


class Warned(NamedTuple):
    """What ``Annotations.add_warning_v2`` takes.

    Attributes:
        id: What people acknowledge.
        message: What they read.
    """

    id: str
    message: str


def error_messages(findings: Iterable[Finding]) -> list[tuple[Finding, str]]:
    """The errors, each with what people read.

    Args:
        findings: What `check` found.
    """
    return [(each, _in_full(each)) for each in findings if each.level is Level.ERROR]


def warning_messages(findings: Iterable[Finding]) -> list[Warned]:
    """The warnings, for ``Annotations.add_warning_v2``, which adds the ID to the message by itself.

    Args:
        findings: What `check` found.
    """
    return [Warned(each.rule, _in_full(each)) for each in findings if each.level is Level.WARNING]


def _in_full(finding: Finding) -> str:
    """Both spellings of the place: the user may have written either."""
    python, api = finding.python_path, finding.api_path
    where = python if python == api else f"{python} ({api})"
    return f"{where}: {finding.message}"
