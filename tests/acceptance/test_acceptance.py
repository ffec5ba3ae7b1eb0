"""The acceptance scenarios on local AWS, and the table that they answer."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

import pytest

from cdk_sagemaker_algorithm.local import LocalAws, ValidationPlan
from tests.acceptance import command
from tests.acceptance.account import LocalAccount, RealAccount
from tests.acceptance.leftovers import clean_up
from tests.acceptance.run import TABLE, chosen, play, points, report
from tests.acceptance.scenarios import SCENARIOS
from tests.acceptance.stage import Observation, Stage

if TYPE_CHECKING:
    from pathlib import Path


SINGLE = tuple(each.name for each in SCENARIOS if each.name == "create" or each.needs_single)
OTHERS = tuple(each.name for each in SCENARIOS if each.name not in SINGLE)


@pytest.mark.e2e
@pytest.mark.parametrize(
    "names",
    # Each worker of a run takes one.
    [pytest.param(names, marks=pytest.mark.xdist_group(f"acceptance-{names[0]}")) for names in (SINGLE, OTHERS)],
    ids=["single", "others"],
)
def test_the_scenarios_succeed_on_local_aws(tmp_path: Path, names: tuple[str, ...]) -> None:
    said: list[str] = []
    with LocalAws(plan=ValidationPlan().lasting(2)) as aws:
        account = LocalAccount(aws)
        stage = Stage(account, "acceptance-test", tmp_path)
        assert play(stage, said.append, names) == {}
        assert list(account.stacks()) == []
        assert list(account.algorithms()) == []
    assert stage.observations == []
    every = [scenario.name for scenario in SCENARIOS]
    assert [line.partition(":")[0] for line in said if line.partition(":")[0] in every] == list(names)


@pytest.mark.e2e
def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    said: list[str] = []
    with LocalAws() as aws:
        account = LocalAccount(aws)
        killed = Stage(account, "acceptance-dead", tmp_path)
        for done in (killed.bootstrap(), killed.deploy("base")):
            assert done.status == 0, done.output
        assert clean_up(account, said.append, run="acceptance-test") == []
        assert {owner for _, owner in account.stacks()} == {"acceptance-dead"}
        assert clean_up(account, said.append) == []
        assert said == ["deleting stack acceptance-dead-base of run acceptance-dead"]
        assert list(account.stacks()) == []


def test_a_scenario_is_played_after_what_it_needs() -> None:
    assert [scenario.name for scenario in chosen(("tag",))] == ["create", "tag"]
    assert [scenario.name for scenario in chosen(("vpc", "create"))] == ["create", "vpc"]
    assert chosen(()) == list(SCENARIOS)


def test_the_table_and_the_scenarios_name_the_same_points() -> None:
    answered = {mark: scenario.name for scenario in SCENARIOS for mark in scenario.marks}
    table = {point.mark: point.test for point in points()}
    assert set(answered) == set(table), TABLE
    for mark, test in table.items():
        assert f"`{answered[mark]}`" in test, mark


def test_every_row_says_all() -> None:
    rows = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= len(points())
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split(" | ")]
        assert len(cells) == 4, row
        assert all(cells), row


def test_every_scenario_says_what_only_aws_can_tell() -> None:
    assert all(scenario.only_on_aws and scenario.play.__doc__ for scenario in SCENARIOS)


def test_the_report_answers_every_point() -> None:
    text = report(
        "acceptance-1",
        "account 123456789012, eu-west-1",
        [
            Observation("arn-letter-case", holds=False, evidence="ARN | in\ncapitals"),
            Observation("console-link", holds=None, evidence="open it"),
            Observation("log-delivery", holds=True, evidence="created"),
        ],
        {"vpc": "Traceback"},
    )
    for point in points():
        assert f"| `{point.mark}` |" in text
    assert "**does not hold** | ARN \\| in capitals |" in text
    assert "for a person to judge | open it |" in text
    assert "holds | created |" in text
    assert "not asked" in text
    assert "## vpc failed" in text
    assert "| `vpc` | failed |" in text
    assert f"| `create` | succeeded | {SCENARIOS[0].only_on_aws} |" in text


def test_without_credentials_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with redirect_stdout(io.StringIO()) as output:
        assert command.main(["--yes", "--region", "eu-west-1"]) == 2
    assert "no AWS account" in output.getvalue()


@pytest.mark.parametrize("answer", ["", "yes", "123456789013"])
def test_only_the_number_of_the_account_is_a_yes(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    class Nothing(RealAccount):
        """An account that must not be touched."""

        def __init__(self, profile: str | None, region: str | None) -> None:
            assert (profile, region) == (None, None)

        def identity(self) -> tuple[str, str]:
            return "123456789012", "eu-west-1"

        def stacks(self, run: str | None = None):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a double of a generator
            assert run is None
            yield "acceptance-1-base", "acceptance-1"

        def algorithms(self, run: str | None = None):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a double of a generator
            assert run is None
            yield from ()

    monkeypatch.setattr(command, "RealAccount", Nothing)

    def reply(_prompt: str) -> str:
        return answer

    monkeypatch.setattr("builtins.input", reply)
    with redirect_stdout(io.StringIO()) as output:
        assert command.main([]) == 2
    assert "account 123456789012, region eu-west-1" in output.getvalue()
    assert "US dollars" in output.getvalue()
    assert "acceptance-1" in output.getvalue()
    assert output.getvalue().endswith("nothing was created\n")
