"""Show an algorithm on one terminal screen. Requires rich from the extra `[cli]`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cdk_sagemaker_algorithm.model.display_text import number
from cdk_sagemaker_algorithm.model.display_text import printable_lines as printable
from cdk_sagemaker_algorithm.monitoring.drift import adoption, drift
from cdk_sagemaker_algorithm.monitoring.formats.console_links import algorithm_link, job_link, log_link
from cdk_sagemaker_algorithm.monitoring.formats.wording import (
    STATE_WORDS,
    headline,
    moment,
    next_step_of_stack,
    next_steps,
    phase_text,
    progress,
    spent,
    untold,
)
from cdk_sagemaker_algorithm.monitoring.snapshot import JobSnapshot, Snapshot, Step, Summary
from cdk_sagemaker_algorithm.monitoring.stack_operations import StackOperation
from cdk_sagemaker_algorithm_provider.contract.durations import duration
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import stack_name

_STYLES: Mapping[str, str] = MappingProxyType(
    {
        "Completed": "green",
        "done": "green",
        "Failed": "bold red",
        "Stopped": "bold red",
        "failed": "bold red",
        "Deleted": "yellow",
        "InProgress": "cyan",
        "running": "bold cyan",
        "Pending": "yellow",
        "Deleting": "yellow",
        "Stopping": "yellow",
    }
)


@dataclass(frozen=True, slots=True)
class DisplayOptions:
    """Display options of a terminal.

    Attributes:
        unicode: Whether the terminal supports characters outside of ASCII.
        console_links: Whether links to the AWS console lead anywhere, as they do not on local AWS.
        addresses: Whether the links are written out, and not only behind the names that a click opens.
        options: What suggested commands end with, such as ` --region eu-west-1`.
        width: Columns of the terminal.
        advice: Whether to suggest what to do next.
    """

    unicode: bool = True
    console_links: bool = True
    addresses: bool = False
    options: str = ""
    width: int = 160
    advice: bool = True

    def mark(self, state: str) -> str:
        """Return the symbol of a state.

        Args:
            state: A step's state, or a status of the API.
        """
        signs = _SIGNS if self.unicode else _ASCII_SIGNS
        return signs.get(state, signs["waiting"])

    def link(self, text: str, address: str) -> Text:
        """Return a text with a link, for terminals that support links.

        Args:
            address: URL of the link.
        """
        return Text(text, style=f"link {address}" if self.console_links else "", no_wrap=True, overflow="ignore")

    @property
    def arrow(self) -> str:
        """Arrow between two steps."""
        return "──" if self.unicode else "--"


_SIGNS = {
    "Completed": "✔",
    "done": "✔",
    "Failed": "✘",
    "Stopped": "✘",
    "failed": "✘",
    "Deleted": "⊘",
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
    "Deleted": "-",
    "InProgress": "*",
    "running": "*",
    "waiting": ".",
    "absent": "-",
    "unreached": "-",
}


def style_of(state: str) -> str:
    """Return the colors of a state; its symbol has the same meaning.

    Args:
        state: A step's state, or a status of the API.
    """
    return _STYLES.get(state, "dim")


def algorithms_table(algorithms: Iterable[Summary], now: float, display: DisplayOptions) -> Group:
    """Return the table of an account's algorithms; descriptions are truncated, names are not.

    Args:
        algorithms: The algorithms to list.
        now: The time.
        display: Display options of a terminal.
    """
    rows = [(each, duration(now - each.created)) for each in algorithms]
    widths = {
        "name": max([len("Name"), *(len(each.name) for each, _ in rows)]),
        "status": max([len("Status"), *(len(each.status) for each, _ in rows)]),
        "age": max([len("Age"), *(len(age) for _, age in rows)]),
    }
    room = display.width - 2 - sum(width + 2 for width in widths.values())
    shown = room >= len("Description")

    def line(*cells: str | tuple[str, str]) -> Text:
        text = Text.assemble(*cells, no_wrap=True, overflow="ignore")
        text.rstrip()
        return text

    def cells(name: str, status: str, age: str) -> tuple[str, str, str]:
        return f"{name:<{widths['name']}}  ", f"{status:<{widths['status']}}  ", f"{age:<{widths['age']}}  "

    lines = [
        line("  ", *((cell, "bold") for cell in (*cells("Name", "Status", "Age"), "Description" if shown else "")))
    ]
    for each, age in rows:
        name, status, old = cells(each.name, each.status, age)
        style = style_of(each.status)
        about = Text(printable(each.description).replace("\n", " "))
        about.truncate(max(room, 0), overflow="ellipsis" if display.unicode else "crop")
        description = about.plain if shown else ""
        lines.append(line((f"{display.mark(each.status)} ", style), name, (status, style), old, (description, "dim")))
    return Group(*lines)


def deployment_line(operation: StackOperation, display: DisplayOptions) -> Text:
    """Return a deployment as one line.

    Args:
        operation: The deployment.
        display: Display options of a terminal.
    """
    state = "failed" if operation.failed else "done" if operation.at_rest else "running"
    since = "since" if operation.at_rest else "begun"
    time = moment(operation.changed if operation.at_rest else operation.begun)
    parts = (
        Text(f"{display.mark(state)} stack {operation.stack}", style="bold"),
        Text(operation.status, style=style_of(state)),
        Text(f"{since} {time}", style="dim"),
    )
    return _flowing(parts, "  ", display.width, indent="  ")


def failures(
    operation: StackOperation, algorithms: Sequence[Snapshot], display: DisplayOptions
) -> Iterator[RenderableType]:
    """Return why a deployment failed, without the reasons that its algorithms show, and what to do with the stack.

    Args:
        algorithms: The deployment's algorithms.
        display: Display options of a terminal.
    """
    for what, reason in untold(operation, algorithms):
        yield Text(what, style="bold")
        yield _indented(Text(printable(reason), style="red"))
    purpose, command = next_step_of_stack(operation, display.options)
    if command and display.advice:
        yield Text(f"{purpose}:")
        yield _unbroken(command, style="cyan")


def screen(seen: Snapshot, display: DisplayOptions) -> Group:
    """Return an algorithm and its validation as one screen.

    Args:
        seen: The algorithm.
        display: Display options of a terminal.
    """
    return Group(*_sections(seen, display))


def drawn(target: Console, draw: Callable[[], None]) -> str:
    """Return what a function prints to a console, without trailing spaces if the console is not a terminal.

    Args:
        target: The console.
        draw: Prints to the console.
    """
    with target.capture() as captured:
        draw()
    lines = captured.get().splitlines()
    return "\n".join(lines if target.is_terminal else (line.rstrip() for line in lines))


def print_screen(target: Console, seen: Snapshot, display: DisplayOptions) -> None:
    """Print an algorithm; if the screen is higher than the terminal, repeat its title at the end.

    Args:
        target: The console.
        seen: The algorithm.
        display: Display options of a terminal.
    """
    content = screen(seen, display)
    target.print(content, crop=False)
    if target.is_interactive and len(target.render_lines(content)) >= target.height - 1:
        target.print()
        target.print(title(seen, display))


def title(seen: Snapshot, display: DisplayOptions, *, label: str = "") -> Text:
    """Return name, status and meaning of the status.

    Args:
        seen: The algorithm.
        display: Display options of a terminal.
        label: Display name of the algorithm. Default: its name.
    """
    style = style_of(seen.state)
    name = Text.assemble((f"{display.mark(seen.state)} {label or seen.name}", "bold"), "  ", (seen.status, style))
    meaning = headline(seen)
    fits = name.cell_len + 2 + len(meaning) <= display.width
    return name.append(f"{'' if fits else chr(10)}  {meaning}", style=style)


def stepper(seen: Snapshot, display: DisplayOptions, *, now: float, mark: str = "") -> Text:
    """Return the steps in a row.

    Args:
        seen: The algorithm.
        display: Display options of a terminal.
        now: The time.
        mark: Symbol of the running step, if it is animated.
    """
    steps = [_step(step, display, now, mark) for step in seen.steps if step.state != "absent"]
    return _flowing(steps, f" {display.arrow} ", display.width - 2)


def reasons(seen: Snapshot) -> Iterator[RenderableType]:
    """Return why the validation failed.

    Args:
        seen: The algorithm.
    """
    for what, reason in seen.reasons:
        yield Text(what, style="bold")
        yield _indented(Text(printable(reason), style="red"))
    if seen.last_lines:
        yield Text("the end of its log", style="bold")
        yield _indented(Text("\n".join(seen.last_lines)))


def advice(seen: Snapshot, display: DisplayOptions) -> Iterator[RenderableType]:
    """Return what to do next.

    Args:
        seen: The algorithm.
        display: Display options of a terminal.
    """
    for purpose, command in next_steps(seen, display.options):
        yield Text(f"{purpose}:" if command else purpose)
        if command:
            yield _unbroken(command, style="cyan")


def _sections(seen: Snapshot, display: DisplayOptions) -> Iterator[RenderableType]:
    yield title(seen, display)
    description = seen.description.get("AlgorithmDescription")
    if description:
        yield Text(printable(description), style="dim")
    yield ""
    if any(step.state != "absent" for step in seen.steps):
        yield stepper(seen, display, now=seen.taken_at)
        yield ""
    yield _facts([*_algorithm_facts(seen, display), *_checks(seen, display)])
    if seen.jobs or seen.jobs_unknown:
        yield from _section("Jobs", _jobs(seen, display))
    if display.console_links and display.addresses:
        yield from _section("Links", _links(seen))
    # Last: the end of the screen stays visible.
    if seen.reasons:
        yield from _section("Why it failed", reasons(seen))
    found = tuple(drift(seen))
    if found:
        yield from _section("Drift", [Text(each.what, style="yellow") for each in found])
    if display.advice and next_steps(seen, display.options):
        yield from _section("Next", advice(seen, display))


def _section(heading: str, content: Iterable[RenderableType]) -> Iterator[RenderableType]:
    yield ""
    yield Text(heading, style="bold underline")
    yield from content


def _indented(content: RenderableType) -> Padding:
    return Padding(content, (0, 0, 0, 2), expand=False)


def _flowing(parts: Sequence[Text], separator: str, width: int, *, indent: str = "") -> Text:
    """Return parts one after the other; a line ends only between two of them."""
    flow = Text()
    column = 0
    for position, part in enumerate(parts):
        if position and column + len(separator) + part.cell_len > width:
            flow.append(f"{separator.rstrip()}\n{indent}", style="dim")
            column = len(indent)
        elif position:
            flow.append(separator, style="dim")
            column += len(separator)
        flow.append_text(part)
        column += part.cell_len
    return flow


def _unbroken(text: str, *, style: str = "") -> Text:
    """Return a text that is never wrapped, so that it can be copied."""
    return Text(f"  {text}", style=style, no_wrap=True, overflow="ignore")


def _step(step: Step, display: DisplayOptions, now: float, mark: str) -> Text:
    style = style_of(step.state)
    sign = mark if mark and step.state == "running" else display.mark(step.state)
    text = Text(f"{sign} {step.name}", style=style)
    if step.job is not None:
        text.append(f" {duration(step.job.seconds(now))}", style="not bold")
    elif step.state in ("failed", "unreached", "running"):
        text.append(f" {STATE_WORDS[step.state]}", style="not bold")
    return text


def _facts(pairs: Iterable[tuple[str, RenderableType]], *, indent: int = 0) -> Group:
    """Return labeled facts: texts to copy are not wrapped, other texts have a hanging indent."""
    rows = list(pairs)
    width = max((len(name) for name, _ in rows), default=0)
    return Group(*(_fact(name, value, width, indent) for name, value in rows))


def _fact(name: str, value: RenderableType, width: int, indent: int) -> RenderableType:
    if isinstance(value, Text) and value.no_wrap:
        # Padding would cut it at the terminal's edge.
        return Text.assemble((f"{' ' * indent}{name:<{width}}  ", "dim"), value, no_wrap=True, overflow="ignore")
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True, min_width=width)
    table.add_column()
    table.add_row(name, value)
    return Padding(table, (0, 0, 0, indent), expand=False)


def _algorithm_facts(seen: Snapshot, display: DisplayOptions) -> Iterator[tuple[str, RenderableType]]:
    yield "ARN", display.link(seen.arn, algorithm_link(seen))
    resource = seen.resource
    if resource is not None:
        if resource.construct:
            yield "construct", resource.construct
        changed = "" if resource.touched or seen.deployed is None else ", not changed by this deployment"
        fate = f", {resource.fate}" if resource.fate else ""
        fate += f"; the stack has {resource.successor}" if resource.successor else ""
        yield "stack", f"{stack_name(resource.stack)}, resource {resource.path}{fate}{changed}"
    if adoption(seen):
        yield "adoption", adoption(seen)
    if seen.created is not None:
        took = f", took {duration(seen.took)}" if seen.took is not None else ""
        yield "created", f"{moment(seen.created)}, {duration(seen.taken_at - seen.created)} ago{took}"
    if seen.failed_at is not None:
        yield "failed", moment(seen.failed_at)
    if not seen.over and seen.expected:
        yield "elapsed", progress(seen, seen.taken_at)


def _checks(seen: Snapshot, display: DisplayOptions) -> Iterator[tuple[str, RenderableType]]:
    """Return one row per kind of check."""
    rows: dict[str, list[Text]] = {}
    for check in seen.checks:
        text = Text(f"{display.mark(check.status)} {check.name}", style=style_of(check.status))
        rows.setdefault(check.kind, []).append(text)
    for kind, texts in rows.items():
        yield kind, Text("  ").join(texts)


def _jobs(seen: Snapshot, display: DisplayOptions) -> Iterator[RenderableType]:
    if seen.jobs_unknown:
        yield Text(f"they cannot be looked up: {seen.jobs_unknown}", style="yellow")
    for job in seen.jobs:
        style = style_of(job.status)
        mark = Text(f"{display.mark(job.status)} ", style=style)
        name = display.link(job.name, job_link(job))
        yield Text.assemble(mark, (f"{job.kind} ", "bold"), name, no_wrap=True, overflow="ignore")
        yield _facts(_job_facts(job, seen.taken_at, display), indent=2)


def _job_facts(job: JobSnapshot, now: float, display: DisplayOptions) -> Iterator[tuple[str, RenderableType]]:
    on = f" on {job.instances}" if job.instances else ""
    yield "status", Text.assemble((job.status, style_of(job.status)), f", {spent(job, now)}{on}")
    if job.phase is not None and job.ended is None:
        yield "phase", phase_text(job.phase)
    if job.metrics:
        yield "metrics", ", ".join(f"{metric.name} {number(metric.value)}" for metric in job.metrics)
    yield "output", Text(job.output, no_wrap=True, overflow="ignore")
    yield "log", display.link(f"{job.log_group}, streams {job.stream_prefix}*", log_link(job))


def _links(seen: Snapshot) -> Iterator[RenderableType]:
    yield _unbroken(algorithm_link(seen))
    for job in seen.jobs:
        yield _unbroken(job_link(job))
        yield _unbroken(log_link(job))
