"""Run the scenarios in order, and report failures and every unverified point."""

from __future__ import annotations

import re
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tests.acceptance.leftovers import clean_up
from tests.acceptance.scenarios import SCENARIOS, Scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.acceptance.stage import Observation, Stage

TABLE = Path(__file__).parents[2] / "docs" / "unverified.md"
_ROW = re.compile(r"^\| `([a-z0-9-]+)`: (.+)$")


@dataclass(frozen=True, slots=True)
class Point:
    """A row of docs/unverified.md that a scenario answers.

    Attributes:
        mark: Its name.
        assumption: What the code assumes.
        test: The test that will tell.
    """

    mark: str
    assumption: str
    test: str


def points() -> list[Point]:
    """The rows of docs/unverified.md that have a mark."""
    found: list[Point] = []
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if match := _ROW.match(line):
            cells = [cell.strip() for cell in match[2].strip().removesuffix("|").split(" | ")]
            found.append(Point(match[1], cells[1], cells[-1]))
    return found


def play(stage: Stage, say: Callable[[str], None], only: tuple[str, ...] = ()) -> dict[str, str]:
    """Run the scenarios, and clean up in every case.

    Args:
        stage: Where.
        say: Takes a line for each step.
        only: Names of the scenarios to play, besides what they need; all if left out.

    Returns:
        What went wrong, by scenario; nothing if all went well.
    """
    failures: dict[str, str] = {}
    try:
        say("bootstrapping, and deploying the bucket that the jobs write to")
        for done in (stage.bootstrap(), stage.deploy("base")):
            if done.status:
                return {"base": done.output}
        for scenario in chosen(only):
            say(f"{scenario.name}: {(scenario.play.__doc__ or '').splitlines()[0]}")
            if not stage.account.real:
                say(f"  on AWS only: {scenario.only_on_aws}")
            try:
                scenario.play(stage)
            except Exception as error:  # noqa: BLE001 - the other scenarios tell more
                failures[scenario.name] = traceback.format_exc()
                say(f"{scenario.name}: FAILED: {type(error).__name__} {str(error)[:200]}")
    finally:
        left = clean_up(stage.account, say, run=stage.run)
        if left:
            failures["clean-up"] = "\n".join(left)
    return failures


def chosen(only: tuple[str, ...]) -> list[Scenario]:
    """The scenarios to play: those with these names and the one that they need, or all."""
    named = [scenario for scenario in SCENARIOS if not only or scenario.name in only]
    if all(scenario.name != "create" for scenario in named) and any(scenario.needs_single for scenario in named):
        named.insert(0, next(scenario for scenario in SCENARIOS if scenario.name == "create"))
    return named


def report(
    run: str, where: str, observations: list[Observation], failures: Mapping[str, str], only: tuple[str, ...] = ()
) -> str:
    """The report: an answer for each marked point of docs/unverified.md, the scenarios, and the failures.

    Args:
        run: The run's name.
        where: Account and region.
        observations: What was seen.
        failures: What went wrong, by scenario.
        only: Names of the scenarios that were played; all if left out.
    """
    seen = {observation.mark: observation for observation in observations}
    lines = [
        f"# Acceptance run {run}",
        "",
        f"{where}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC. {len(failures)} scenarios failed.",
        "",
        "| point | the code assumes | answer | what was seen |",
        "|---|---|---|---|",
    ]
    for point in points():
        observation = seen.get(point.mark)
        answer = "not asked" if observation is None else _ANSWERS[observation.holds]
        evidence = "" if observation is None else " ".join(observation.evidence.split()).replace("|", "\\|")[:600]
        lines.append(f"| `{point.mark}` | {point.assumption} | {answer} | {evidence} |")
    lines += ["", "| scenario | result | what local AWS cannot show |", "|---|---|---|"]
    played = [] if "base" in failures else chosen(only)
    for scenario in SCENARIOS:
        result = "failed" if scenario.name in failures else "succeeded" if scenario in played else "not played"
        lines.append(f"| `{scenario.name}` | {result} | {scenario.only_on_aws} |")
    for name, text in failures.items():
        lines += ["", f"## {name} failed", "", "```text", text[-6000:], "```"]
    return "\n".join([*lines, ""])


_ANSWERS: Mapping[bool | None, str] = {True: "holds", False: "**does not hold**", None: "for a person to judge"}
