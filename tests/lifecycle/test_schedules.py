"""1,200 random schedules, the same ones each time; `make lifecycle-soak` runs others.

A schedule takes 0.2 to 0.3 s of a processor, so these are about half of the four minutes that all of tests/lifecycle
may take on two cores.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.lifecycle.conftest import SCHEDULES
from tests.lifecycle.schedules import run_schedule

BATCHES = 12
PER_BATCH = 100


@pytest.mark.parametrize("batch", range(BATCHES))
def test_nothing_leaks_and_nothing_hangs(batch: int, record_property: Callable[[str, object], None]) -> None:
    totals: Counter[str] = Counter()
    failures: list[str] = []
    for number in range(PER_BATCH):
        seed = f"{batch}-{number}"
        outcome = run_schedule(seed)
        totals.update(outcome.faults, schedules=1, invocations=outcome.invocations)
        failures += [f"seed {outcome.seed!r}: {violation}" for violation in outcome.violations]
    record_property(SCHEDULES, dict(totals))
    assert not failures, "\n".join(failures)
