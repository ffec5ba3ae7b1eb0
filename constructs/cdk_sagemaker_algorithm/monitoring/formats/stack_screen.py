"""A deployment as a screen that redraws itself: a panel for each algorithm. It needs rich, of the extra `[cli]`."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from cdk_sagemaker_algorithm.monitoring.formats.event_lines import poll_error_text
from cdk_sagemaker_algorithm.monitoring.formats.live_screen import log_text, spinner
from cdk_sagemaker_algorithm.monitoring.formats.screen import DisplayOptions, deployment_line, stepper, style_of
from cdk_sagemaker_algorithm.monitoring.formats.wording import headline
from cdk_sagemaker_algorithm.monitoring.job_logs import LogLine
from cdk_sagemaker_algorithm.monitoring.poller import PollError
from cdk_sagemaker_algorithm.monitoring.snapshot import JobSnapshot, Snapshot
from cdk_sagemaker_algorithm.monitoring.stack_watch import StackUpdate
from cdk_sagemaker_algorithm_provider.contract.durations import duration

_MOST_LINES = 1000


@dataclass(slots=True)
class StackView:
    """The screen; rich asks it for its content several times a second.

    Attributes:
        look: How things are drawn.
        interval: Seconds between two looks.
        now: The clock, in seconds since 1970.
    """

    look: DisplayOptions
    interval: float
    now: Callable[[], float] = time.time
    _seen: StackUpdate | None = None
    _poll_error: PollError | None = None
    _waiting_for: str = ""
    _tail: deque[tuple[str, JobSnapshot, LogLine]] = field(
        default_factory=lambda: deque[tuple[str, JobSnapshot, LogLine]](maxlen=_MOST_LINES)
    )

    def show(self, event: StackUpdate | PollError) -> None:
        """Take what a watch has brought.

        Args:
            event: It.
        """
        if isinstance(event, PollError):
            self._poll_error = event
            return
        self._poll_error = None
        self._seen = event
        new = [(update.snapshot.label, job, line) for update in event.updates for job, line in update.lines]
        self._tail.extend(sorted(new, key=lambda each: each[2].time))

    def wait_for(self, what: str) -> None:
        """Say what there is to wait for before there is anything to see.

        Args:
            what: It.
        """
        self._waiting_for = what
        self._poll_error = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the algorithms, shorter if they are many, and of the logs as much as fits below them."""
        height = options.max_height or console.height
        footer = self._footer()
        above = list(self._above(short=False))
        taken = _height(console, options, [*above, footer])
        if taken > height:
            above = list(self._above(short=True))
            taken = _height(console, options, [*above, footer])
        yield from above
        room = height - taken - 2
        lines = list(self._tail)[-room:] if room > 0 else []
        if lines:
            yield ""
            for label, job, line in lines:
                yield log_text(job, line, options.max_width, label)
        yield footer

    def _above(self, *, short: bool) -> Iterator[RenderableType]:
        now = self.now()
        if self._seen is None:
            yield Text(f"{spinner(self.look, now)} {self._waiting_for or 'looking'}", style="cyan")
            return
        operation = self._seen.operation
        yield deployment_line(operation, self.look)
        named = {update.snapshot.label for update in self._seen.updates}
        for update in self._seen.updates:
            yield from self._panel(update.snapshot, now, short=short)
        for each in operation.algorithms:
            if each.path not in named:
                yield Text(f"{self.look.mark('waiting')} {each.path}  {each.status}", style="dim")

    def _panel(self, seen: Snapshot, now: float, *, short: bool) -> Iterator[RenderableType]:
        style = style_of(seen.status)
        mark = self.look.mark(seen.status)
        yield Text.assemble(
            (f"{mark} {seen.label}", "bold"), "  ", (seen.status, style), (f"  {headline(seen)}", style)
        )
        if not short:
            yield Text(f"  {seen.name}", style="dim", no_wrap=True, overflow="ignore")
            if not seen.over:
                row = Text("  ").append_text(stepper(seen, self.look, now=now, mark=spinner(self.look, now)))
                yield row

    def _footer(self) -> Text:
        if self._poll_error is not None:
            return Text(poll_error_text(self._poll_error), style="yellow")
        elapsed = f"elapsed {duration(self.now() - self._seen.operation.begun)}, " if self._seen else ""
        return Text(f"{elapsed}every {self.interval:g} s; Ctrl-C ends the watch, the deployment continues", style="dim")


def _height(console: Console, options: ConsoleOptions, parts: list[RenderableType]) -> int:
    return sum(len(console.render_lines(each, options)) for each in parts)
