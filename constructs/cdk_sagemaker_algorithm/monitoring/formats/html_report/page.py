"""Format a report as one HTML file. Requires jinja2 from the extra `[cli]`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cdk_sagemaker_algorithm.model.display_text import number
from cdk_sagemaker_algorithm.monitoring import JobSnapshot, LogLine, Step
from cdk_sagemaker_algorithm.monitoring.definition_tables import images, tables, visible_to_buyers
from cdk_sagemaker_algorithm.monitoring.evidence import Evidence
from cdk_sagemaker_algorithm.monitoring.formats.comparison import compare
from cdk_sagemaker_algorithm.monitoring.formats.console_links import algorithm_link, job_link, log_link
from cdk_sagemaker_algorithm.monitoring.formats.wording import (
    STATE_WORDS,
    clock,
    headline,
    moment,
    remedies,
    spent,
)
from cdk_sagemaker_algorithm.monitoring.totals import cost, cost_text, owner_facts, totals
from cdk_sagemaker_algorithm.reporting.html_report.template_environment import html_environment
from cdk_sagemaker_algorithm.reporting.metric_plots import Plot, plot, span
from cdk_sagemaker_algorithm.reporting.prices import Prices
from cdk_sagemaker_algorithm_provider.contract.durations import duration

_PACKAGE = "cdk_sagemaker_algorithm.monitoring.formats.html_report"
_FILTERS = {"clock": clock, "duration": duration, "moment": moment, "number": number, "span": span}
_LOG_LINES = 40
_SIGNS = {"done": "✔", "failed": "✘", "running": "●", "waiting": "○", "unreached": "·"}
_STATES = {"Completed": "done", "Failed": "failed", "Stopped": "failed", "InProgress": "running"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """A phase of a job, as a part of the whole."""

    name: str
    message: str
    seconds: float
    percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _JobSection:
    """A job, as the page shows it."""

    view: JobSnapshot
    state: str
    time: str
    stretches: tuple[_Stretch, ...]
    tail: tuple[LogLine, ...]
    cut: int
    links: tuple[str, str] | None


def page(evidence: Evidence, *, console_links: bool, options: str = "", prices: Prices | None = None) -> str:
    """Return the HTML page.

    Args:
        evidence: Content of the report.
        console_links: Whether links to the AWS console lead anywhere.
        options: What suggested commands end with, such as ` --region eu-west-1`.
        prices: The prices; None if there are none.
    """
    seen = evidence.seen
    earlier = evidence.earlier
    return (
        html_environment(_PACKAGE, **_FILTERS)
        .get_template("report.html.j2")
        .render(
            seen=seen,
            state=_STATES.get(seen.state, seen.state if seen.failed else "waiting"),
            headline=headline(seen),
            steps=[(step, _step_time(step, seen.taken_at)) for step in seen.steps if step.state != "absent"],
            jobs=list(_jobs(evidence, console_links=console_links)),
            plots=list(_plots(evidence)),
            missing_metrics=[curve for curve in evidence.curves if not curve.points],
            sample=evidence.sample,
            gaps=evidence.gaps,
            tables=tables(seen.description),
            images=images(seen.description),
            buyers=visible_to_buyers(seen.description),
            certified=bool(seen.description.get("CertifyForMarketplace")),
            remedies=remedies(seen, options),
            facts=owner_facts(seen, evidence.stack_tags),
            totals=totals([seen]),
            cost="" if prices is None or not seen.jobs else cost_text(cost([seen], prices), prices),
            earlier=earlier,
            comparison=() if earlier is None else compare(earlier, seen, prices),
            console=algorithm_link(seen) if console_links else "",
            signs=_SIGNS,
            state_words=STATE_WORDS,
            states=_STATES,
        )
    )


def _step_time(step: Step, now: float) -> str:
    return duration(step.job.seconds(now)) if step.job is not None else ""


def _plots(evidence: Evidence) -> Iterator[Plot]:
    trainings = [job for job in evidence.seen.jobs if job.kind == "training"]
    start = min((job.started or job.created for job in trainings), default=0.0)
    for curve in evidence.curves:
        drawn = plot(curve.name, curve.points, start, better=curve.better)
        if drawn is not None:
            yield drawn


def _jobs(evidence: Evidence, *, console_links: bool) -> Iterator[_JobSection]:
    now = evidence.seen.taken_at
    for job in evidence.seen.jobs:
        lines = evidence.logs[job.name]
        yield _JobSection(
            view=job,
            state=_STATES.get(job.status, "running"),
            time=spent(job, now),
            stretches=tuple(_stretches(job, now)),
            tail=lines[-_LOG_LINES:],
            cut=max(0, len(lines) - _LOG_LINES),
            links=(job_link(job), log_link(job)) if console_links else None,
        )


def _stretches(job: JobSnapshot, now: float) -> Iterator[_Stretch]:
    lengths = [
        (phase, (phase.ended or (now if job.ended is None else job.ended)) - phase.started) for phase in job.phases
    ]
    whole = sum(seconds for _, seconds in lengths)
    for phase, seconds in lengths:
        if whole > 0 and seconds > 0:
            yield _Stretch(
                name=phase.name, message=phase.message, seconds=seconds, percent=round(100 * seconds / whole, 2)
            )
