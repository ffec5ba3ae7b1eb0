"""A watch as a screen that redraws itself. This module needs rich, which comes with the extra `[cli]`."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from cdk_sagemaker_algorithm.model.json_access import structure
from cdk_sagemaker_algorithm.monitoring.formats.event_lines import poll_error_text
from cdk_sagemaker_algorithm.monitoring.formats.screen import DisplayOptions, stepper, title
from cdk_sagemaker_algorithm.monitoring.formats.wording import clock, number, phase_text, spent
from cdk_sagemaker_algorithm.monitoring.job_logs import LogLine
from cdk_sagemaker_algorithm.monitoring.metric_curves import Curve, curves
from cdk_sagemaker_algorithm.monitoring.poller import PollError, Update
from cdk_sagemaker_algorithm.monitoring.snapshot import JobSnapshot, Snapshot
from cdk_sagemaker_algorithm_provider.contract.durations import duration

_MOST_LINES = 1000
_MOST_METRICS = 8
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_ASCII_SPINNER = "|/-\\"
_BARS = "▁▂▃▄▅▆▇█"
_SPARKS = 24
_TURNS_PER_SECOND = 8


Line = tuple[JobSnapshot, LogLine, str]
E = TypeVar("E")


@dataclass(slots=True)
class LiveScreen(ABC, Generic[E]):
    """A screen of a watch; rich asks it for its content several times a second.

    Attributes:
        look: How things are drawn.
        interval: Seconds between two polls.
        now: The clock, in seconds since 1970.
    """

    look: DisplayOptions
    interval: float
    now: Callable[[], float] = time.time
    _seen: E | None = None
    _poll_error: PollError | None = None
    _waiting_for: str = ""
    _tail: deque[Line] = field(default_factory=lambda: deque[Line](maxlen=_MOST_LINES))

    def show(self, event: E | PollError) -> None:
        """Show what a poll has returned.

        Args:
            event: The event of the watch.
        """
        if isinstance(event, PollError):
            self._poll_error = event
            return
        self._poll_error = None
        self._seen = event
        self._tail.extend(self._lines(event))

    def wait_for(self, what: str) -> None:
        """Show what the watch waits for before there is anything to show.

        Args:
            what: The awaited event.
        """
        self._waiting_for = what
        self._poll_error = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw everything, shorter if it is too high, and as much of the log as fits below it."""
        height = options.max_height or console.height
        footer = self._footer()
        above = list(self._content(short=False))
        if _height(console, options, [*above, footer]) > height:
            above = list(self._content(short=True))
        yield from above
        room = height - _height(console, options, [*above, footer]) - 2
        lines = list(self._tail)[-room:] if room > 0 else []
        if lines:
            yield ""
            for job, line, label in lines:
                yield log_text(job, line, options.max_width, label)
        yield footer

    def _content(self, *, short: bool) -> Iterator[RenderableType]:
        if self._seen is None:
            yield Text(f"{spinner(self.look, self.now())} {self._waiting_for or 'looking'}", style="cyan")
        else:
            yield from self._above(self._seen, short=short)

    def _footer(self) -> Text:
        if self._poll_error is not None:
            return Text(poll_error_text(self._poll_error), style="yellow")
        return Text(f"{self._status()}every {self.interval:g} s; Ctrl-C ends the watch, {self._rest}", style="dim")

    #: What continues when the watch ends.
    _rest: ClassVar[str]

    @abstractmethod
    def _lines(self, event: E) -> Iterable[Line]:
        """Return the new log lines of an event."""

    @abstractmethod
    def _above(self, seen: E, *, short: bool) -> Iterator[RenderableType]:
        """Return what stands above the log."""

    @abstractmethod
    def _status(self) -> str:
        """Return the beginning of the footer."""


def _height(console: Console, options: ConsoleOptions, parts: list[RenderableType]) -> int:
    return sum(len(console.render_lines(each, options)) for each in parts)


@dataclass(slots=True)
class LiveView(LiveScreen[Update]):
    """One algorithm, with its metrics."""

    _rest: ClassVar[str] = "the validation continues"
    _curves: tuple[Curve, ...] = ()

    def _lines(self, event: Update) -> Iterable[Line]:
        new = [line for job, line in event.lines if job.kind == "training"]
        if new or not self._curves:
            training = structure(event.snapshot.description, "TrainingSpecification")
            self._curves = _joined(self._curves, curves(training, new))
        return [(job, line, "") for job, line in event.lines]

    def _above(self, seen: Update, *, short: bool) -> Iterator[RenderableType]:
        now, snapshot = self.now(), seen.snapshot
        yield title(snapshot, self.look)
        yield ""
        yield stepper(snapshot, self.look, now=now, mark=spinner(self.look, now))
        yield ""
        yield from self._times(snapshot, now)
        shown = [curve for curve in self._curves if curve.points][:_MOST_METRICS]
        if shown and not short:
            yield ""
            yield self._metrics(shown)

    def _status(self) -> str:
        return f"seen at {clock(self._seen.snapshot.taken_at)} UTC, " if self._seen else ""

    def _times(self, seen: Snapshot, now: float) -> Iterator[RenderableType]:
        running = seen.running_step
        job = running.job if running is not None else None
        table = Table.grid(padding=(0, 2, 0, 0))
        if seen.created is not None:
            table.add_row("elapsed", duration(now - seen.created))
        if job is not None:
            table.add_row(job.kind, spent(job, now))
        yield table
        if job is not None:
            doing = phase_text(job.phase) if job.phase else job.status
            yield Text(f"{doing}, on {job.instances}", style="dim")

    def _metrics(self, shown: Sequence[Curve]) -> Table:
        table = Table.grid(padding=(0, 2, 0, 0))
        for curve in shown:
            values = [value for _, value in curve.points]
            spark = _spark(values[-_SPARKS:]) if self.look.unicode else ""
            table.add_row(Text(curve.name), Text(number(values[-1]), style="bold"), Text(spark, style="cyan"))
        return table


def spinner(look: DisplayOptions, now: float) -> str:
    """Return a sign that moves.

    Args:
        look: How things are drawn.
        now: The time.
    """
    frames = _SPINNER if look.unicode else _ASCII_SPINNER
    return frames[int(now * _TURNS_PER_SECOND) % len(frames)]


def _joined(before: tuple[Curve, ...], new: tuple[Curve, ...]) -> tuple[Curve, ...]:
    if not before:
        return new
    return tuple(
        Curve(old.name, (*old.points, *more.points), old.better) for old, more in zip(before, new, strict=True)
    )


def log_text(job: JobSnapshot, line: LogLine, width: int, label: str = "") -> Text:
    """Return a line of a log, cut at the terminal's width.

    Args:
        job: The job that printed it.
        line: The line.
        width: Columns of the terminal.
        label: What to call the algorithm, if there are several.
    """
    where = f"{label} {job.kind}" if label else job.kind
    text = Text.assemble((f"{clock(line.time)} {where} ", "dim"), line.shown.expandtabs(4))
    text.truncate(width, overflow="ellipsis")
    return text


def _spark(values: Sequence[float]) -> str:
    """Return the values as small bars."""
    least, greatest = min(values), max(values)
    span = greatest - least
    if span == 0:
        return _BARS[0] * len(values)
    return "".join(_BARS[round((value - least) / span * (len(_BARS) - 1))] for value in values)
