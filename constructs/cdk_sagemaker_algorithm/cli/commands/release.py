"""``cdk-sagemaker-algorithm release``: take an algorithm from its stack."""

from __future__ import annotations

from typing import assert_never

import typer

from cdk_sagemaker_algorithm.adoption import AdoptionError, read, release
from cdk_sagemaker_algorithm.cli.algorithm_options import RequiredName, name_of
from cdk_sagemaker_algorithm.cli.confirmation import Yes, confirm
from cdk_sagemaker_algorithm.cli.errors import CliError
from cdk_sagemaker_algorithm.cli.exit_statuses import MISSING
from cdk_sagemaker_algorithm.cli.output import Json, TextOrJson, TextOrJsonFormat, write
from cdk_sagemaker_algorithm.cli.shared_options import options_of
from cdk_sagemaker_algorithm.reporting.envelope import envelope, to_text

app = typer.Typer(rich_markup_mode="markdown")

EXAMPLES = """
**Examples**

Keep an algorithm before its stack is deleted, or take a mark back:

    cdk-sagemaker-algorithm release wine-quality
"""


@app.command("release", epilog=EXAMPLES)
def release_(
    context: typer.Context,
    name: RequiredName,
    *,
    yes: Yes = False,
    output_format: TextOrJsonFormat = TextOrJson.TEXT,
    as_json: Json = False,
) -> None:
    """Release an algorithm from its stack, or remove its mark.

    The stack then neither changes nor deletes the algorithm. With the next deployment, remove the construct, or set
    another `algorithm_name` (or `revision` for a generated name): until then, a change of the construct, tags
    included, fails.

    Exit status: 0 released or nothing to release, 1 failure, 2 wrong usage, 4 no such algorithm.
    """
    from cdk_sagemaker_algorithm.cli.clients import Clients  # noqa: PLC0415 - start-up time of --help

    options = options_of(context)
    name = name_of(options, name)
    sagemaker = Clients(options)("sagemaker")
    try:
        live = read(sagemaker, name)
    except AdoptionError as error:
        raise CliError(str(error), exit_status=MISSING) from error
    whose = f" from {live.owner}" if live.owner else ""
    confirm(f"release {name}{whose}?", yes=yes)
    removed = release(sagemaker, live)
    chosen = TextOrJson.JSON if as_json else output_format
    match chosen:
        case TextOrJson.TEXT:
            typer.echo(f"released {name}{whose}" if removed else f"{name} belongs to no stack and is not marked")
            if live.owner:
                typer.echo(
                    "with the next deployment, remove the construct from the stack, or set another algorithm_name (or "
                    "revision for a generated name)"
                )
        case TextOrJson.JSON:
            found = {"name": live.name, "arn": live.arn, "owner": live.owner or None, "released": bool(removed)}
            write(to_text(envelope("release", **found)))
        case _:
            assert_never(chosen)
