"""`cdk-sagemaker-algorithm diff`: what a change does to the algorithms, to those who use them, and to the cost."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cdk_sagemaker_algorithm.cli.errors import CliError
from cdk_sagemaker_algorithm.cli.exit_statuses import USAGE
from cdk_sagemaker_algorithm.cli.shared_options import Options, options_of
from cdk_sagemaker_algorithm.diff import InputError, Report, Stack, compare, load

app = typer.Typer()

_ASSEMBLY = Path("cdk.out")


class Format(StrEnum):
    """What the report is written as."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


class FailOn(StrEnum):
    """What makes the command fail."""

    BREAKING = "breaking"
    REPLACEMENT = "replacement"
    UNDECIDED = "undecided"


Paths = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="BASE [HEAD]",
        help="Cloud assemblies, templates or requests. HEAD is cdk.out if left out; --deployed stands for BASE.",
        show_default=False,
    ),
]
Deployed = Annotated[bool, typer.Option("--deployed", help="Take for BASE the templates that CloudFormation has now.")]
OutputFormat = Annotated[Format, typer.Option("--format", help="What to write the report as.")]
FailOns = Annotated[
    list[FailOn] | None,
    typer.Option(
        "--fail-on",
        help="Exit with 1 if a change is breaking, an algorithm is replaced (or the deployment refuses to), or "
        "something is undecided offline. May be given more than once.",
        show_default=False,
    ),
]


@app.command()
def diff(
    context: typer.Context,
    paths: Paths = None,
    *,
    deployed: Deployed = False,
    output_format: OutputFormat = Format.TEXT,
    fail_on: FailOns = None,
) -> None:
    """Tell what a change does to the algorithms of an app.

    Says whether a deployment replaces and revalidates each of them, what that
    costs at worst, and what each change means to those who use it. Works
    offline but for --deployed.

    Exit status: 0 all is well, 1 found what --fail-on names, 2 wrong usage or
    unreadable input.
    """
    base, head = _sides(paths or [], deployed=deployed)
    try:
        after = load(head)
        before = _deployed(options_of(context), after) if base is None else load(base)
        report = compare(before, after)
    except InputError as error:
        raise CliError(str(error), exit_status=USAGE) from error
    _write(report, output_format)
    hits = _hits(report, fail_on or [])
    if hits:
        typer.echo(f"error: found what --fail-on names: {', '.join(hits)}", err=True)
        raise typer.Exit(1)


def _sides(paths: list[Path], *, deployed: bool) -> tuple[Path | None, Path]:
    most = 1 if deployed else 2
    if len(paths) > most:
        allowed = "HEAD alone, because --deployed stands for BASE" if deployed else "BASE and HEAD"
        raise CliError(f"diff: {len(paths)} paths are given, allowed are {allowed}", exit_status=USAGE)
    if deployed:
        return None, paths[0] if paths else _ASSEMBLY
    if not paths:
        raise CliError("diff: no BASE is given: name a cloud assembly or template, or --deployed", exit_status=USAGE)
    return paths[0], paths[1] if len(paths) == most else _ASSEMBLY


def _deployed(options: Options, head: list[Stack]) -> list[Stack]:
    # boto3 takes a while, and the other comparisons need no AWS.
    from cdk_sagemaker_algorithm.assembly.deployed import Deployed as Reader  # noqa: PLC0415
    from cdk_sagemaker_algorithm.cli.clients import session  # noqa: PLC0415

    # As Any: boto3's stubs type `client` by some four hundred overloads, most of them unknown here.
    aws: Any = session(options)
    return Reader(aws.client, options.endpoint_url).stacks(head)


def _write(report: Report, output_format: Format) -> None:
    match output_format:
        case Format.JSON:
            from cdk_sagemaker_algorithm.diff.formats.json import to_json  # noqa: PLC0415

            _print(json.dumps(to_json(report), indent=2, ensure_ascii=False))
        case Format.MARKDOWN:
            from cdk_sagemaker_algorithm.diff.formats.markdown import to_markdown  # noqa: PLC0415

            _print(to_markdown(report).rstrip("\n"))
        case Format.TEXT:
            from rich.console import Console  # noqa: PLC0415

            from cdk_sagemaker_algorithm.diff.formats.terminal import to_text  # noqa: PLC0415

            # Lines are left whole in a pipe; a terminal wraps them by itself.
            Console(soft_wrap=True, highlight=False).print(to_text(report))


def _print(text: str) -> None:
    # Whatever the machine's locale is: the files are read by services that take UTF-8.
    sys.stdout.flush()
    sys.stdout.buffer.write(f"{text}\n".encode())
    sys.stdout.flush()


def _hits(report: Report, fail_on: list[FailOn]) -> list[str]:
    found = {
        FailOn.BREAKING: report.breaking,
        FailOn.REPLACEMENT: report.replacement,
        FailOn.UNDECIDED: report.undecided,
    }
    return [kind.value for kind in FailOn if kind in fail_on and found[kind]]
