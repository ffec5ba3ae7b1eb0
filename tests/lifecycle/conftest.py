"""Report the number of schedules and their injected faults."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

SCHEDULES = "lifecycle schedules"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    totals: Counter[str] = Counter()
    reports: list[Any] = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    for report in reports:
        for name, value in report.user_properties:
            if name == SCHEDULES:
                totals.update(value)
    if totals:
        schedules = totals.pop("schedules")
        faults = ", ".join(f"{count:,} x {name}" for name, count in totals.most_common())
        terminalreporter.write_line(f"{schedules:,} lifecycle schedules were run; in them: {faults}")
