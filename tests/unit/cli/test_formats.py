"""Every command has its output formats under the same options, and every format has a module."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from cdk_sagemaker_algorithm.cli.app import app
from cdk_sagemaker_algorithm.diff import formats as of_diff
from cdk_sagemaker_algorithm.monitoring.formats import report as of_report
from cdk_sagemaker_algorithm.monitoring.formats import status as of_status
from cdk_sagemaker_algorithm.reporting import formats as of_findings
from tests.support.pages import ROOT

#: Modules of a folder that are no formats.
SHARED = {"__init__", "wording"}


@pytest.mark.parametrize(
    ("package", "formats"),
    [
        (of_diff, of_diff.DiffFormat),
        (of_findings, of_findings.FindingFormat),
        (of_report, of_report.ReportFormat),
        (of_status, of_status.StatusFormat),
    ],
)
def test_each_format_is_a_module_of_its_name(package: ModuleType, formats: type[StrEnum]) -> None:
    folder = Path(str(package.__file__)).parent

    assert {path.stem for path in folder.glob("*.py")} - SHARED == {each.value for each in formats}


@pytest.mark.parametrize(
    ("page", "formats"),
    [
        ("docs/diff.md", of_diff.DiffFormat),
        ("docs/cli.md", of_findings.FindingFormat),
        ("docs/cli.md", of_report.ReportFormat),
        ("docs/cli.md", of_status.StatusFormat),
    ],
)
def test_the_page_of_the_command_has_every_format(page: str, formats: type[StrEnum]) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")

    assert [each.value for each in formats if f"`{each.value}`" not in text] == []


def test_json_is_the_short_form_of_a_format_for_every_command() -> None:
    group: Any = typer.main.get_command(app)
    context = group.make_context("cdk-sagemaker-algorithm", [], resilient_parsing=True)
    names = [name for name in group.list_commands(context) if name != "help"]
    options = {
        name: {option for each in group.resolve_command(context, [name])[1].params for option in each.opts}
        for name in names
    }

    assert {name for name, given in options.items() if "--json" in given} == {
        name for name, given in options.items() if {"--format", "-f"} <= given
    }
    assert {"check", "diff", "import", "local", "preflight", "report", "status", "watch"} <= {
        name for name, given in options.items() if "--json" in given
    }
