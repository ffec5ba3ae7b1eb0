"""The program accepts all command lines in the documentation."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

from cdk_sagemaker_algorithm.cli.app import app
from tests.support.page_runs import SCENARIOS, commands
from tests.support.pages import PAGES, ROOT, command_lines, words_of

LINES = [(page, line) for page in PAGES for line in command_lines(page)]
PROGRAM: Any = typer.main.get_command(app)
#: Blocks of commands that need a real account, a registry, or the AWS CLI.
NOT_RUN = 8
CONTEXT: Any = PROGRAM.make_context("cdk-sagemaker-algorithm", [], resilient_parsing=True)


def options_of(command: Any) -> set[str]:
    return {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}


def unknown(line: str) -> list[str]:
    """The words of a command line that the program has not: a command, or options."""
    name, *words = [word.strip("[]") for word in words_of(line)] or [""]
    if name.startswith("-"):
        return [word for word in (name, *words) if word not in options_of(PROGRAM) | {"-h", "--help"}]
    if name not in PROGRAM.list_commands(CONTEXT):
        return [name]
    _, command, _ = PROGRAM.resolve_command(CONTEXT, [name])
    known = options_of(command) | {"-h", "--help"}
    return [word for word in words if re.match(r"--?[a-z]", word) and word.partition("=")[0] not in known]


def test_there_are_command_lines() -> None:
    assert len(LINES) > 15


@pytest.mark.parametrize(("page", "line"), LINES, ids=lambda each: each.name if isinstance(each, Path) else each)
def test_a_command_line_is_one_of_the_program(page: Path, line: str) -> None:
    assert unknown(line) == [], f"{page}: {line}"


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("cdk-sagemaker-algorithm deploy", ["deploy"]),
        ("cdk-sagemaker-algorithm watch --stock Forest | tee log", ["--stock"]),
        ("cdk-sagemaker-algorithm local --fail training=x -- cdk deploy --all", []),
    ],
)
def test_what_the_program_has_not_is_noticed(line: str, wrong: list[str]) -> None:
    assert unknown(line) == wrong


def test_every_command_runs_or_says_why_not(capsys: pytest.CaptureFixture[str]) -> None:
    silent = [
        command.fence.id
        for command in commands()
        if not (command.reason or command.test or command.fence.page in SCENARIOS)
    ]
    without = [command for command in commands() if command.reason]
    with capsys.disabled():
        sys.stdout.writelines(f"\nnot run: {command.fence.id}: {command.reason}" for command in without)

    assert silent == []
    # A new command that tests do not run is a decision: raise the number with its reason in the page.
    assert len(without) == NOT_RUN


def test_every_scenario_has_its_files_and_commands() -> None:
    assert [source for needed in SCENARIOS.values() for source in needed.values() if not (ROOT / source).exists()] == []
    assert set(SCENARIOS) <= {command.fence.page for command in commands()}


def test_the_tests_that_run_a_block_are_there() -> None:
    named = {command.test for command in commands() if command.test}

    assert named
    assert [test for test in named if f'run_by("{test}")' not in (ROOT / test).read_text(encoding="utf-8")] == []
