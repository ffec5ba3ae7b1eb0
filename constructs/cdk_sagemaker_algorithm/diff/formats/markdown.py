"""The report as a comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from cdk_sagemaker_algorithm.diff.classify.change import Change, Impact
from cdk_sagemaker_algorithm.diff.formats.wording import cost_line, headline, impact_words, job_line
from cdk_sagemaker_algorithm.diff.replacement import Verdict
from cdk_sagemaker_algorithm.diff.report import AlgorithmDiff, Report
from cdk_sagemaker_algorithm.model.display_text import printable

#: The comment's first line, by which a later run finds the comment that it updates.
MARKER: Final = "<!-- cdk-sagemaker-algorithm diff -->"
#: GitHub takes 65,536 characters in a comment.
LIMIT: Final = 60_000
_LONGEST: Final = 600
_PLAIN: Final = re.compile(r"[A-Za-z0-9 ,;:.()'/=>%+–—…-]*")  # noqa: RUF001 - dashes of our own sentences
_ICONS: Final = {
    Impact.BREAKING: "\N{LARGE RED CIRCLE}",
    Impact.UNDECIDED: "\N{LARGE PURPLE CIRCLE}",
    Impact.BEHAVIOR: "\N{LARGE YELLOW CIRCLE}",
    Impact.COMPATIBLE: "\N{LARGE GREEN CIRCLE}",
}


def to_markdown(report: Report, *, limit: int = LIMIT) -> str:
    """The report in Markdown: verdict first, then a table, then the details, folded.

    Args:
        report: A comparison.
        limit: The most characters; details that do not fit are left out, and that is said.

    Returns:
        Markdown that is safe to post: whatever the definition's author wrote is in code spans.
    """
    head = [MARKER, f"**SageMaker algorithms: {code_free(headline(report))}**", ""]
    if report.algorithms:
        head += ["| | Algorithm | Verdict | For its users | Validation |", "|---|---|---|---|---|"]
        head += [_row(entry) for entry in report.algorithms]
        head.append("")
    text = _fit("\n".join(head), limit)
    left_out = 0
    for entry in report.algorithms:
        details = "\n".join(_details(entry))
        if not details:
            continue
        if left_out or len(text) + len(details) + 200 > limit:
            left_out += 1
        else:
            text += f"{details}\n"
    if left_out:
        text += (
            f"\nDetails of {left_out} more are left out, because a comment is limited: run the command to see them.\n"
        )
    return text


def _fit(text: str, limit: int) -> str:
    """The table, cut at a row's end where even that is too long."""
    if len(text) <= limit - 300:
        return text + "\n"
    kept = text[: limit - 300].rpartition("\n")[0]
    return f"{kept}\n\nThe table is cut, because a comment is limited: run the command to see all of it.\n"


def _row(entry: AlgorithmDiff) -> str:
    icon = _ICONS.get(entry.impact, "")
    validation = code_free(cost_line(entry, entry.cost)) if entry.cost is not None else ""
    verdict = f"**{entry.verdict.label}**" if entry.verdict is not Verdict.UNCHANGED else entry.verdict.label
    return f"| {icon} | {code(entry.path)} | {verdict} | {impact_words(entry)} | {validation} |"


def _details(entry: AlgorithmDiff) -> Iterator[str]:
    if not (entry.reasons or entry.changes or entry.notes or (entry.cost and entry.cost.jobs)):
        return
    count = f", {len(entry.changes)} change{'' if len(entry.changes) == 1 else 's'}" if entry.changes else ""
    yield "<details>"
    yield f"<summary>{html_code(entry.path)}: {entry.verdict.label}{count}</summary>"
    yield ""
    for sentence in (*entry.reasons, *entry.notes):
        yield f"- {code_free(sentence)}"
    if entry.cost is not None and entry.cost.jobs:
        yield from (f"- {code_free(job_line(job))}" for job in entry.cost.jobs)
    yield from _changes(entry.changes)
    yield "</details>"
    yield ""


def _changes(changes: Sequence[Change]) -> Iterator[str]:
    if not changes:
        return
    yield from ("", "| For its users | What | Change | Why |", "|---|---|---|---|")
    for change in changes:
        why = code_free(change.reason)
        if change.counterexample:
            why += f"{'; ' if why else ''}accepted before: {code(change.counterexample)}"
        label = f"{_ICONS.get(change.impact, '')} {change.impact.label}".strip()
        yield f"| {label} | {code(change.subject)} | {code(change.what)} | {why} |"
    yield ""


def code_free(text: str) -> str:
    """A sentence of ours as it is; one that carries somebody's text becomes a code span."""
    return text if _PLAIN.fullmatch(text) and "://" not in text and "www." not in text else code(text)


def code(text: str) -> str:
    """Any text as a code span, in which nothing of Markdown or HTML works, fit for a table's cell."""
    text = _short(printable(text))
    if not text:
        return ""
    if "|" in text or "`" in text or "\\" in text:
        # A pipe ends a cell even inside of a code span, and how a backslash before it is read differs.
        return html_code(text)
    return f"`{text}`" if text.strip() == text else html_code(text)


def html_code(text: str) -> str:
    """Any text as an HTML element, every character that could mean something as a number."""
    escaped = re.sub(r"[^A-Za-z0-9 ]", lambda match: f"&#{ord(match.group())};", _short(printable(text)))
    return f"<code>{escaped}</code>"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
