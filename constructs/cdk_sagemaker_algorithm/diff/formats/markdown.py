"""The report as a comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from cdk_sagemaker_algorithm.diff.classify.change import Change, Impact
from cdk_sagemaker_algorithm.diff.formats import Display
from cdk_sagemaker_algorithm.diff.formats.wording import (
    MEANINGS,
    cost_line,
    headline,
    impact_text,
    job_line,
    money,
    money_of,
)
from cdk_sagemaker_algorithm.diff.replacement import Verdict
from cdk_sagemaker_algorithm.diff.report import AlgorithmDiff, Report
from cdk_sagemaker_algorithm.model.display_text import counted, printable
from cdk_sagemaker_algorithm_provider.contract.durations import duration

#: The comment's first line, by which a later run finds the comment that it updates.
MARKER: Final = "<!-- cdk-sagemaker-algorithm diff -->"
#: GitHub takes 65,536 characters in a comment; the rest is for what a workflow adds.
LIMIT: Final = 50_000
_LONGEST: Final = 600
# What is kept around the characters that differ, in values of two columns.
_CONTEXT: Final = 40
_MOST_OPEN: Final = 10
_MOST_NAMES: Final = 20
_PLAIN: Final = re.compile(r"[A-Za-z0-9 ,;:.()'/=>%+–—…-]*")  # noqa: RUF001 - dashes of our own sentences
_ICONS: Final = {
    Impact.BREAKING: "\N{LARGE RED CIRCLE}",
    Impact.NEW_ARN: "\N{LARGE ORANGE CIRCLE}",
    Impact.UNDECIDED: "\N{LARGE PURPLE CIRCLE}",
    Impact.BEHAVIOR: "\N{LARGE YELLOW CIRCLE}",
    Impact.COMPATIBLE: "\N{LARGE GREEN CIRCLE}",
    Impact.DOCUMENTATION: "\N{LARGE BLUE CIRCLE}",
    Impact.VALIDATION: "\N{LARGE BROWN CIRCLE}",
    Impact.NONE: "\N{MEDIUM WHITE CIRCLE}",
}
_OPEN: Final = (Impact.BREAKING, Impact.NEW_ARN, Impact.UNDECIDED)


def render(report: Report, display: Display, *, limit: int = LIMIT) -> str:
    """Return the report in Markdown: headline, table, what breaks, then the rest, folded.

    Args:
        report: A comparison.
        display: How to write it.
        limit: The most characters; details that do not fit are left out, and the comment says so.

    Returns:
        Markdown that is safe to post: all text from definitions is in code spans.
    """
    loud = [entry for entry in report.algorithms if entry.verdict is not Verdict.UNCHANGED or entry.changes]
    quiet = [entry for entry in report.algorithms if entry not in loud]
    text = _fit("\n".join([*_head(report, display), *_table(loud, display)]), limit)
    text += "\n".join(_foot(loud, quiet))
    left_out, opened = 0, 0
    for entry in loud:
        is_open = opened < _MOST_OPEN and (entry.verdict is Verdict.REFUSED or entry.impact in _OPEN)
        details = "\n".join(_details(entry, is_open=is_open))
        if not details:
            continue
        if left_out or len(text) + len(details) + 200 > limit:
            left_out += 1
        else:
            text += f"\n{details}\n"
            opened += is_open
    if left_out:
        text += (
            f"\nDetails of {left_out} more are left out, because a comment is limited: run the command to see them.\n"
        )
    return text.rstrip("\n")


def _head(report: Report, display: Display) -> Iterator[str]:
    yield MARKER
    yield "### SageMaker algorithms"
    yield ""
    yield f"**{code_free(headline(report))}**"
    yield ""
    if display.base or display.head:
        yield f"Deploying {code(display.head or 'HEAD')} over {code(display.base or 'BASE')}."
        yield ""
    if display.prices is not None and (total := money(report, display.prices).text):
        yield f"Cost of validation: **{code_free(total)}** ({code_free(display.prices.origin)})."
        yield ""


def _table(entries: Sequence[AlgorithmDiff], display: Display) -> Iterator[str]:
    if not entries:
        return
    priced = display.prices is not None
    yield f"| | Algorithm | Deployment | Consumers | Validation | Waiting |{' Cost |' if priced else ''}"
    yield f"|---|---|---|---|---|---|{'---|' if priced else ''}"
    for entry in entries:
        yield _row(entry, display)


def _row(entry: AlgorithmDiff, display: Display) -> str:
    icon = "\N{NO ENTRY}" if entry.verdict is Verdict.REFUSED else _ICONS[entry.impact] if entry.changes else ""
    cells = [
        icon,
        code(entry.path),
        f"**{entry.verdict.label}**",
        impact_text(entry.impacts),
        code_free(cost_line(entry, entry.cost)) if entry.cost is not None else "",
        f"up to {duration(entry.waiting)}" if entry.waiting else "",
    ]
    if display.prices is not None:
        cells.append(code_free(money_of(entry, display.prices).text))
    return f"| {' | '.join(cells)} |"


def _foot(loud: Sequence[AlgorithmDiff], quiet: Sequence[AlgorithmDiff]) -> Iterator[str]:
    impacts = [impact for impact in Impact if any(impact in entry.impacts for entry in loud)]
    if impacts:
        meanings = [f"{_ICONS[impact]} {impact.label}: {MEANINGS[impact]}" for impact in impacts]
        yield f"\n<sub>{' · '.join(meanings)}</sub>\n"
    if quiet:
        names = ", ".join(code(entry.path) for entry in quiet[:_MOST_NAMES])
        more = f" and {len(quiet) - _MOST_NAMES} more" if len(quiet) > _MOST_NAMES else ""
        yield f"\n{counted(len(quiet), 'algorithm')} unchanged in effect: {names}{more}.\n"


def _fit(text: str, limit: int) -> str:
    """The table, cut at a row's end where even that is too long."""
    if len(text) <= limit - 5000:
        return text + "\n"
    kept = text[: limit - 5000].rpartition("\n")[0]
    return f"{kept}\n\nThe table is cut, because a comment is limited: run the command to see all of it.\n"


def _details(entry: AlgorithmDiff, *, is_open: bool) -> Iterator[str]:
    if not (entry.reasons or entry.changes or entry.notes or (entry.cost and entry.cost.jobs)):
        return
    if is_open:
        yield f"#### {code(entry.path)}: {entry.verdict.label}"
    else:
        count = f", {counted(len(entry.changes), 'change')}" if entry.changes else ""
        yield "<details>"
        yield f"<summary>{html_code(entry.path)}: {entry.verdict.label}{count}</summary>"
    yield ""
    for sentence in (*entry.reasons, *entry.notes):
        yield f"- {code_free(sentence)}"
    yield from _changes(entry.changes)
    if entry.cost is not None and entry.cost.jobs:
        yield from (f"- {code_free(job_line(job))}" for job in entry.cost.jobs)
    if not is_open:
        yield "</details>"
    yield ""


def _changes(changes: Sequence[Change]) -> Iterator[str]:
    if not changes:
        return
    yield from ("", "| Consumers | What | Before | After | Why |", "|---|---|---|---|---|")
    for change in changes:
        why = code_free(change.reason)
        if change.counterexample:
            why += f"{'; ' if why else ''}accepted before: {code(change.counterexample)}"
        label = f"{_ICONS[change.impact]} {change.impact.label}"
        if change.turn is None:
            yield f"| {label} | {code(f'{change.subject}: {change.what}')} | | | {why} |"
        else:
            subject = f"{change.subject}: {change.turn.noun}" if change.turn.noun else change.subject
            before, after = marked(change.turn.before, change.turn.after)
            yield f"| {label} | {code(subject)} | {before} | {after} | {why} |"
    yield ""


def marked(before: str, after: str) -> tuple[str, str]:
    """Two texts as HTML code, the characters that differ marked as deleted and inserted.

    Args:
        before: Any text.
        after: Any text.
    """
    one, other = printable(before), printable(after)
    shorter = min(len(one), len(other))
    start = next((at for at in range(shorter) if one[at] != other[at]), shorter)
    end = next((at for at in range(shorter - start) if one[-1 - at] != other[-1 - at]), shorter - start)
    return _marked(one, start, end, "del"), _marked(other, start, end, "ins")


def _marked(text: str, start: int, end: int, tag: str) -> str:
    head, middle, tail = text[:start], text[start : len(text) - end], text[len(text) - end :]
    if len(text) > 3 * _CONTEXT:
        head = head if len(head) <= _CONTEXT else f"…{head[-_CONTEXT:]}"
        tail = tail if len(tail) <= _CONTEXT else f"{tail[:_CONTEXT]}…"
    differing = f"<{tag}>{_escaped(_short(middle))}</{tag}>" if middle else ""
    return f"<code>{_escaped(head)}{differing}{_escaped(tail)}</code>"


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
    return f"<code>{_escaped(_short(printable(text)))}</code>"


def _escaped(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9 ]", lambda match: f"&#{ord(match.group())};", text)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
