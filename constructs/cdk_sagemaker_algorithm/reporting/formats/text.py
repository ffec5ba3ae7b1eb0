"""Format findings for a terminal: one line per finding, then evidence, fix and source, indented."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.model.display_text import counted, printable
from cdk_sagemaker_algorithm.reporting.finding import Level

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.reporting.finding import Finding, FindingReport

_COLORS = {Level.ERROR: "1;31", Level.WARNING: "1;33", Level.NOTE: "1;36"}
_DIM = "2"


def render(report: FindingReport, *, color: bool = False) -> str:
    """Return the findings and the skipped checks as lines.

    Args:
        report: The findings of a tool.
        color: Whether to use terminal colors.
    """
    return "\n".join(_lines(report, color=color))


def summary(report: FindingReport, *, nouns: str = "") -> str:
    """Return the numbers of findings in one line.

    Args:
        report: The findings of a tool.
        nouns: The input, such as ``2 files``; appended after "in".
    """
    counts = [counted(report.count(level), level.value) for level in Level if report.count(level)]
    text = " and ".join([", ".join(counts[:-1]), counts[-1]] if len(counts) > 1 else counts) or "no findings"
    unchecked = f"; {len(report.own_not_checked)} not checked" if report.own_not_checked else ""
    return f"{text}{f' in {nouns}' if nouns else ''}{unchecked}"


def _lines(report: FindingReport, *, color: bool) -> Iterator[str]:
    for finding in report.findings:
        yield _headline(finding, color=color)
        for line in finding.evidence:
            yield f"    {_paint(printable(line), _DIM, color=color)}"
        if finding.remedy:
            yield from _indented("fix: ", finding.remedy)
        if finding.source:
            yield f"    {_paint(f'source: {printable(finding.source)}', _DIM, color=color)}"
    for unchecked in report.own_not_checked:
        subject = f"{printable(unchecked.subject)}: " if unchecked.subject else ""
        status = _paint("not checked", "1;35", color=color)
        yield f"{subject}{status}: {printable(unchecked.reason)} [{unchecked.check}]"


def _headline(finding: Finding, *, color: bool) -> str:
    where = [str(finding.location)] if finding.location else [finding.subject] if finding.subject else []
    level = _paint(finding.level.value, _COLORS[finding.level], color=color)
    path = [finding.path] if finding.path else []
    parts = [*map(printable, where), level, *map(printable, path), printable(finding.message)]
    return f"{': '.join(parts)} [{finding.rule}]"


def _indented(label: str, text: str) -> Iterator[str]:
    first, *rest = text.splitlines()
    yield f"    {label}{printable(first)}"
    for line in rest:
        yield f"    {' ' * len(label)}{printable(line)}"


def _paint(text: str, code: str, *, color: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if color else text
