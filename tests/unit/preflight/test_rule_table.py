"""The table of rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cdk_sagemaker_algorithm.containers.logs import LogSummary
from cdk_sagemaker_algorithm.containers.training_job import HostResult, TrainingJob, TrainingResult
from cdk_sagemaker_algorithm.preflight.profile_run import ProfileRun
from cdk_sagemaker_algorithm.preflight.rules import RULES, judge
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


def test_a_failure_of_several_lines_has_one_in_the_message() -> None:
    job = TrainingJob(name="job", image="1", definition={}, specification={}, data={})
    text = "Framework Error: \x1b[2J\nTraceback\n\tline 1\nKeyError: '\u202ex'\n"
    host = HostResult(host="algo-1", container="c", exit_code=2, failure=text)
    log = LogSummary(lines=1, tail=("loading\n\nrows",), file=None)
    training = TrainingResult(
        job=job, hosts=(host,), start_time=0.0, seconds=1.0, timed_out=False, stopped=False, log=log, metrics=()
    )
    definition = {"ValidationSpecification": {"ValidationProfiles": [{"ProfileName": "Rows"}]}}
    run = ProfileRun(subject="Forest", definition=definition, index=0, training=training)
    (finding,) = [finding for finding in judge(run) if finding.rule == "training-failed"]
    assert finding.message == "the training job fails: AlgorithmError: Framework Error: \\u001b[2J …"
    assert finding.evidence == ("Traceback", "    line 1", "KeyError: '\\u202ex', exit code: 2", "loading", "rows")
