"""`cdk-sagemaker-algorithm status`: an algorithm and its validation on one screen."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Annotated

import typer

from cdk_sagemaker_algorithm.cli.algorithm_options import (
    Name,
    Stack,
    cli_error,
    console,
    display_options,
    on_aws,
    show,
    show_screen,
    stack_algorithms,
    take_region,
)
from cdk_sagemaker_algorithm.cli.clients import Clients
from cdk_sagemaker_algorithm.cli.errors import CliError
from cdk_sagemaker_algorithm.cli.exit_statuses import USAGE
from cdk_sagemaker_algorithm.cli.shared_options import options_of
from cdk_sagemaker_algorithm.monitoring import MonitoringError, Snapshot, SnapshotReader
from cdk_sagemaker_algorithm.monitoring.formats.json import snapshot_json, summary_json
from cdk_sagemaker_algorithm.monitoring.formats.screen import algorithms_table

if TYPE_CHECKING:
    from rich.console import Console

app = typer.Typer(rich_markup_mode="markdown")

EXAMPLES = """
**Examples**

All algorithms of the account in this region:

    cdk-sagemaker-algorithm status

One of them, with its validation and the jobs behind it:

    cdk-sagemaker-algorithm status wine-quality

Those of a stack, also while it is being deployed:

    cdk-sagemaker-algorithm status --stack WineStack

For a script:

    cdk-sagemaker-algorithm status wine-quality --json | jq -r .status
"""

Links = Annotated[bool, typer.Option("--links", help="Write the links to the console and the logs out in full.")]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON.")]


@app.command(epilog=EXAMPLES)
def status(
    context: typer.Context, name: Name = None, *, stack: Stack = None, links: Links = False, as_json: AsJson = False
) -> None:
    """Show an algorithm, its validation, and the jobs behind it.

    Without NAME and --stack it lists the account's algorithms, the newest first. In terminals that can do that, a
    click on an ARN, a job or a log opens it in the AWS console.

    Exit status: 0 whatever the algorithm's status is, 1 failure, 2 wrong usage, 4 no such algorithm.
    """
    if name is not None and stack is not None:
        raise CliError(f"NAME {name!r} and --stack {stack!r} exclude each other; give one of them", exit_status=USAGE)
    options = options_of(context)
    take_region(options, name)
    clients = Clients(options)
    try:
        _show(clients, name, stack, links=links, as_json=as_json)
    except MonitoringError as error:
        raise cli_error(error) from error


def _show(clients: Clients, name: str | None, stack: str | None, *, links: bool, as_json: bool) -> None:
    reader = SnapshotReader(clients("sagemaker"))
    if name is not None:
        with console(stderr=True).status("looking"):
            seen = reader.read(name)
        if as_json:
            _print_json(snapshot_json(seen, console_links=on_aws(clients)))
        else:
            _write([seen], clients, links=links)
    elif stack is not None:
        found = _of_stack(clients, reader, stack)
        if as_json:
            _print_json([snapshot_json(each, console_links=on_aws(clients)) for each in found])
        else:
            _write(found, clients, links=links)
    else:
        _show_all(clients, reader, as_json=as_json)


def _of_stack(clients: Clients, reader: SnapshotReader, stack: str) -> list[Snapshot]:
    with console(stderr=True).status("looking"):
        found = stack_algorithms(clients, stack)
        seen = [reader.read(each.name) for each in found if each.name]
    for each in found:
        if not each.name:
            typer.echo(f"{each.logical_id} is {each.status}: there is no algorithm yet", err=True)
    return seen


def _show_all(clients: Clients, reader: SnapshotReader, *, as_json: bool) -> None:
    with console(stderr=True).status("looking"):
        algorithms = list(reader.algorithms())
    if as_json:
        _print_json([summary_json(each) for each in algorithms])
    elif algorithms:
        target = console()
        show(target, algorithms_table(algorithms, time.time(), display_options(target, clients)))
    else:
        region = clients("sagemaker").meta.region_name
        typer.echo(f"there is no algorithm in {region}; --region and --profile choose where to look")


def _write(seen: list[Snapshot], clients: Clients, *, links: bool) -> None:
    target = console()
    for position, each in enumerate(seen):
        if position:
            _rule(target)
        show_screen(target, each, display_options(target, clients, addresses=links))


def _rule(target: Console) -> None:
    target.print()
    target.rule(characters="─" if target.encoding.lower().startswith("utf") else "-", style="dim")
    target.print()


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
