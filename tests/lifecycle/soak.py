"""Endless schedules: ``python -m tests.lifecycle.soak --minutes N``.

Seeds go on from the clock, so each run is another one. A failure prints its seed, which repeats it:
``python -m tests.lifecycle.soak --seed SEED``. ``--without`` leaves kinds of trouble out, ``--from`` begins at a seed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Collection

os.environ.setdefault("CDK_VALIDATION", "false")

from tests.lifecycle.schedules import TROUBLES, Trouble, run_schedule

REPORT_SECONDS = 30


def main(arguments: list[str] | None = None) -> int:
    """Run schedules for the given time."""
    parser = argparse.ArgumentParser(prog="python -m tests.lifecycle.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long to go on (default: 10)")
    parser.add_argument("--schedules", type=int, help="how many to run at most (default: as many as there is time for)")
    parser.add_argument("--from", dest="first", type=int, help="number of the first seed (default: from the clock)")
    parser.add_argument("--without", nargs="*", default=[], choices=TROUBLES, help="leave these kinds of trouble out")
    parser.add_argument("--seed", help="run this schedule alone, and tell its story")
    given = parser.parse_args(arguments)
    if given.seed:
        return _repeat(given.seed, given.without)
    first = time.time_ns() // 1_000_000 if given.first is None else given.first
    return _soak(given.minutes * 60, first, given.schedules or sys.maxsize, given.without)


def _repeat(seed: str, without: Collection[Trouble]) -> int:
    outcome = run_schedule(seed, without=without)
    _say("\n".join([*outcome.story, *(f"VIOLATION {each}" for each in outcome.violations)]))
    return 1 if outcome.violations else 0


def _soak(seconds: float, first: int, most: int, without: Collection[Trouble]) -> int:
    begun = reported = time.monotonic()
    done = failed = 0
    while time.monotonic() - begun < seconds and done < most:
        outcome = run_schedule(f"soak {first + done}", without=without)
        done += 1
        if outcome.violations:
            failed += 1
            _say(f"seed {outcome.seed!r}:", *outcome.violations)
        if time.monotonic() - reported > REPORT_SECONDS:
            reported = time.monotonic()
            _say(f"{done} schedules, {failed} failed, {done / (reported - begun):.0f}/s")
    _say(f"{done} schedules, {failed} failed, in {time.monotonic() - begun:.0f} s")
    return 1 if failed else 0


def _say(*lines: str) -> None:
    sys.stdout.write("\n  ".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
