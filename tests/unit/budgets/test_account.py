"""``preflight --account`` takes little longer than its longest chain of calls and AWS's limit for quotas."""

from __future__ import annotations

import pytest

from tests.benchmarks.account import measure


@pytest.mark.parametrize("algorithms", [1, 200])
def test_a_run_takes_its_longest_chain_its_quotas_and_a_second(algorithms: int) -> None:
    found = measure(algorithms)

    assert found.seconds <= found.bound, found
    # Algorithms that name the same things ask no more than one.
    assert found.calls <= 34
