"""``cdk-sagemaker-algorithm release``: take an algorithm from its stack."""

from __future__ import annotations

from typing import Annotated, assert_never

import typer

from cdk_sagemaker_algorithm.adoption import AdoptionError, read, release
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

Name = Annotated[str, typer.Argument(metavar="NAME", help="The algorithm's name.")]


@app.command("release", epilog=EXAMPLES)
def release_(
    context: typer.Context,
    name: Name,
    *,
    yes: Yes = False,
    output_format: TextOrJsonFormat = TextOrJson.TEXT,
    as_json: Json = False,
) -> None:
    """Release an algorithm from its stack, or remove its mark.

    The stack then leaves the algorithm alone: it neither changes nor deletes it. Remove the construct, or give it
    another `algorithm_name`, before the next change of its definition.

    Exit status: 0 released or nothing to release, 1 failure, 2 wrong usage, 4 no such algorithm.
    """
    from cdk_sagemaker_algorithm.cli.clients import Clients  # noqa: PLC0415 - start-up time of --help

    sagemaker = Clients(options_of(context))("sagemaker")
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
        case TextOrJson.JSON:
            found = {"name": live.name, "arn": live.arn, "owner": live.owner or None, "released": bool(removed)}
            write(to_text(envelope("release", **found)))
        case _:
            assert_never(chosen)
