"""Schedules without end: ``python -m tests.lifecycle.soak --minutes N``.

Seeds go on from the clock, so each run is another one. A failure prints its seed, which repeats it:
``python -m tests.lifecycle.soak --seed SEED``.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

REPORT_SECONDS = 30


def main(arguments: list[str] | None = None) -> int:
    """Run schedules for as long as told."""
    parser = argparse.ArgumentParser(prog="python -m tests.lifecycle.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long to go on (default: 10)")
    parser.add_argument("--seed", help="run this schedule alone, and tell its story")
    given = parser.parse_args(arguments)
    os.environ.setdefault("CDK_VALIDATION", "false")
    return _repeat(given.seed) if given.seed else _soak(given.minutes * 60)


def _repeat(seed: str) -> int:
    from .schedules import run_schedule  # noqa: PLC0415 (synthesis takes a second)

    outcome = run_schedule(seed)
    _say("\n".join([*outcome.story, *(f"VIOLATION {each}" for each in outcome.violations)]))
    return 1 if outcome.violations else 0


def _soak(seconds: float) -> int:
    from .schedules import run_schedule  # noqa: PLC0415 (synthesis takes a second)

    begun = reported = time.monotonic()
    first = time.time_ns() // 1_000_000
    done = failed = 0
    while time.monotonic() - begun < seconds:
        outcome = run_schedule(f"soak {first + done}")
        done += 1
        if outcome.violations:
            failed += 1
            _say(f"seed {outcome.seed!r}:", *outcome.violations)
        if time.monotonic() - reported > REPORT_SECONDS:
            reported = time.monotonic()
            _say(f"{done} schedules, {failed} failed, {done / (reported - begun):.0f}/s")
    _say(f"{done} schedules, {failed} failed")
    return 1 if failed else 0


def _say(*lines: str) -> None:
    sys.stdout.write("\n  ".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
