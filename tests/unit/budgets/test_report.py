"""The benchmark's table says what holds, and what does not."""

from __future__ import annotations

import pytest

from tests.benchmarks.report import Row, markdown


def row(ours: float, *, against: str | None = "peer", budget: float | None = 1.3) -> Row:
    return Row(what="synth", unit="ms", ours=ours, peers={"peer": 2.0}, against=against, budget=budget)


@pytest.mark.parametrize(("ours", "holds"), [(2.6, True), (2.7, False)])
def test_a_budget_against_a_peer_is_for_the_ratio(ours: float, holds: bool) -> None:
    assert row(ours).holds is holds


@pytest.mark.parametrize(("ours", "holds"), [(8, True), (9, False)])
def test_a_budget_against_nobody_is_for_the_figure(ours: float, holds: bool) -> None:
    assert row(ours, against=None, budget=8).holds is holds


def test_what_has_no_budget_neither_holds_nor_fails() -> None:
    assert row(1, budget=None).holds is None


def test_the_table_has_figures_ratios_and_verdicts() -> None:
    lines = markdown([row(2.7), row(2.5)]).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert "2.70 ms" in lines[2]
    assert "peer 2 (1.35)" in lines[2]
    assert "**no**" in lines[2]
    assert "<= 1.3 x peer" in lines[3]
    assert "yes" in lines[3]


def test_the_file_has_what_follows_from_the_figures() -> None:
    assert row(2.7).to_json() | {"peers": {}} == {
        "what": "synth",
        "unit": "ms",
        "ours": 2.7,
        "peers": {},
        "against": "peer",
        "budget": 1.3,
        "ratio": 1.35,
        "holds": False,
    }
