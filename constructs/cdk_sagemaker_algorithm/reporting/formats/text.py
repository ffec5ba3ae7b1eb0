"""Format findings for a terminal: one line per finding, then evidence, fix and source, indented."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.model.display_text import counted, printable
from cdk_sagemaker_algorithm.reporting.finding import Level

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.reporting.finding import FindingReport

_COLORS = {Level.ERROR: "1;31", Level.WARNING: "1;33", Level.NOTE: "1;36"}
_DIM = "2"


def render(report: FindingReport, *, color: bool = False, width: int = 0) -> str:
    """Return the findings and the skipped checks as lines.

    Args:
        report: The findings of a tool.
        color: Whether to use terminal colors.
        width: Columns of the terminal; 0 does not break lines.
    """
    return "\n".join(_lines(report, color=color, width=width))


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


def _lines(report: FindingReport, *, color: bool, width: int) -> Iterator[str]:
    for finding in report.findings:
        where = printable(str(finding.location or finding.subject or ""))
        path = f"{printable(finding.path)}: " if finding.path else ""
        level = finding.level.value
        line = f"{where and f'{where}: '}{level}: {path}{printable(finding.message)} [{finding.rule}]"
        painted = _paint(level, _COLORS[finding.level], color=color)
        yield where + _wrapped(line, width)[len(where) :].replace(level, painted, 1)
        for line in finding.evidence:
            yield f"    {_paint(printable(line), _DIM, color=color)}"
        if finding.remedy:
            yield from (_wrapped(line, width, below=9) for line in _indented("fix: ", finding.remedy))
        if finding.source:
            yield f"    {_paint(f'source: {printable(finding.source)}', _DIM, color=color)}"
    for unchecked in report.own_not_checked:
        subject = f"{printable(unchecked.subject)}: " if unchecked.subject else ""
        line = _wrapped(f"{subject}not checked: {printable(unchecked.reason)} [{unchecked.check}]", width)
        yield line.replace("not checked", _paint("not checked", "1;35", color=color), 1)


def _indented(label: str, text: str) -> Iterator[str]:
    first, *rest = text.splitlines()
    yield f"    {label}{printable(first)}"
    for line in rest:
        yield f"    {' ' * len(label)}{printable(line)}"


def _wrapped(line: str, width: int, *, below: int = 4) -> str:
    """Return a line that breaks between words only, with a hanging indent."""
    if len(line) <= width or not width:
        return line
    indent = " " * below
    lines = textwrap.wrap(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines)


def _paint(text: str, code: str, *, color: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if color else text
