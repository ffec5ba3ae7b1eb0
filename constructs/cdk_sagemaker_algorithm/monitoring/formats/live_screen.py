"""Show a watch as a screen that redraws itself.

This module needs rich, which comes with the extra `[cli]`.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cdk_sagemaker_algorithm.model.display_text import number
from cdk_sagemaker_algorithm.model.json_access import structure
from cdk_sagemaker_algorithm.monitoring.formats.event_lines import poll_error_text
from cdk_sagemaker_algorithm.monitoring.formats.screen import DisplayOptions, deployment_line, stepper, title
from cdk_sagemaker_algorithm.monitoring.formats.wording import clock, first_reason, phase_text, progress, spent
from cdk_sagemaker_algorithm.monitoring.job_logs import LogLine
from cdk_sagemaker_algorithm.monitoring.metric_curves import Curve, curves
from cdk_sagemaker_algorithm.monitoring.poller import PollError, Update
from cdk_sagemaker_algorithm.monitoring.snapshot import JobSnapshot, Snapshot
from cdk_sagemaker_algorithm.monitoring.stack_operations import StackOperation
from cdk_sagemaker_algorithm.monitoring.stack_watch import StackUpdate
from cdk_sagemaker_algorithm_provider.contract.durations import duration

_MOST_LINES = 1000
_MOST_METRICS = 8
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_ASCII_SPINNER = "|/-\\"
_BARS = "▁▂▃▄▅▆▇█"
_SPARKS = 24
_TURNS_PER_SECOND = 8


@dataclass(slots=True)
class LiveView:
    """The screen of one algorithm, or of a deployment with all its algorithms; rich asks for it several times a second.

    Attributes:
        display: Display options.
        interval: Seconds between two polls.
        now: The clock, in seconds since 1970.
    """

    display: DisplayOptions
    interval: float
    now: Callable[[], float] = time.time
    _operation: StackOperation | None = None
    _algorithms: tuple[Snapshot, ...] = ()
    _waiting_for: str = "reading"
    _poll_error: PollError | None = None
    _tail: deque[tuple[str, JobSnapshot, LogLine]] = field(
        default_factory=lambda: deque[tuple[str, JobSnapshot, LogLine]](maxlen=_MOST_LINES)
    )
    _curves: dict[str, tuple[Curve, ...]] = field(default_factory=dict[str, tuple[Curve, ...]])

    def show(self, event: Update | StackUpdate | PollError) -> None:
        """Show the result of a poll.

        Args:
            event: Result of the poll.
        """
        if isinstance(event, PollError):
            self._poll_error = event
            return
        self._poll_error = None
        self._waiting_for = ""
        self._operation = event.operation if isinstance(event, StackUpdate) else None
        updates = event.updates if isinstance(event, StackUpdate) else (event,)
        self._algorithms = tuple(update.snapshot for update in updates)
        new = [(update.snapshot.label, job, line) for update in updates for job, line in update.lines]
        self._tail.extend(sorted(new, key=lambda each: each[2].time))
        for update in updates:
            self._take_metrics(update)

    def wait_for(self, what: str, operation: StackOperation | None = None) -> None:
        """Show what the watch waits for, and the last deployment.

        Args:
            what: What the watch waits for.
            operation: The last deployment; None if there is none.
        """
        self._waiting_for = what
        self._operation = operation
        self._poll_error = None

    def _take_metrics(self, update: Update) -> None:
        seen = update.snapshot
        new = [line for job, line in update.lines if job.kind == "training"]
        if new or seen.name not in self._curves:
            training = structure(seen.description, "TrainingSpecification")
            self._curves[seen.name] = _joined(self._curves.get(seen.name, ()), curves(training, new))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the algorithms, shortened if there are many, and the last log lines that fit below them."""
        height = options.max_height or console.height
        footer = self._footer()
        above = list(self._above(short=False))
        taken = _height(console, options, [*above, footer])
        if taken > height:
            above = list(self._above(short=True))
            taken = _height(console, options, [*above, footer])
        yield from above
        room = height - taken - 3
        lines = list(self._tail)[-room:] if room > 0 else []
        if lines:
            yield ""
            several = len(self._algorithms) > 1
            for label, job, line in lines:
                yield log_text(job, line, options.max_width, label if several else "")
        if room >= 0:
            yield ""
        yield footer

    def _above(self, *, short: bool) -> Iterator[RenderableType]:
        now = self.now()
        if self._operation is not None:
            yield deployment_line(self._operation, self.display)
        if self._waiting_for:
            yield Text(f"{spinner(self.display, now)} {self._waiting_for}", style="cyan")
            return
        several = self._operation is not None
        for seen in self._algorithms:
            yield from self._panel(seen, now, short=short, labelled=several)
            if not short and len(self._algorithms) == 1 and not seen.over:
                yield ""
                yield from self._details(seen, now)
        if self._operation is not None:
            named = {seen.label for seen in self._algorithms}
            for each in self._operation.algorithms:
                if each.label not in named:
                    yield Text(f"{self.display.mark('waiting')} {each.label}  {each.status}", style="dim")

    def _panel(self, seen: Snapshot, now: float, *, short: bool, labelled: bool) -> Iterator[RenderableType]:
        yield title(seen, self.display, label=seen.label if labelled else "")
        if short:
            return
        if labelled:
            yield Text(f"  {seen.name}", style="dim", no_wrap=True, overflow="ignore")
        if seen.failed:
            yield Text(f"  {first_reason(seen)}", style="red", no_wrap=True, overflow="ellipsis")
        if not seen.over:
            steps = stepper(seen, self.display, now=now, mark=spinner(self.display, now))
            yield Padding(steps, (0, 0, 0, 2), expand=False)
            if seen.expected:
                yield Text(f"  {progress(seen, now)}", style="dim")

    def _details(self, seen: Snapshot, now: float) -> Iterator[RenderableType]:
        """Return the times and metrics of the only algorithm on the screen."""
        running = seen.running_step
        job = running.job if running is not None else None
        table = Table.grid(padding=(0, 2, 0, 0))
        if seen.created is not None and not seen.expected:
            table.add_row("elapsed", duration(max(0.0, now - seen.created)))
        if job is not None:
            table.add_row(job.kind, spent(job, now))
        yield table
        if job is not None:
            doing = phase_text(job.phase) if job.phase else job.status
            yield Text(f"{doing}, on {job.instances}", style="dim")
        shown = [curve for curve in self._curves.get(seen.name, ()) if curve.points][:_MOST_METRICS]
        if shown:
            yield ""
            yield self._metrics(shown)

    def _metrics(self, shown: Sequence[Curve]) -> Table:
        table = Table.grid(padding=(0, 2, 0, 0))
        for curve in shown:
            values = [value for _, value in curve.points]
            spark = _spark(values[-_SPARKS:]) if self.display.unicode else ""
            table.add_row(Text(curve.name), Text(number(values[-1]), style="bold"), Text(spark, style="cyan"))
        return table

    def _footer(self) -> Text:
        if self._poll_error is not None:
            return Text(poll_error_text(self._poll_error), style="yellow")
        parts: list[str] = []
        if self._algorithms:
            parts.append(f"seen at {clock(max(seen.taken_at for seen in self._algorithms))} UTC")
        elif self._operation is not None and not self._waiting_for:
            parts.append(f"elapsed {duration(max(0.0, self.now() - self._operation.begun))}")
        continues = "" if self._waiting_for else f", not the {'deployment' if self._operation else 'validation'}"
        parts.append(f"every {self.interval:g} s; Ctrl-C ends the watch{continues}")
        return Text(", ".join(parts), style="dim")


def spinner(display: DisplayOptions, now: float) -> str:
    """Return the spinner's current character.

    Args:
        display: Display options.
        now: The time.
    """
    frames = _SPINNER if display.unicode else _ASCII_SPINNER
    return frames[int(now * _TURNS_PER_SECOND) % len(frames)]


def _joined(before: tuple[Curve, ...], new: tuple[Curve, ...]) -> tuple[Curve, ...]:
    if not before:
        return new
    return tuple(
        Curve(old.name, (*old.points, *more.points), old.better) for old, more in zip(before, new, strict=True)
    )


def log_text(job: JobSnapshot, line: LogLine, width: int, label: str = "") -> Text:
    """Return a log line, truncated at the terminal's width.

    Args:
        job: The job that printed it.
        width: Columns of the terminal.
        label: Name of the algorithm, if there are several.
    """
    where = f"{label} {job.kind}" if label else job.kind
    text = Text.assemble((f"{clock(line.time)} {where} ", "dim"), line.shown.expandtabs(4))
    text.truncate(width, overflow="ellipsis")
    return text


def _spark(values: Sequence[float]) -> str:
    """Return the values as a sparkline."""
    least, greatest = min(values), max(values)
    span = greatest - least
    if span == 0:
        return _BARS[0] * len(values)
    return "".join(_BARS[round((value - least) / span * (len(_BARS) - 1))] for value in values)


def _height(console: Console, options: ConsoleOptions, parts: Sequence[RenderableType]) -> int:
    return sum(len(console.render_lines(each, options)) for each in parts)
