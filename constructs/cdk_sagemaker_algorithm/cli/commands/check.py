"""`cdk-sagemaker-algorithm check`: the rules of synth, on CreateAlgorithm requests in JSON files."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from cdk_sagemaker_algorithm.cli.errors import CliError
from cdk_sagemaker_algorithm.cli.exit_statuses import FAILED, USAGE
from cdk_sagemaker_algorithm.rules import AcknowledgementError, Level, acknowledgeable
from cdk_sagemaker_algorithm.rules.json_check.files import UnreadableError, check_file, count
from cdk_sagemaker_algorithm.rules.json_check.formats import as_json, as_sarif, plain_lines, print_colored, summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdk_sagemaker_algorithm.rules.json_check.files import Located

app = typer.Typer(rich_markup_mode="markdown")

EXAMPLES = """
**Examples**

Check the files that `aws sagemaker create-algorithm --cli-input-json` takes:

    cdk-sagemaker-algorithm check algorithm.json

Let warnings fail too, all but one of them:

    cdk-sagemaker-algorithm check --strict --ignore certify-data-visible algorithm.json

Write a report for GitHub's code scanning:

    cdk-sagemaker-algorithm check --format sarif algorithms/*.json > rules.sarif

Exit status: 0 no errors, 1 errors found, 2 wrong usage or a file that cannot be read.
"""


class Format(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


Files = Annotated[list[str], typer.Argument(metavar="FILE...", help="JSON files; `-` is standard input.")]
OutputFormat = Annotated[Format, typer.Option("--format", "-f", help="How to write what is found.")]
Strict = Annotated[bool, typer.Option("--strict", help="Let warnings fail too.")]
Ignore = Annotated[
    list[str],
    typer.Option(
        "--ignore",
        metavar="ID",
        help="A rule to pass over, with or without its prefix; not one that the service is known to enforce.",
    ),
]


@app.command(epilog=EXAMPLES)
def check(
    files: Files,
    *,
    output_format: OutputFormat = Format.TEXT,
    strict: Strict = False,
    ignore: Ignore = [],  # noqa: B006 - typer's way to say that an option may be left out
) -> None:
    """Check CreateAlgorithm requests by the rules that synth applies; docs/rules.md lists them."""
    acknowledged = dict.fromkeys(ignore, "--ignore")
    _refuse_certain_rules(ignore)
    found: list[Located] = []
    unreadable = 0
    for file in files:
        try:
            found += check_file(file, acknowledged)
        except UnreadableError as error:
            unreadable += 1
            typer.echo(f"error: {error}", err=True)
    _write(found, len(files) - unreadable, output_format)
    if unreadable:
        raise typer.Exit(USAGE)
    if count(found, Level.ERROR) or (strict and found):
        raise typer.Exit(FAILED)


def _refuse_certain_rules(ignored: Sequence[str]) -> None:
    try:
        for each in ignored:
            acknowledgeable(each, "--ignore")
    except AcknowledgementError as error:
        raise CliError(str(error), exit_status=USAGE) from None


def _write(found: Sequence[Located], files: int, output_format: Format) -> None:
    if output_format is Format.JSON:
        typer.echo(as_json(found))
    elif output_format is Format.SARIF:
        typer.echo(as_sarif(found))
    elif sys.stdout.isatty():
        print_colored(found)
    else:
        for line in plain_lines(found):
            typer.echo(line)
    if output_format is Format.TEXT:
        typer.echo(summary(found, files), err=True)
