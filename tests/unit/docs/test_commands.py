"""The command lines in the documentation are ones that the program takes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main

from cdk_sagemaker_algorithm.cli.app import app
from tests.support.pages import PAGES, command_lines, words_of

LINES = [(page, line) for page in PAGES for line in command_lines(page)]
PROGRAM: Any = typer.main.get_command(app)
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
