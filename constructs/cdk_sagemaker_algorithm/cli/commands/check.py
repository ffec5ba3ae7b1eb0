"""`cdk-sagemaker-algorithm check`: check requests in JSON files, or show the findings of a cloud assembly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.assembly.load import is_assembly
from cdk_sagemaker_algorithm.check.assembly_findings import synthesis_findings
from cdk_sagemaker_algorithm.check.explanation import explain
from cdk_sagemaker_algorithm.check.files import UnreadableError, check_file, request_files
from cdk_sagemaker_algorithm.check.findings import report
from cdk_sagemaker_algorithm.cli import completion, messages
from cdk_sagemaker_algorithm.cli.errors import CliError
from cdk_sagemaker_algorithm.cli.exit_statuses import USAGE
from cdk_sagemaker_algorithm.cli.output import (
    STANDARD_OUTPUT,
    Force,
    FormatOption,
    Json,
    OutputFile,
    Strict,
    exit_with,
    write_report,
)
from cdk_sagemaker_algorithm.model.display_text import counted
from cdk_sagemaker_algorithm.reporting.formats import FindingFormat
from cdk_sagemaker_algorithm.reporting.formats.text import summary
from cdk_sagemaker_algorithm.rules import AcknowledgementError, acknowledgeable, rule_named
from cdk_sagemaker_algorithm.rules.deployment import Deployment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdk_sagemaker_algorithm.check.files import Located
    from cdk_sagemaker_algorithm.reporting.finding import Finding

app = typer.Typer(rich_markup_mode="markdown")

EXAMPLES = """
**Examples**

Check the files that `aws sagemaker create-algorithm --cli-input-json` takes, or all of a folder:

    cdk-sagemaker-algorithm check algorithm.json algorithms/

Let warnings fail too, all but one of them:

    cdk-sagemaker-algorithm check --strict --ignore certify-data-visible algorithm.json

Compare images and roles with where the algorithm goes:

    cdk-sagemaker-algorithm check --account 123456789012 --region eu-west-1 algorithm.json

Show what synthesis found in an app, such as for code scanning:

    cdk-sagemaker-algorithm check --format sarif -o rules.sarif cdk.out

Show what a rule holds, with examples:

    cdk-sagemaker-algorithm check --explain profile-volume-size

Write a report for GitHub's code scanning:

    cdk-sagemaker-algorithm check --format sarif -o rules.sarif algorithms/

Exit status: 0 no errors, 2 wrong usage or a file that cannot be read, 3 errors found.
"""

Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE...", help="JSON files, directories with JSON files, or cloud assemblies; `-` is standard input."
    ),
]
Ignore = Annotated[
    list[str],
    typer.Option(
        "--ignore",
        metavar="RULE",
        help="Ignore a rule, with or without its prefix. Mandatory rules cannot be ignored.",
        autocompletion=completion.rule_names,
    ),
]
Explain = Annotated[
    str,
    typer.Option(
        "--explain", metavar="RULE", help="Explain a rule, with examples.", autocompletion=completion.rule_names
    ),
]
Account = Annotated[str, typer.Option("--account", metavar="ID", help="Account of the deployment.")]
Region = Annotated[str, typer.Option("--region", metavar="REGION", help="Region of the deployment.")]


@app.command(epilog=EXAMPLES)
def check(
    files: Files = None,
    *,
    output_format: FormatOption = FindingFormat.TEXT,
    json: Json = False,
    output: OutputFile = STANDARD_OUTPUT,
    force: Force = False,
    strict: Strict = False,
    ignore: Ignore = [],
    explain_rule: Explain = "",
    account: Account = "",
    region: Region = "",
) -> None:
    """Check CreateAlgorithm requests by the rules that synth applies; docs/rules.md lists them.

    For a cloud assembly, show the findings of its synthesis, in any format and even if synthesis failed.
    """
    if explain_rule:
        typer.echo(_explanation(explain_rule))
        return
    acknowledged = _acknowledged(ignore)
    deployment = Deployment(account=account or None, region=region or None)
    assemblies, requests = _inputs(files or [])
    located: list[Located] = []
    synthesized: list[Finding] = []
    checked: list[str] = []
    unreadable: dict[str, str] = {}
    for name in (*assemblies, *requests):
        try:
            if name in assemblies:
                synthesized += synthesis_findings(name, acknowledged)
            else:
                located += check_file(name, acknowledged, deployment)
            checked.append(name)
        except (UnreadableError, InputError) as error:
            unreadable[name] = str(error)
            messages.error(str(error))
    result = report(located, checked, unreadable, synthesized)
    chosen = FindingFormat.JSON if json else output_format
    # In text output, unreadable files are error messages already.
    shown = replace(result, not_checked=()) if chosen is FindingFormat.TEXT else result
    write_report(shown, chosen, Path(output), force=force)
    if chosen is FindingFormat.TEXT:
        messages.note(summary(result, nouns=counted(len(checked), "input" if assemblies else "file")))
    if unreadable:
        raise typer.Exit(USAGE)
    exit_with(result, strict=strict)


def _inputs(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the assemblies and the files of requests."""
    if not names:
        raise CliError(
            "no file is named; give JSON files, a folder, a cloud assembly, or - for standard input", exit_status=USAGE
        )
    assemblies = [name for name in dict.fromkeys(names) if is_assembly(name)]
    try:
        return assemblies, request_files(name for name in names if name not in assemblies)
    except UnreadableError as error:
        raise CliError(str(error), exit_status=USAGE) from None


def _explanation(name: str) -> str:
    try:
        return explain(rule_named(name))
    except AcknowledgementError as error:
        raise CliError(str(error), exit_status=USAGE) from None


def _acknowledged(ignored: Sequence[str]) -> dict[str, str]:
    """Map the IDs of the ignored rules to the reason."""
    try:
        return {acknowledgeable(each, "--ignore").id: "--ignore" for each in ignored}
    except AcknowledgementError as error:
        raise CliError(str(error), exit_status=USAGE) from None
