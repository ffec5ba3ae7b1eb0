"""Stories and schedules find deliberate bugs; `make lifecycle-mutants` runs all of the list."""

from __future__ import annotations

import pytest

from tests.lifecycle.mutants import MUTANTS, Mutant, gives_away, survived
from tests.lifecycle.schedules import run_schedule

#: Those that are found soonest; the others take up to hundreds of schedules.
QUICK = (
    "forgets that a request was begun",
    "takes a throttle for a refusal",
    "deletes without asking whose it is",
    "takes a refused deletion for done",
    "believes the first look",
    "answers when the hour is over",
    "is pleased with a failed validation",
    "takes an answer that did not arrive for delivered",
)


@pytest.mark.parametrize("mutant", [each for each in MUTANTS if each.name in QUICK], ids=lambda mutant: mutant.name)
def test_a_deliberate_bug_is_found(mutant: Mutant) -> None:
    schedules, violation = survived(mutant, patience=60)

    assert violation, f"survived {schedules} schedules"
    assert run_schedule(f"mutant {schedules}").violations == [], "the schedule that finds it passes without it"


@pytest.mark.parametrize("mutant", [each for each in MUTANTS if each.story], ids=lambda mutant: mutant.name)
def test_a_story_finds_the_bug_that_it_is_about(mutant: Mutant) -> None:
    assert mutant.story is not None

    assert gives_away(mutant, mutant.story)


def test_each_bug_has_its_name() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    assert set(QUICK) <= {mutant.name for mutant in MUTANTS}
