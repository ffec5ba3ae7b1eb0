"""A deployment as a screen that redraws itself: a panel for each algorithm. It needs rich, of the extra `[cli]`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from rich.console import RenderableType
from rich.text import Text

from cdk_sagemaker_algorithm.monitoring.formats.live_screen import Line, LiveScreen, spinner
from cdk_sagemaker_algorithm.monitoring.formats.screen import deployment_line, stepper, style_of
from cdk_sagemaker_algorithm.monitoring.formats.wording import headline
from cdk_sagemaker_algorithm.monitoring.snapshot import Snapshot
from cdk_sagemaker_algorithm.monitoring.stack_watch import StackUpdate
from cdk_sagemaker_algorithm_provider.contract.durations import duration


@dataclass(slots=True)
class StackView(LiveScreen[StackUpdate]):
    """The algorithms of a deployment, shorter if they are many."""

    _rest: ClassVar[str] = "the deployment continues"

    def _lines(self, event: StackUpdate) -> Iterable[Line]:
        new = [(job, line, update.snapshot.label) for update in event.updates for job, line in update.lines]
        return sorted(new, key=lambda each: each[1].time)

    def _above(self, seen: StackUpdate, *, short: bool) -> Iterator[RenderableType]:
        now = self.now()
        yield deployment_line(seen.operation, self.look)
        named = {update.snapshot.label for update in seen.updates}
        for update in seen.updates:
            yield from self._panel(update.snapshot, now, short=short)
        for each in seen.operation.algorithms:
            if each.path not in named:
                yield Text(f"{self.look.mark('waiting')} {each.path}  {each.status}", style="dim")

    def _status(self) -> str:
        return f"elapsed {duration(self.now() - self._seen.operation.begun)}, " if self._seen else ""

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
