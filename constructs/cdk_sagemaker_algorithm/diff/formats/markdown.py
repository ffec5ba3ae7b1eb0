"""Format a diff report as a pull request comment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from cdk_sagemaker_algorithm.diff.classify.change import Change, Impact
from cdk_sagemaker_algorithm.diff.comparison import AlgorithmDiff, DiffReport
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
from cdk_sagemaker_algorithm.diff.replacement import PlannedAction
from cdk_sagemaker_algorithm.model.display_text import counted, printable
from cdk_sagemaker_algorithm_provider.contract.durations import duration

#: First line of the comment; a later run uses it to find and update the comment.
MARKER: Final = "<!-- cdk-sagemaker-algorithm diff -->"
#: GitHub accepts 65,536 characters in a comment; the difference is for text that a workflow adds.
LIMIT: Final = 50_000
_LONGEST: Final = 600
# Characters to keep around the difference of two values.
_CONTEXT: Final = 40
# Hashes of assets are wider than both columns.
_HASH: Final = re.compile(r"[0-9a-f]{32,}")
_HASH_START: Final = 12
_MOST_OPEN: Final = 10
_MOST_NAMES: Final = 20
_PLAIN: Final = re.compile(r"[A-Za-z0-9,;:.()'/=>%+–—…-]*")  # noqa: RUF001 - dashes of the report's own sentences
_ICONS: Final = {
    Impact.BREAKING: "\N{LARGE RED CIRCLE}",
    Impact.NEW_ARN: "\N{LARGE ORANGE CIRCLE}",
    Impact.UNKNOWN: "\N{LARGE PURPLE CIRCLE}",
    Impact.BEHAVIOR: "\N{LARGE YELLOW CIRCLE}",
    Impact.COMPATIBLE: "\N{LARGE GREEN CIRCLE}",
    Impact.DOCUMENTATION: "\N{LARGE BLUE CIRCLE}",
    Impact.VALIDATION: "\N{LARGE BROWN CIRCLE}",
    Impact.NONE: "\N{MEDIUM WHITE CIRCLE}",
}
_REJECTED: Final = "\N{NO ENTRY}"
_OPEN: Final = (Impact.BREAKING, Impact.NEW_ARN, Impact.UNKNOWN)


def render(report: DiffReport, display: Display, *, limit: int = LIMIT) -> str:
    """Return the report in Markdown: headline, table, breaking changes, then the other changes, folded.

    Args:
        report: Result of `compare`.
        display: Display options; colors and width have no effect.
        limit: Maximum number of characters; details that do not fit are omitted, and the comment reports their number.

    Returns:
        Markdown that is safe to post: all text from definitions is in code spans.
    """
    loud = [entry for entry in report.algorithms if entry.action is not PlannedAction.NO_CHANGE or entry.changes]
    quiet = [entry for entry in report.algorithms if entry not in loud]
    text = _fit("\n".join([*_head(report, display), *_table(loud, display)]), limit)
    text += "\n".join(_foot(loud, quiet))
    omitted, opened = 0, 0
    for entry in loud:
        is_open = opened < _MOST_OPEN and (entry.action is PlannedAction.REJECT or entry.impact in _OPEN)
        details = "\n".join(_details(entry, is_open=is_open))
        if not details:
            continue
        if omitted or len(text) + len(details) + 200 > limit:
            omitted += 1
        else:
            text += f"\n{details}\n"
            opened += is_open
    if omitted:
        details = counted(omitted, "algorithm")
        text += f"\nThe comment has a size limit and omits the details of {details}: run the command to see them.\n"
    return text.rstrip("\n")


def _head(report: DiffReport, display: Display) -> Iterator[str]:
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
    icon = _REJECTED if entry.action is PlannedAction.REJECT else _ICONS[entry.impact] if entry.changes else ""
    cells = [
        icon,
        code(entry.path),
        f"**{entry.action.label}**",
        impact_text(entry.impacts),
        code_free(cost_line(entry, entry.cost)) if entry.cost is not None else "",
        f"up to {duration(entry.waiting)}" if entry.waiting else "",
    ]
    if display.prices is not None:
        cells.append(code_free(money_of(entry, display.prices).text))
    return f"| {' | '.join(cells)} |"


def _foot(loud: Sequence[AlgorithmDiff], quiet: Sequence[AlgorithmDiff]) -> Iterator[str]:
    meanings = [
        f"{_ICONS[impact]} {impact.label}: {MEANINGS[impact]}"
        for impact in Impact
        if any(impact in entry.impacts for entry in loud)
    ]
    if any(entry.action is PlannedAction.REJECT for entry in loud):
        meanings.insert(0, f"{_REJECTED} reject: the deployment fails, and the algorithm stays as it is")
    if meanings:
        yield f"\n<sub>{' · '.join(meanings)}</sub>\n"
    if quiet:
        names = ", ".join(code(entry.path) for entry in quiet[:_MOST_NAMES])
        more = f" and {len(quiet) - _MOST_NAMES} more" if len(quiet) > _MOST_NAMES else ""
        yield f"\n{counted(len(quiet), 'algorithm')} without change: {names}{more}.\n"


def _fit(text: str, limit: int) -> str:
    """Cut the table at the end of a row if it exceeds the limit."""
    if len(text) <= limit - 5000:
        return text + "\n"
    kept = text[: limit - 5000].rpartition("\n")[0]
    return f"{kept}\n\nThe comment has a size limit, so the table is cut: run the command to see all rows.\n"


def _details(entry: AlgorithmDiff, *, is_open: bool) -> Iterator[str]:
    if not (entry.reasons or entry.changes or entry.notes or (entry.cost and entry.cost.jobs)):
        return
    if is_open:
        yield f"#### {code(entry.path)}: {entry.action.label}"
    else:
        count = f", {counted(len(entry.changes), 'change')}" if entry.changes else ""
        yield "<details>"
        yield f"<summary>{html_code(entry.path)}: {entry.action.label}{count}</summary>"
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
    """Return two texts as HTML code, with the differing characters marked as deleted and inserted."""
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
    middle = _HASH.sub(lambda digest: f"{digest[0][:_HASH_START]}…", middle)
    differing = f"<{tag}>{_escaped(_short(middle))}</{tag}>" if middle else ""
    return f"<code>{_escaped(head)}{differing}{_escaped(tail)}</code>"


def code_free(text: str) -> str:
    """Return a sentence with the words in code spans that can be markup, mentions or links."""
    parts: list[str] = []
    run: list[str] = []
    for word in printable(text).split(" "):
        is_open = "".join(run).count("(") > "".join(run).count(")")
        if run and _is_plain(word) and not is_open:
            parts.append(_code_with_end(" ".join(run)))
            run = []
        if run or not _is_plain(word):
            run.append(word)
        else:
            parts.append(word)
    if run:
        parts.append(_code_with_end(" ".join(run)))
    return " ".join(parts)


def _code_with_end(text: str) -> str:
    """Return text as a code span that does not include the punctuation at its end."""
    content = text.rstrip(",;:.")
    return f"{code(content)}{text[len(content) :]}"


def _is_plain(word: str) -> bool:
    return _PLAIN.fullmatch(word) is not None and "://" not in word and "www." not in word


def code(text: str) -> str:
    """Return text as a code span for a table cell, with Markdown and HTML disabled."""
    text = _short(printable(text))
    if not text:
        return ""
    if "|" in text or "`" in text or "\\" in text:
        # A pipe ends a cell even inside a code span, and Markdown parsers treat a backslash before it differently.
        return html_code(text)
    return f"`{text}`" if text.strip() == text else html_code(text)


def html_code(text: str) -> str:
    """Return text as an HTML code element, with special characters as numeric references."""
    return f"<code>{_escaped(_short(printable(text)))}</code>"


def _escaped(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9 ]", lambda match: f"&#{ord(match.group())};", text)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
