"""What can be counted of the budgets at deploy, on a virtual clock."""

from __future__ import annotations

import pytest

from tests.benchmarks import definition, handler
from tests.benchmarks.timing import ROOT


def test_describes_in_an_hour_of_waiting() -> None:
    assert handler.describes_for_each_hour() <= 120


def test_delay_after_validation_ends() -> None:
    greatest, mean = handler.delays()
    assert greatest <= 36, "a poll comes after 25 to 35 s, in whole seconds"
    assert mean <= 16


def test_an_hour_of_waiting_takes_three_transitions_and_one_invocation_for_each_look() -> None:
    shorter, longer = (handler.simulated(validation_seconds=seconds) for seconds in (600, 600 + 3600))
    looks = longer.calls["DescribeAlgorithm"] - shorter.calls["DescribeAlgorithm"]
    # One wait more is an execution, whose answer is delivered by an invocation of its own.
    assert longer.invocations - shorter.invocations == looks + 1
    assert longer.transitions - shorter.transitions <= 3 * looks + 2


def test_a_deploy_asks_for_nothing_twice() -> None:
    deploy = handler.simulated(validation_seconds=3600)
    assert deploy.answer == "SUCCESS"
    once = {"CreateAlgorithm", "ListTags", "AddTags", "PutEvents"}
    assert {name: number for name, number in deploy.calls.items() if name in once} == dict.fromkeys(once, 1)
    # One execution for the algorithm, and one for each wait that does not find the validation ended.
    assert deploy.calls["StartExecution"] == 1 + 2
    assert deploy.calls["ListExecutions"] == 1
    assert deploy.calls.keys() == {*once, "DescribeAlgorithm", "ListExecutions", "StartExecution"}


def test_a_validation_that_never_ends_is_reported_when_its_time_is_over() -> None:
    deploy = handler.simulated(validation_seconds=30 * 3600)
    assert deploy.answer == "FAILED"
    assert deploy.calls["DescribeAlgorithm"] == pytest.approx(120 * definition.SLICES * 2880 / 3600, rel=0.03)


@pytest.mark.parametrize(
    ("seconds", "row"),
    [
        (60, "| 11 | 1,100 ms | 15 | 28 kB | $0.0016 |"),
        (3600, "| 129 | 12,900 ms | 368 | 589 kB | $0.0108 |"),
        (3 * 3600 - 600, "| 351 | 35,100 ms | 1,032 | 1.6 MB | $0.0281 |"),
    ],
)
def test_the_bill_in_the_docs_is_what_a_deploy_takes(seconds: float, row: str) -> None:
    bill = handler.cost(seconds)
    kilobytes = bill["log_kilobytes"]
    logs = f"{kilobytes / 1000:.1f} MB" if kilobytes >= 1000 else f"{kilobytes:.0f} kB"
    written = (
        f"| {bill['invocations']:,.0f} | {bill['lambda_ms']:,.0f} ms | {bill['transitions']:,.0f} | {logs} | "
        f"${bill['us_cents'] / 100:.4f} |"
    )
    assert written == row
    assert row in (ROOT / "docs/performance.md").read_text(encoding="utf-8")
