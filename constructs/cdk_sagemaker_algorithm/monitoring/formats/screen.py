"""An snapshot as one screen of a terminal. This module needs rich, which comes with the extra `[cli]`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cdk_sagemaker_algorithm.model.display_text import printable_lines as printable
from cdk_sagemaker_algorithm.monitoring.formats.console_links import algorithm_link, job_link, log_link
from cdk_sagemaker_algorithm.monitoring.formats.wording import (
    STATE_WORDS,
    headline,
    moment,
    next_steps,
    number,
    phase_text,
    spent,
)
from cdk_sagemaker_algorithm.monitoring.snapshot import JobSnapshot, Snapshot, Step, Summary
from cdk_sagemaker_algorithm_provider.contract.durations import duration

_STYLES: Mapping[str, str] = MappingProxyType(
    {
        "Completed": "green",
        "done": "green",
        "Failed": "bold red",
        "Stopped": "bold red",
        "failed": "bold red",
        "Deleted": "bold red",
        "InProgress": "cyan",
        "running": "bold cyan",
        "Pending": "yellow",
        "Deleting": "yellow",
        "Stopping": "yellow",
    }
)


@dataclass(frozen=True, slots=True)
class DisplayOptions:
    """How things are drawn.

    Attributes:
        unicode: Whether the terminal can show more than ASCII.
        console_links: Whether links to the AWS console lead anywhere, as they do not on local AWS.
        addresses: Whether the links are written out, and not only behind the names that a click opens.
    """

    unicode: bool = True
    console_links: bool = True
    addresses: bool = False

    def mark(self, state: str) -> str:
        """The sign of a state.

        Args:
            state: A step's state, or a status of the API.
        """
        signs = _SIGNS if self.unicode else _ASCII_SIGNS
        return signs.get(state, signs["waiting"])

    def link(self, text: str, address: str) -> Text:
        """A text that a click leads on from, where terminals can do that.

        Args:
            text: The text.
            address: Where it leads.
        """
        return Text(text, style=f"link {address}" if self.console_links else "", overflow="fold")

    @property
    def arrow(self) -> str:
        """What leads from a step to the next."""
        return "──" if self.unicode else "--"


_SIGNS = {
    "Completed": "✔",
    "done": "✔",
    "Failed": "✘",
    "Stopped": "✘",
    "failed": "✘",
    "Deleted": "✘",
    "InProgress": "●",
    "running": "●",
    "waiting": "○",
    "absent": "·",
    "unreached": "·",
}
_ASCII_SIGNS = {
    "Completed": "+",
    "done": "+",
    "Failed": "x",
    "Stopped": "x",
    "failed": "x",
    "Deleted": "x",
    "InProgress": "*",
    "running": "*",
    "waiting": ".",
    "absent": "-",
    "unreached": "-",
}


def style_of(state: str) -> str:
    """The colours of a state; the signs say the same without.

    Args:
        state: A step's state, or a status of the API.
    """
    return _STYLES.get(state, "dim")


def algorithms_table(algorithms: Iterable[Summary], now: float, look: DisplayOptions) -> Table:
    """The algorithms of an account.

    Args:
        algorithms: What is listed.
        now: The time.
        look: How things are drawn.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("", "Name", "Status", "Age", "Description"):
        table.add_column(title, no_wrap=title in ("Status", "Age"), overflow="fold")
    for each in algorithms:
        style = style_of(each.status)
        table.add_row(
            Text(look.mark(each.status), style=style),
            each.name,
            Text(each.status, style=style),
            duration(now - each.created),
            Text(printable(each.description), style="dim"),
        )
    return table


def screen(seen: Snapshot, look: DisplayOptions) -> Group:
    """All that is known, on one screen.

    Args:
        seen: The algorithm.
        look: How things are drawn.
    """
    return Group(*_sections(seen, look))


def title(seen: Snapshot, look: DisplayOptions) -> Text:
    """Name, status and what it means.

    Args:
        seen: The algorithm.
        look: How things are drawn.
    """
    style = style_of(seen.status)
    return Text.assemble(
        (f"{look.mark(seen.status)} {seen.name}", "bold"), "  ", (seen.status, style), (f"  {headline(seen)}", style)
    )


def stepper(seen: Snapshot, look: DisplayOptions, *, now: float, mark: str = "") -> Text:
    """The steps in a row.

    Args:
        seen: The algorithm.
        look: How things are drawn.
        now: The time.
        mark: The sign of the step that runs, if it is a moving one.
    """
    steps = [_step(step, look, now, mark) for step in seen.steps if step.state != "absent"]
    return Text(f" {look.arrow} ", style="dim").join(steps)


def reasons(seen: Snapshot) -> Iterator[RenderableType]:
    """Why it failed.

    Args:
        seen: The algorithm.
    """
    for what, reason in seen.reasons:
        yield Text(what, style="bold")
        yield _indented(Text(printable(reason), style="red"))


def advice(seen: Snapshot) -> Iterator[RenderableType]:
    """What to do next.

    Args:
        seen: The algorithm.
    """
    for purpose, command in next_steps(seen):
        yield Text(f"{purpose}:" if command else purpose)
        if command:
            yield _unbroken(command, style="cyan")


def _sections(seen: Snapshot, look: DisplayOptions) -> Iterator[RenderableType]:
    yield title(seen, look)
    description = seen.description.get("AlgorithmDescription")
    if description:
        yield Text(printable(description), style="dim")
    yield ""
    if any(step.state != "absent" for step in seen.steps):
        yield stepper(seen, look, now=seen.taken_at)
        yield ""
    yield _facts([*_algorithm_facts(seen, look), *_checks(seen, look)])
    if seen.jobs or seen.jobs_unknown:
        yield from _section("Jobs", _jobs(seen, look))
    if look.console_links and look.addresses:
        yield from _section("Links", _links(seen))
    # Last, because the end is what stays in sight.
    if seen.reasons:
        yield from _section("Why it failed", reasons(seen))
    if next_steps(seen):
        yield from _section("Next", advice(seen))


def _section(heading: str, content: Iterable[RenderableType]) -> Iterator[RenderableType]:
    yield ""
    yield Text(heading, style="bold underline")
    yield from content


def _indented(content: RenderableType) -> Padding:
    return Padding(content, (0, 0, 0, 2), expand=False)


def _unbroken(text: str, *, style: str = "") -> Text:
    """A text that can be copied in one piece, however long it is."""
    return Text(f"  {text}", style=style, no_wrap=True, overflow="ignore")


def _step(step: Step, look: DisplayOptions, now: float, mark: str) -> Text:
    style = style_of(step.state)
    sign = mark if mark and step.state == "running" else look.mark(step.state)
    text = Text(f"{sign} {step.name}", style=style)
    if step.job is not None:
        text.append(f" {duration(step.job.seconds(now))}", style="not bold")
    elif step.state in ("failed", "unreached", "running"):
        text.append(f" {STATE_WORDS[step.state]}", style="not bold")
    return text


def _facts(pairs: Iterable[tuple[str, RenderableType]]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in pairs:
        table.add_row(name, value)
    return table


def _algorithm_facts(seen: Snapshot, look: DisplayOptions) -> Iterator[tuple[str, RenderableType]]:
    yield "ARN", look.link(seen.arn, algorithm_link(seen))
    if seen.created is not None:
        ended = f", took {duration(seen.ended - seen.created)}" if seen.ended is not None else ""
        age = f"{duration(seen.taken_at - seen.created)} ago{ended}"
        yield "created", f"{moment(seen.created)}, {age}"


def _checks(seen: Snapshot, look: DisplayOptions) -> Iterator[tuple[str, RenderableType]]:
    """A row for each kind of check."""
    rows: dict[str, list[Text]] = {}
    for check in seen.checks:
        text = Text(f"{look.mark(check.status)} {check.name}", style=style_of(check.status))
        rows.setdefault(check.kind, []).append(text)
    for kind, texts in rows.items():
        yield kind, Text("  ").join(texts)


def _jobs(seen: Snapshot, look: DisplayOptions) -> Iterator[RenderableType]:
    if seen.jobs_unknown:
        yield Text(f"they cannot be looked up: {seen.jobs_unknown}", style="yellow")
    for job in seen.jobs:
        style = style_of(job.status)
        mark = Text(f"{look.mark(job.status)} ", style=style)
        yield Text.assemble(mark, (f"{job.kind} ", "bold"), look.link(job.name, job_link(job)))
        yield _indented(_facts(_job_facts(job, seen.taken_at, look)))


def _job_facts(job: JobSnapshot, now: float, look: DisplayOptions) -> Iterator[tuple[str, RenderableType]]:
    on = f" on {job.instances}" if job.instances else ""
    yield "status", Text.assemble((job.status, style_of(job.status)), f", {spent(job, now)}{on}")
    if job.phase is not None and job.ended is None:
        yield "phase", phase_text(job.phase)
    if job.metrics:
        yield "metrics", ", ".join(f"{metric.name} {number(metric.value)}" for metric in job.metrics)
    yield "output", job.output
    yield "log", look.link(f"{job.log_group}, streams {job.stream_prefix}*", log_link(job))


def _links(seen: Snapshot) -> Iterator[RenderableType]:
    yield _unbroken(algorithm_link(seen))
    for job in seen.jobs:
        yield _unbroken(job_link(job))
        yield _unbroken(log_link(job))
