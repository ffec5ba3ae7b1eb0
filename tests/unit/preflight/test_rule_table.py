"""The table of rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cdk_sagemaker_algorithm.preflight.rules import RULES
from cdk_sagemaker_algorithm.preflight.rules.rule import RunRule
from cdk_sagemaker_algorithm.reporting import Level

PAGE = Path(__file__).parents[3] / "docs/preflight.md"


def test_ids_are_unique() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_has_requirement_remedy_and_source(rule: RunRule) -> None:
    assert re.fullmatch(r"[a-z0-9-]+", rule.id)
    assert not rule.requirement.endswith(".")
    assert rule.remedy[0].islower()
    assert rule.source.text


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.level is Level.ERROR], ids=lambda rule: rule.id)
def test_error_rests_on_a_documented_source(rule: RunRule) -> None:
    assert rule.source.documented
    assert rule.source.text.startswith("https://")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_page_lists_the_rule_with_its_level(rule: RunRule) -> None:
    assert f"| `{rule.id}` | {rule.level.value} | {rule.requirement} |" in PAGE.read_text(encoding="utf-8")
