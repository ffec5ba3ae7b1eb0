"""The command: its sides, its formats and its exit statuses."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from cdk_sagemaker_algorithm.cli.app import run
from tests.support.templates import definition, hyperparameter, resources, template, write, write_assembly

if TYPE_CHECKING:
    from pathlib import Path

Json = Any


@pytest.fixture
def sides(tmp_path: Path) -> tuple[str, str]:
    """Two template files, a breaking change between them."""
    request = definition()
    hyperparameter(request, "max_depth")["IsTunable"] = False
    base = write(tmp_path / "base.json", template(resources(definition())))
    head = write(tmp_path / "head.json", template(resources(request)))
    return str(base), str(head)


def test_without_fail_on_it_succeeds_whatever_it_finds(
    sides: tuple[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["diff", *sides]) == 0
    out, err = capfd.readouterr()
    assert "Prod/Churn  replace  breaking" in out
    assert err == ""


@pytest.mark.parametrize(
    ("options", "status", "hits"),
    [
        (["breaking"], 3, "breaking"),
        (["replacement"], 3, "replacement"),
        (["unknown"], 0, ""),
        (["new-arn"], 3, "new-arn"),
        (["unknown", "breaking", "replacement"], 3, "breaking, replacement"),
    ],
)
def test_fail_on(
    sides: tuple[str, str], capfd: pytest.CaptureFixture[str], options: list[str], status: int, hits: str
) -> None:
    assert run(["diff", *sides, *(word for option in options for word in ("--fail-on", option))]) == status
    err = capfd.readouterr().err
    assert err == (f"error: found what --fail-on names: {hits}\n" if hits else "")


def test_nothing_to_fail_on(sides: tuple[str, str]) -> None:
    assert run(["diff", sides[0], sides[0], "--fail-on", "breaking", "--fail-on", "replacement"]) == 0


def test_a_replacement_that_breaks_nobody(tmp_path: Path) -> None:
    base = write(tmp_path / "a.json", template(resources(definition())))
    head = write(tmp_path / "b.json", template(resources(definition(), Revision="2")))
    assert run(["diff", str(base), str(head), "--fail-on", "breaking"]) == 0
    assert run(["diff", str(base), str(head), "--fail-on", "replacement"]) == 3


def test_json_on_standard_output(sides: tuple[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", *sides, "--format", "json", "--fail-on", "breaking"]) == 3
    assert json.loads(capfd.readouterr().out)["breaking"] is True


def test_markdown_is_utf8_whatever_the_locale(sides: tuple[str, str]) -> None:
    command = [sys.executable, "-m", "cdk_sagemaker_algorithm.cli", "diff", *sides, "--format", "markdown"]
    done = subprocess.run(command, capture_output=True, check=True, env={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"})
    assert "\N{LARGE RED CIRCLE}" in done.stdout.decode("utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "no BASE is given"),
        (["a", "b", "c"], "3 paths are given; allowed: BASE and HEAD"),
        (["--deployed", "a", "b"], "2 paths are given; allowed: HEAD alone"),
        (["missing.json", "missing.json"], "missing.json: no such file or directory"),
    ],
)
def test_wrong_usage_exits_with_2(words: list[str], message: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", *words]) == 2
    assert message in capfd.readouterr().err


def test_head_is_cdk_out_unless_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    stacks = {"Prod": template(resources(definition()))}
    write_assembly(tmp_path / "base", stacks)
    write_assembly(tmp_path / "cdk.out", stacks)
    assert run(["diff", "base"]) == 0
    assert "1 without change" in capfd.readouterr().out


def test_a_comparison_of_files_imports_neither_boto3_nor_the_cdk(sides: tuple[str, str]) -> None:
    script = (
        "import sys; from cdk_sagemaker_algorithm.cli.app import run; status = run(sys.argv[1:]);"
        "found = {'boto3', 'botocore', 'aws_cdk', 'jsii', 'yaml'} & set(sys.modules);"
        "sys.exit(f'imported {found}' if found or status else 0)"
    )
    subprocess.run([sys.executable, "-c", script, "diff", *sides], check=True, capture_output=True)
