"""Format a diff report for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import Final

from rich.console import Console
from rich.text import Text

from cdk_sagemaker_algorithm.diff.classify.change import Impact
from cdk_sagemaker_algorithm.diff.comparison import AlgorithmDiff, DiffReport
from cdk_sagemaker_algorithm.diff.formats import Display
from cdk_sagemaker_algorithm.diff.formats.wording import cost_line, headline, impact_text, job_line, money, money_of
from cdk_sagemaker_algorithm.diff.replacement import PlannedAction
from cdk_sagemaker_algorithm.model.display_text import counted, printable
from cdk_sagemaker_algorithm_provider.contract.durations import duration

_STYLES: Final = {
    PlannedAction.REJECT: "bold red",
    PlannedAction.REPLACE: "bold yellow",
    PlannedAction.MOVED: "bold yellow",
    PlannedAction.DELETE: "bold red",
    PlannedAction.UNKNOWN: "bold magenta",
    PlannedAction.CREATE: "bold green",
    PlannedAction.UPDATE_IN_PLACE: "bold cyan",
    PlannedAction.NO_CHANGE: "dim",
}
_COLORS: Final = {
    Impact.BREAKING: "red",
    Impact.NEW_ARN: "bright_red",
    Impact.UNKNOWN: "magenta",
    Impact.BEHAVIOR: "yellow",
    Impact.COMPATIBLE: "green",
    Impact.DOCUMENTATION: "blue",
    Impact.VALIDATION: "cyan",
    Impact.NONE: "dim",
}
# The longest label is rare, so it may reach into the next column.
_WIDTH: Final = max(len(impact.label) for impact in Impact if impact is not Impact.UNKNOWN)
_CHANGE_INDENT: Final = _WIDTH + 4


def render(report: DiffReport, display: Display) -> str:
    """Return the report as lines of text."""
    lines = [line for text, indent in _report(report, display) for line in wrapped(text, display.width, indent)]
    if not display.color:
        return "\n".join(line.plain for line in lines)
    # Wider than any line: the lines are already wrapped.
    console = Console(file=StringIO(), force_terminal=True, color_system="standard", width=10_000, highlight=False)
    with console.capture() as capture:
        for line in lines:
            console.print(line, soft_wrap=True)
    return capture.get().rstrip("\n")


def wrapped(text: Text, width: int | None, indent: int) -> Iterator[Text]:
    """Wrap a line between words, so that names and URIs can be copied.

    Args:
        text: One line.
        width: Maximum columns; None does not wrap.
        indent: Spaces before every line except the first.
    """
    plain, start, first = text.plain, 0, True
    while width is not None and len(plain) - start > (room := width if first else width - indent):
        blank = len(plain[start:]) - len(plain[start:].lstrip())
        cut = plain.rfind(" ", start + blank + 1, start + room + 1)
        if cut < 0:
            cut = plain.find(" ", start + blank + 1)
        if cut < 0:
            break
        yield Text(" " * (0 if first else indent)) + text[start:cut]
        start, first = cut + len(plain[cut:]) - len(plain[cut:].lstrip()), False
    yield Text(" " * (0 if first else indent)) + text[start:]


def _report(report: DiffReport, display: Display) -> Iterator[tuple[Text, int]]:
    yield Text(headline(report), style="bold"), 0
    if display.prices is not None and (total := money(report, display.prices).text):
        yield Text(f"cost of validation: {total} ({display.prices.origin})"), 0
    unchanged = [entry for entry in report.algorithms if is_quiet(entry)]
    for entry in report.algorithms:
        if not is_quiet(entry):
            yield Text(""), 0
            yield from _algorithm(entry, display)
    if unchanged:
        names = ", ".join(printable(entry.path) for entry in unchanged)
        yield Text(""), 0
        yield Text(f"{counted(len(unchanged), 'algorithm')} without change: {names}", style="dim"), 2


def is_quiet(entry: AlgorithmDiff) -> bool:
    """Return whether an entry has nothing to report except the name."""
    return entry.action is PlannedAction.NO_CHANGE and not (entry.changes or entry.notes or entry.reasons)


def _algorithm(entry: AlgorithmDiff, display: Display) -> Iterator[tuple[Text, int]]:
    impacts = impact_text(entry.impacts)
    yield (
        Text.assemble(
            (printable(entry.path), "bold"),
            "  ",
            (entry.action.label, _STYLES[entry.action]),
            *(("  ", (impacts, _COLORS[entry.impact])) if impacts else ()),
        ),
        4,
    )
    for reason in entry.reasons:
        yield Text(f"  {printable(reason)}"), 4
    for change in entry.changes:
        label = change.impact.label.ljust(_WIDTH)
        yield Text.assemble("  ", (label, _COLORS[change.impact]), "  ", printable(change.text)), _CHANGE_INDENT
        proof = f"accepted before: {change.counterexample}" if change.counterexample else ""
        aside = "; ".join(filter(None, (change.reason, proof)))
        if aside:
            yield Text(f"  {' ' * _WIDTH}    {printable(aside)}", style="dim"), _CHANGE_INDENT + 2
    if entry.cost is not None:
        yield Text.assemble(("  validation  ", "bold"), printable(cost_line(entry, entry.cost))), 14
        for job in entry.cost.jobs:
            yield Text(f"    {printable(job_line(job))}"), 6
    if entry.waiting:
        yield Text.assemble(("  waiting  ", "bold"), f"the deployment waits up to {duration(entry.waiting)}"), 11
    if display.prices is not None and (price := money_of(entry, display.prices).text):
        yield Text.assemble(("  cost  ", "bold"), printable(price)), 8
    for note in entry.notes:
        yield Text.assemble(("  note  ", "bold"), printable(note)), 8
