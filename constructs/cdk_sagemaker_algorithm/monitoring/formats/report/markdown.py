"""Format validations as Markdown for issues, pull requests and job summaries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.model.display_text import number, printable_lines
from cdk_sagemaker_algorithm.monitoring.formats.comparison import compare
from cdk_sagemaker_algorithm.monitoring.formats.wording import headline, moment, next_steps, spent, untold
from cdk_sagemaker_algorithm.monitoring.totals import cost, cost_text, owner_facts, totals
from cdk_sagemaker_algorithm.reporting.formats.markdown import escaped
from cdk_sagemaker_algorithm_provider.contract.durations import duration

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.monitoring.evidence import Evidence
    from cdk_sagemaker_algorithm.monitoring.formats.report import ValidationReport
    from cdk_sagemaker_algorithm.monitoring.job_logs import LogLine
    from cdk_sagemaker_algorithm.monitoring.snapshot import Snapshot
    from cdk_sagemaker_algorithm.reporting.prices import Prices

_SIGNS = {"Completed": "✅", "failed": "❌", "Deleted": "🗑️"}
_LOG_LINES = 20


def render(report: ValidationReport) -> dict[str, str]:
    """Return one document with all algorithms."""
    return {f"{report.name}.md": "\n".join(_lines(report)).rstrip()}


def _lines(report: ValidationReport) -> Iterator[str]:
    operation = report.operation
    if operation is not None:
        yield f"# Stack {escaped(operation.stack)}: {escaped(operation.status)}"
        yield ""
        yield f"Began {moment(operation.begun)}, {operation.status} since {moment(operation.changed)}.".replace(
            "_", "\\_"
        )
        for what, reason in untold(operation, [each.seen for each in report.evidences]):
            yield f"- **{escaped(what)}**: {_lines_of(reason)}"
        yield ""
    for each in report.evidences:
        yield from _algorithm(each, report.options, report.prices)
        yield ""


def _algorithm(evidence: Evidence, options: str, prices: Prices | None) -> Iterator[str]:
    seen = evidence.seen
    yield f"## {_SIGNS.get(seen.state, '⏳')} {escaped(seen.name)}: {escaped(headline(seen))}"
    yield ""
    for name, value in (("ARN", seen.arn), *owner_facts(seen, evidence.stack_tags), *_times(evidence, prices)):
        yield f"- {name}: {escaped(value)}"
    for what, reason in seen.reasons:
        yield ""
        yield f"**{escaped(what)}**: {_lines_of(reason)}"
    if seen.jobs:
        yield ""
        yield "| job | status | time | instances | metrics |"
        yield "|---|---|---|---|---|"
        for job in seen.jobs:
            metrics = ", ".join(f"{metric.name} {number(metric.value)}" for metric in job.metrics)
            cells = (f"{job.kind} {job.name}", job.status, spent(job, seen.taken_at), job.instances, metrics)
            yield f"| {' | '.join(escaped(cell) for cell in cells)} |"
    if evidence.earlier is not None:
        yield from _comparison(evidence.earlier, seen, prices)
    failed = seen.failed_step
    if failed is not None and failed.job is not None:
        yield from _log(failed.job.name, evidence.logs.get(failed.job.name, ()))
    steps = next_steps(seen, options, reported=True)
    if steps:
        yield ""
        yield "Next:"
        yield ""
        for purpose, command in steps:
            yield f"- {escaped(purpose)}" + (f": `{command}`" if command else "")
    if evidence.gaps:
        yield ""
        yield "Could not be read:"
        yield ""
        yield from (f"- {escaped(gap)}" for gap in evidence.gaps)


def _comparison(earlier: Snapshot, seen: Snapshot, prices: Prices | None) -> Iterator[str]:
    yield ""
    yield f"Compared with {escaped(earlier.name)}:"
    yield ""
    yield "| what | before | now | change |"
    yield "|---|---|---|---|"
    for row in compare(earlier, seen, prices):
        yield f"| {' | '.join(escaped(cell) for cell in (row.what, row.before, row.after, row.change))} |"


def _lines_of(text: str) -> str:
    """Return a text with line breaks that a Markdown list preserves."""
    return "<br>".join(escaped(line) for line in printable_lines(text).splitlines())


def _times(evidence: Evidence, prices: Prices | None) -> Iterator[tuple[str, str]]:
    seen = evidence.seen
    found = totals([seen])
    if seen.created is not None:
        yield "Created", moment(seen.created)
    if found.wall is not None:
        yield "From creation to end", duration(found.wall)
    if found.billable is not None:
        yield "Billable instance-seconds of training", str(found.billable)
    if prices is not None and seen.jobs:
        yield "Cost", cost_text(cost([seen], prices), prices)


def _log(job: str, lines: Sequence[LogLine]) -> Iterator[str]:
    """Return the end of a log, indented: a code block that no text can end."""
    if lines:
        yield ""
        yield f"The last lines of {escaped(job)}:"
        yield ""
        yield from (f"    {line.shown}" for line in lines[-_LOG_LINES:])
