"""The report for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.text import Text

from cdk_sagemaker_algorithm.diff.classify.change import Impact
from cdk_sagemaker_algorithm.diff.formats.wording import cost_line, headline, impact_words, job_line
from cdk_sagemaker_algorithm.diff.replacement import Verdict
from cdk_sagemaker_algorithm.diff.report import AlgorithmDiff, Report
from cdk_sagemaker_algorithm.model.display_text import printable

_STYLES: Final = {
    Verdict.REFUSED: "bold red",
    Verdict.REPLACED: "bold yellow",
    Verdict.REMOVED: "bold red",
    Verdict.UNDECIDED: "bold magenta",
    Verdict.CREATED: "bold green",
    Verdict.CHANGED_IN_PLACE: "bold cyan",
    Verdict.UNCHANGED: "dim",
}
_COLORS: Final = {
    Impact.BREAKING: "red",
    Impact.UNDECIDED: "magenta",
    Impact.BEHAVIOR: "yellow",
    Impact.COMPATIBLE: "green",
    Impact.DOCUMENTATION: "blue",
    Impact.VALIDATION: "cyan",
    Impact.NONE: "dim",
}
_WIDTH: Final = max(len(impact.label) for impact in Impact)


def to_text(report: Report) -> Text:
    """The report in lines, with colors.

    Args:
        report: A comparison.

    Returns:
        Text that a rich console prints, with colors where the terminal has them.
    """
    lines = [Text(headline(report), style="bold")]
    for entry in report.algorithms:
        lines += [Text(""), *_algorithm(entry)]
    return Text("\n").join(lines)


def _algorithm(entry: AlgorithmDiff) -> Iterator[Text]:
    words = impact_words(entry)
    yield Text.assemble(
        (printable(entry.path), "bold"),
        "  ",
        (entry.verdict.label, _STYLES[entry.verdict]),
        *(("  ", (words, _COLORS[entry.impact])) if words else ()),
    )
    for reason in entry.reasons:
        yield Text(f"  {printable(reason)}")
    for change in entry.changes:
        label = change.impact.label.ljust(_WIDTH)
        yield Text.assemble("  ", (label, _COLORS[change.impact]), "  ", printable(change.text))
        aside = "; ".join(
            filter(None, (change.reason, f"accepted before: {change.counterexample}" if change.counterexample else ""))
        )
        if aside:
            yield Text(f"  {' ' * _WIDTH}    {printable(aside)}", style="dim")
    if entry.cost is not None:
        yield Text.assemble(("  validation  ", "bold"), printable(cost_line(entry, entry.cost)))
        for job in entry.cost.jobs:
            yield Text(f"    {printable(job_line(job))}")
    for note in entry.notes:
        yield Text.assemble(("  note  ", "bold"), printable(note))
