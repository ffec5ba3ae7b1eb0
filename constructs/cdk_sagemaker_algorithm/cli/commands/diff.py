"""`cdk-sagemaker-algorithm diff`: planned actions, consumer impact and validation cost of a change."""

from __future__ import annotations

import shutil
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cdk_sagemaker_algorithm.cli import messages
from cdk_sagemaker_algorithm.cli.errors import CliError
from cdk_sagemaker_algorithm.cli.exit_statuses import FOUND, USAGE
from cdk_sagemaker_algorithm.cli.output import STANDARD_OUTPUT, Force, Json, OutputFile, write
from cdk_sagemaker_algorithm.cli.price_option import PriceFile, read_prices
from cdk_sagemaker_algorithm.cli.shared_options import Options, options_of
from cdk_sagemaker_algorithm.diff import DiffReport, InputError, Stack, compare, load
from cdk_sagemaker_algorithm.diff.formats import DiffFormat, Display, render

app = typer.Typer(rich_markup_mode="markdown")

EXAMPLES = """
**Examples**

Compare two cloud assemblies:

    cdk-sagemaker-algorithm diff base/cdk.out cdk.out

Compare what is deployed with cdk.out, and fail on what breaks consumers:

    cdk-sagemaker-algorithm diff --deployed --fail-on breaking --fail-on new-arn

Write a comment for a pull request, with money:

    cdk-sagemaker-algorithm diff base/cdk.out --format markdown --prices prices.json -o comment.md

Exit status: 0 done, 1 AWS could not be asked, 2 wrong usage or unreadable
input, 3 found what --fail-on names, or the deployment is certain to be
rejected.
"""

_ASSEMBLY = Path("cdk.out")


class FailOn(StrEnum):
    """Results that fail the command, in addition to a rejected deployment."""

    BREAKING = "breaking"
    NEW_ARN = "new-arn"
    REPLACEMENT = "replacement"
    UNKNOWN = "unknown"


Paths = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="BASE [HEAD]",
        help="Cloud assemblies, templates or requests. Default of HEAD: cdk.out. --deployed replaces BASE.",
        show_default=False,
    ),
]
Deployed = Annotated[bool, typer.Option("--deployed", help="Use the deployed templates as BASE.")]
OutputFormat = Annotated[DiffFormat, typer.Option("--format", "-f", help="Output format.")]
FailOns = Annotated[
    list[FailOn] | None,
    typer.Option(
        "--fail-on",
        help="Exit with 3 if a change is breaking, an algorithm is deleted and has a successor with a new ARN, an "
        "algorithm is replaced, or a result is unknown until deployment. Can be repeated.",
        show_default=False,
    ),
]
BaseName = Annotated[str, typer.Option("--base-name", metavar="NAME", help="Display name of BASE, such as a commit.")]
HeadName = Annotated[str, typer.Option("--head-name", metavar="NAME", help="Display name of HEAD, such as a commit.")]


@app.command(epilog=EXAMPLES)
def diff(
    context: typer.Context,
    paths: Paths = None,
    *,
    deployed: Deployed = False,
    output_format: OutputFormat = DiffFormat.TEXT,
    json: Json = False,
    output: OutputFile = STANDARD_OUTPUT,
    force: Force = False,
    fail_on: FailOns = None,
    prices: PriceFile = None,
    base_name: BaseName = "",
    head_name: HeadName = "",
) -> None:
    """Show what a change does to the algorithms of an app.

    For each algorithm: whether a deployment replaces and revalidates it, how
    long that takes and costs at most, and what each change means to consumers.
    Works offline, except with --deployed.
    """
    base, head = _sides(paths or [], deployed=deployed)
    money = read_prices(prices)
    try:
        after = load(head)
        before, after = _deployed(options_of(context), after) if base is None else (load(base), after)
        report = compare(before, after)
    except InputError as error:
        raise CliError(str(error), exit_status=USAGE) from error
    to_terminal = output == STANDARD_OUTPUT and sys.stdout.isatty()
    display = Display(
        prices=money,
        base=base_name,
        head=head_name,
        color=output == STANDARD_OUTPUT and messages.uses_color(sys.stdout),
        # Do not wrap lines in a pipe.
        width=shutil.get_terminal_size().columns if to_terminal else None,
    )
    write(render(report, DiffFormat.JSON if json else output_format, display), output, force=force)
    hits = _hits(report, fail_on or [])
    if hits:
        messages.error(" and ".join(hits))
        raise typer.Exit(FOUND)


def _sides(paths: list[Path], *, deployed: bool) -> tuple[Path | None, Path]:
    most = 1 if deployed else 2
    if len(paths) > most:
        allowed = "HEAD alone, because --deployed replaces BASE" if deployed else "BASE and HEAD"
        raise CliError(f"diff: {len(paths)} paths are given; allowed: {allowed}", exit_status=USAGE)
    if deployed:
        return None, paths[0] if paths else _ASSEMBLY
    if not paths:
        raise CliError("diff: no BASE is given: name a cloud assembly or template, or --deployed", exit_status=USAGE)
    return paths[0], paths[1] if len(paths) == most else _ASSEMBLY


def _deployed(options: Options, head: list[Stack]) -> tuple[list[Stack], list[Stack]]:
    from cdk_sagemaker_algorithm.assembly.deployed import Deployed as Reader  # noqa: PLC0415 - boto3 only with --deployed
    from cdk_sagemaker_algorithm.cli.clients import session  # noqa: PLC0415 - boto3 only with --deployed

    # As Any: boto3's stubs type `client` by some four hundred overloads, most of them unknown here.
    aws: Any = session(options)
    reader = Reader(aws.client, options.endpoint_url)
    before = reader.stacks(head)
    return before, reader.with_holders(head, before)


def _hits(report: DiffReport, fail_on: list[FailOn]) -> list[str]:
    found = {
        FailOn.BREAKING: report.breaking,
        FailOn.NEW_ARN: report.new_arn,
        FailOn.REPLACEMENT: report.replacement,
        FailOn.UNKNOWN: report.unknown,
    }
    named = [kind.value for kind in FailOn if kind in fail_on and found[kind]]
    return [
        *(["the deployment is certain to be rejected"] if report.rejected else []),
        *([f"found what --fail-on names: {', '.join(named)}"] if named else []),
    ]
