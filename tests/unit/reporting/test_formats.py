from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_sagemaker_algorithm.reporting import Finding, FindingReport, Level, Location, NotChecked, RuleDescription
from cdk_sagemaker_algorithm.reporting.formats import FindingFormat, render
from cdk_sagemaker_algorithm.reporting.formats.text import render as render_text
from cdk_sagemaker_algorithm.reporting.formats.text import summary
from tests.support.json_schemas import validate

ERROR = Finding(
    rule="container-ignores-sigterm",
    level=Level.ERROR,
    message="the container ran on after SIGTERM",
    subject="Stack/Forest",
    path="TrainingSpecification.TrainingImage",
    location=Location(file="algorithm.json", line=3, column=5),
    evidence=("SIGTERM sent at 12.0 s", "killed at 132.0 s"),
    remedy="start the program with exec:\nexec python train.py",
    source="https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html",
    hours=2.5,
    details={"exitCode": 137},
)
WARNING = Finding(rule="slow-ping", level=Level.WARNING, message="/ping took 1.9 s")
UNCHECKED = NotChecked(check="role-trust", reason="not allowed to call iam:GetRole", subject="Stack/Forest")
REPORT = FindingReport(
    kind="preflight",
    findings=(ERROR, WARNING),
    not_checked=(UNCHECKED,),
    checked=("container-ignores-sigterm", "metric-found"),
    rules=(RuleDescription(id="container-ignores-sigterm", summary="Handle SIGTERM.", help="Handle SIGTERM. Why."),),
)
HOSTILE = st.text(alphabet=st.characters(codec="utf-8"), max_size=40)


def test_text() -> None:
    assert render(REPORT, FindingFormat.TEXT).splitlines() == [
        f"algorithm.json:3:5: error: {ERROR.path}: the container ran on after SIGTERM [container-ignores-sigterm]",
        "    SIGTERM sent at 12.0 s",
        "    killed at 132.0 s",
        "    fix: start the program with exec:",
        "         exec python train.py",
        f"    source: {ERROR.source}",
        "warning: /ping took 1.9 s [slow-ping]",
        "Stack/Forest: not checked: not allowed to call iam:GetRole [role-trust]",
    ]
    assert summary(REPORT, nouns="1 file") == "1 error and 1 warning in 1 file; 1 not checked"
    assert summary(FindingReport(kind="check")) == "no findings"


def test_text_in_a_narrow_terminal_breaks_between_words() -> None:
    lines = render_text(REPORT, width=50, color=True).splitlines()
    assert lines[:4] == [
        "algorithm.json:3:5: \x1b[1;31merror\x1b[0m:",
        f"    {ERROR.path}: the",
        "    container ran on after SIGTERM",
        "    [container-ignores-sigterm]",
    ]
    assert "         exec python train.py" in lines
    assert lines[-2:] == [
        "Stack/Forest: \x1b[1;35mnot checked\x1b[0m: not allowed to call",
        "    iam:GetRole [role-trust]",
    ]


def test_json_follows_its_schema() -> None:
    value = json.loads(render(REPORT, FindingFormat.JSON))
    validate(value, "findings-schema.json")
    assert value["kind"] == "preflight"
    assert value["findings"][0]["exitCode"] == 137
    assert value["notChecked"] == [
        {
            "check": "role-trust",
            "subject": "Stack/Forest",
            "reason": "not allowed to call iam:GetRole",
            "followsFrom": None,
        }
    ]


def test_sarif_has_findings_rules_and_what_was_not_checked() -> None:
    run = json.loads(render(REPORT, FindingFormat.SARIF))["runs"][0]
    first, second = run["results"]
    assert first["ruleIndex"] == 0
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "algorithm.json"},
        "region": {"startLine": 3, "startColumn": 5},
    }
    assert "ruleIndex" not in second
    assert "locations" not in second
    notification = run["invocations"][0]["toolExecutionNotifications"][0]
    assert notification["message"]["text"] == "Stack/Forest: not checked: not allowed to call iam:GetRole"
    assert run["invocations"][0]["executionSuccessful"] is False


def test_junit_counts_and_names_what_passed() -> None:
    suite = ET.fromstring(render(REPORT, FindingFormat.JUNIT))  # noqa: S314 - its own output
    assert {name: suite.get(name) for name in ("tests", "failures", "skipped")} == {
        "tests": "4",
        "failures": "1",
        "skipped": "1",
    }
    cases = {case.get("name"): [child.tag for child in case] for case in suite}
    assert cases == {
        "container-ignores-sigterm": ["failure"],
        "slow-ping": ["system-out"],
        "role-trust": ["skipped"],
        "metric-found": [],
    }


def test_junit_does_not_pass_a_file_with_a_finding() -> None:
    finding = Finding(rule="r", level=Level.ERROR, message="m", location=Location(file="bad.json", line=1))
    report = FindingReport(kind="check", findings=(finding,), checked=("bad.json", "good.json"))
    suite = ET.fromstring(render(report, FindingFormat.JUNIT))  # noqa: S314 - its own output
    assert [case.get("name") for case in suite] == ["r", "good.json"]
    assert suite.get("tests") == "2"


def test_github_annotations() -> None:
    first, second, third = render(REPORT, FindingFormat.GITHUB).splitlines()
    assert first.startswith("::error file=algorithm.json,title=container-ignores-sigterm,line=3,col=5::Stack/Forest: ")
    assert "%0Afix: start the program with exec:%0Aexec python train.py" in first
    assert second == "::warning title=slow-ping::/ping took 1.9 s"
    assert third == "::warning title=role-trust::Stack/Forest: not checked: not allowed to call iam:GetRole"


def test_gitlab_fingerprints_survive_a_moved_line() -> None:
    def fingerprint(line: int) -> Any:
        moved = Finding(rule="r", level=Level.ERROR, message="m", location=Location(file="f.json", line=line))
        return json.loads(render(FindingReport(kind="check", findings=(moved,)), FindingFormat.GITLAB))[0]

    one, other = fingerprint(1), fingerprint(9)
    assert one["fingerprint"] == other["fingerprint"]
    assert (one["location"]["lines"]["begin"], other["location"]["lines"]["begin"]) == (1, 9)
    assert one["severity"] == "critical"


def test_markdown_shows_text_as_it_is() -> None:
    text = render(REPORT, FindingFormat.MARKDOWN)
    assert "❌" in text
    assert "`container-ignores-sigterm`" in text
    assert "- Stack/Forest: not allowed to call iam:GetRole (`role-trust`)" in text
    assert f"\n\n  Source: <{ERROR.source}>" in text


@pytest.mark.parametrize(
    ("checked", "line"),
    [
        ((), "Nothing was checked."),
        (("Prod/Forest: Small: training",), "Checked: Prod/Forest: Small: training"),
        (
            tuple(f"rule{number}" for number in range(22)),
            f"Checked: {', '.join(f'rule{n}' for n in range(20))} and 2 more",
        ),
    ],
)
def test_markdown_says_what_was_checked(checked: tuple[str, ...], line: str) -> None:
    text = render(FindingReport(kind="preflight", checked=checked), FindingFormat.MARKDOWN)
    assert text == f"**no findings**\n\n{line}"


def test_markdown_has_no_mention_and_no_reference_of_an_author() -> None:
    finding = Finding(rule="r", level=Level.ERROR, message="AlgorithmError: @octocat, see o/r#1", source="@octocat")
    text = render(FindingReport(kind="check", findings=(finding,)), FindingFormat.MARKDOWN)
    assert "<code>@</code>octocat, see o/r<code>#</code>1" in text
    assert re.findall(r"(?<!>)[@#]", text) == []


@given(message=HOSTILE, evidence=HOSTILE, subject=HOSTILE, remedy=HOSTILE)
@pytest.mark.parametrize("output_format", list(FindingFormat))
def test_no_text_breaks_a_format(
    output_format: FindingFormat, message: str, evidence: str, subject: str, remedy: str
) -> None:
    finding = Finding(
        rule="r", level=Level.ERROR, message=message, evidence=(evidence,), subject=subject, remedy=remedy
    )
    report = FindingReport(kind="check", findings=(finding,))
    text = render(report, output_format)
    assert not any(ord(character) < 32 and character not in "\n\t" for character in text)
    match output_format:
        case FindingFormat.JSON | FindingFormat.SARIF | FindingFormat.GITLAB:
            json.loads(text)
        case FindingFormat.JUNIT:
            assert len(ET.fromstring(text)) == 1  # noqa: S314 - its own output
        case FindingFormat.GITHUB:
            assert len(text.splitlines()) == 1
        case FindingFormat.TEXT | FindingFormat.MARKDOWN:
            assert "[r]" in text or "`r`" in text


def test_colors_are_asked_for() -> None:
    assert "\x1b" not in render_text(REPORT)
    assert "\x1b[1;31merror\x1b[0m" in render_text(REPORT, color=True)


@pytest.mark.parametrize(
    ("report", "fails", "fails_strictly"),
    [
        (REPORT, True, True),
        (FindingReport(kind="k", findings=(WARNING,)), False, True),
        (FindingReport(kind="k", not_checked=(UNCHECKED,)), False, True),
        (FindingReport(kind="k", findings=(Finding(rule="r", level=Level.NOTE, message="m"),)), False, False),
        (FindingReport(kind="k"), False, False),
    ],
)
def test_what_fails(report: FindingReport, *, fails: bool, fails_strictly: bool) -> None:
    assert (report.failed(), report.failed(strict=True)) == (fails, fails_strictly)
