"""Show the steps of a run on a terminal, or as plain lines."""

from __future__ import annotations

import threading
import time

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from cdk_sagemaker_algorithm.model.display_text import printable
from cdk_sagemaker_algorithm.preflight.run import ProgressDisplay
from cdk_sagemaker_algorithm.reporting import Level

_SIGNS = {None: ("✔", "green"), Level.NOTE: ("✔", "green"), Level.WARNING: ("!", "yellow"), Level.ERROR: ("✘", "red")}
_SUBJECT = 16
_STEP = 10
_LONGEST = 400
_INDENT = "    "


class Screen(ProgressDisplay):
    """Writes a line for each step; a spinner with the elapsed time while it runs; log lines dimmed."""

    def __init__(self, console: Console, *, logs: bool = True) -> None:
        """Create a screen.

        Args:
            console: Where the lines go; only an interactive one gets the spinner.
            logs: Whether log lines are shown.
        """
        self._console = console
        self._logs = logs
        self._live: Live | None = None
        self._spinner = Spinner("dots")
        self._heading = ""
        self._started = 0.0
        self._lock = threading.Lock()

    def begin(self, subject: str, step: str) -> None:
        """Show a spinner."""
        self.close()
        self._heading = f"{subject:<{_SUBJECT}} {step:<{_STEP}}"
        self._started = time.monotonic()
        if self._console.is_interactive:
            live = Live(get_renderable=self._running, console=self._console, refresh_per_second=8, transient=True)
            self._live = live
            live.start()

    def log(self, source: str, line: str) -> None:
        """Show a line of a log."""
        if self._logs:
            with self._lock:
                self._print(Text(f"  {source:>8} | {line[:_LONGEST]}", style="dim"), wrap=False)

    def end(self, result: Level | None, summary: str) -> None:
        """Replace the spinner by the result."""
        self.close()
        sign, color = _SIGNS[result]
        self._print(Text.assemble(f"{self._heading} ", (sign, color), f" {printable(summary)}"))

    def note(self, text: str) -> None:
        """Show a separate line.

        Args:
            text: The line.
        """
        self.close()
        self._print(Text(text))

    def _print(self, text: Text, *, wrap: bool = True) -> None:
        # A terminal would break lines inside of words; a pipe gets one line.
        if wrap and self._console.is_interactive:
            lines = text.wrap(self._console, self._console.width - len(_INDENT))
            text = Text(f"\n{_INDENT}").join(lines)
        self._console.print(text, soft_wrap=True)

    def close(self) -> None:
        """Remove the spinner."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _running(self) -> Text:
        frame = self._spinner.render(time.monotonic())
        sign = frame.plain if isinstance(frame, Text) else "…"
        return Text(f"{self._heading} {sign} {time.monotonic() - self._started:.0f} s")
