"""``cdk-sagemaker-algorithm adopt``: mark an algorithm for a construct."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, assert_never

import typer

from cdk_sagemaker_algorithm.adoption import (
    AdoptionError,
    Candidate,
    Difference,
    LiveAlgorithm,
    differences,
    ensure_adoptable,
    find_candidate,
    mark,
    read,
    tag_differences,
    withheld,
)
from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.assembly.load import load
from cdk_sagemaker_algorithm.cli.algorithm_options import RequiredName, given_options, name_of
from cdk_sagemaker_algorithm.cli.confirmation import Yes, confirm
from cdk_sagemaker_algorithm.cli.errors import CliError
from cdk_sagemaker_algorithm.cli.exit_statuses import FAILED, MISSING, USAGE
from cdk_sagemaker_algorithm.cli.output import Json, TextOrJson, TextOrJsonFormat, write
from cdk_sagemaker_algorithm.cli.shared_options import options_of
from cdk_sagemaker_algorithm.cli.synthesis import App, assembly_of
from cdk_sagemaker_algorithm.model.display_text import printable
from cdk_sagemaker_algorithm.reporting.envelope import PROGRAM, envelope, to_text
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import ADOPTER_TAG

if TYPE_CHECKING:
    from collections.abc import Sequence

app = typer.Typer(rich_markup_mode="markdown")

EXAMPLES = """
**Examples**

Mark an algorithm for the construct of the app in cdk.out that declares its name, then adopt it by deploying:

    cdk-sagemaker-algorithm adopt wine-quality

    cdk deploy

Choose the construct:

    cdk-sagemaker-algorithm adopt wine-quality --stack Wine --construct Wine/Quality
"""

StackName = Annotated[str, typer.Option("--stack", metavar="STACK", help="Name or construct path of the stack.")]
Construct = Annotated[
    str,
    typer.Option("--construct", metavar="PATH", help="Path of the construct, the end of the path, or the logical ID."),
]


@app.command("adopt", epilog=EXAMPLES)
def adopt(
    context: typer.Context,
    name: RequiredName,
    *,
    app_command: App = None,
    stack: StackName = "",
    construct: Construct = "",
    yes: Yes = False,
    output_format: TextOrJsonFormat = TextOrJson.TEXT,
    as_json: Json = False,
) -> None:
    """Mark an algorithm, so that the next deployment adopts it without validating it again.

    Shows what differs between algorithm and definition, as far as DescribeAlgorithm returns it, and asks. Only a
    tag is set, with your own credentials. An adopted algorithm is given back when its resource goes: the stack never
    deletes it. `import --exact-name` writes the construct.

    Exit status: 0 marked, 1 failure, 2 wrong usage, 4 no such algorithm.
    """
    from cdk_sagemaker_algorithm.cli.clients import Clients  # noqa: PLC0415 - start-up time of --help

    options = options_of(context)
    name = name_of(options, name)
    try:
        candidate = find_candidate(
            load(assembly_of(app_command, Path("cdk.out"))), name, stack=stack, construct=construct
        )
    except (InputError, AdoptionError) as error:
        raise CliError(str(error), exit_status=USAGE) from error
    if options.region is not None and candidate.region not in ("", options.region):
        raise CliError(
            f"{candidate.path} belongs to a stack in {candidate.region}, and the algorithm is to be read in "
            f"{options.region}; omit --region",
            exit_status=USAGE,
        )
    options.region = options.region or candidate.region or None
    sagemaker = Clients(options)("sagemaker")
    chosen = TextOrJson.JSON if as_json else output_format
    try:
        live = read(sagemaker, name)
        ensure_adoptable(live, candidate)
        found = [*differences(live.description, candidate.definition), *tag_differences(live.tags, candidate.tags)]
        hidden = withheld(candidate.definition)
        # What the question is about stands beside it; the result alone is on standard output.
        _show(live, candidate, found, hidden, err=chosen is TextOrJson.JSON)
        confirm(f"mark {name} for {candidate.path} (stack {candidate.stack})?", yes=yes)
        mark(sagemaker, live, candidate)
    except AdoptionError as error:
        raise CliError(str(error), exit_status=MISSING if error.missing else FAILED) from error
    match chosen:
        case TextOrJson.TEXT:
            app_option = f" --app {shlex.quote(app_command)}" if app_command is not None else ""
            typer.echo(f"marked {name} for {candidate.path} (stack {candidate.stack})")
            typer.echo(f"to adopt it: cdk deploy {shlex.quote(candidate.label or candidate.stack)}{app_option}")
            typer.echo(f"to take the mark back: {PROGRAM} release {name}{given_options(options)}")
        case TextOrJson.JSON:
            write(to_text(_document(live, candidate, found, hidden)))
        case _:
            assert_never(chosen)


def _document(
    live: LiveAlgorithm, candidate: Candidate, found: Sequence[Difference], hidden: Sequence[str]
) -> dict[str, Any]:
    return envelope(
        "adopt",
        name=live.name,
        arn=live.arn,
        status=live.status,
        stack=candidate.stack,
        construct=candidate.path,
        path=candidate.logical_id,
        differences=[
            {"path": each.path, "algorithm": each.live, "definition": each.declared, "undecided": each.undecided}
            for each in found
        ],
        notCompared=list(hidden),
    )


def _show(
    live: LiveAlgorithm, candidate: Candidate, found: Sequence[Difference], hidden: Sequence[str], *, err: bool
) -> None:
    typer.echo(f"{live.name} ({live.status}) and {candidate.path}:", err=err)
    for each in found:
        declared = "-" if each.declared is None else each.declared
        note = " (known at deployment only)" if each.undecided else ""
        typer.echo(printable(f"  {each.path}: algorithm {_or_dash(each.live)}, definition {declared}{note}"), err=err)
    if not found:
        typer.echo("  no differences", err=err)
    if hidden:
        typer.echo("  not returned by DescribeAlgorithm, so not compared:", err=err)
    for path in hidden:
        typer.echo(f"    {printable(path)}", err=err)
    mark_of_other = live.tags.get(ADOPTER_TAG, candidate.adopter)
    if mark_of_other != candidate.adopter:
        typer.echo(printable(f"  marked for {mark_of_other} so far: the new mark replaces that mark"), err=err)


def _or_dash(value: str | None) -> str:
    return "-" if value is None else value
