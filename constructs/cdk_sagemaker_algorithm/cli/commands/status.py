"""`cdk-sagemaker-algorithm status`: show an algorithm and its validation on one screen."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group

from cdk_sagemaker_algorithm.cli.algorithm_options import (
    Name,
    Stack,
    cli_error,
    console,
    display_options,
    given_options,
    on_aws,
    progress,
    show,
    show_screen,
    stack_snapshots,
    take_region,
)
from cdk_sagemaker_algorithm.cli.clients import Clients
from cdk_sagemaker_algorithm.cli.errors import CliError
from cdk_sagemaker_algorithm.cli.exit_statuses import USAGE
from cdk_sagemaker_algorithm.cli.output import Json, TextFormat, TextOrJson, write
from cdk_sagemaker_algorithm.cli.shared_options import Options, options_of
from cdk_sagemaker_algorithm.monitoring import MonitoringError, Snapshot, SnapshotReader
from cdk_sagemaker_algorithm.monitoring.formats.json import operation_json, snapshot_json, summary_json
from cdk_sagemaker_algorithm.monitoring.formats.screen import algorithms_table, deployment_line, failures
from cdk_sagemaker_algorithm.reporting.envelope import envelope, to_text

if TYPE_CHECKING:
    from rich.console import Console

    from cdk_sagemaker_algorithm.monitoring import StackOperation

app = typer.Typer(rich_markup_mode="markdown")

EXAMPLES = """
**Examples**

All algorithms of the account in this region:

    cdk-sagemaker-algorithm status

One of them, with its validation and the jobs behind it:

    cdk-sagemaker-algorithm status wine-quality

Those of a stack, while it is being deployed or after its rollback:

    cdk-sagemaker-algorithm status --stack WineStack

For a script:

    cdk-sagemaker-algorithm status wine-quality --json | jq -r '.algorithms[].status'
"""

Links = Annotated[bool, typer.Option("--links", help="Write out the URLs of console and logs.")]


@app.command(epilog=EXAMPLES)
def status(
    context: typer.Context,
    name: Name = None,
    *,
    stack: Stack = None,
    links: Links = False,
    output_format: TextFormat = TextOrJson.TEXT,
    as_json: Json = False,
) -> None:
    """Show an algorithm, its validation, and the jobs behind it.

    Without NAME and --stack it lists the account's algorithms, the newest first. With --stack it shows the last
    deployment of the stack. After a rollback, what failed and why comes from the stack's events and from the jobs,
    which stay. An ARN, a job or a log is a link to the AWS console, where the terminal has links.

    Exit status: 0 for every status of the algorithm, 1 failure, 2 wrong usage, 4 no such algorithm or stack.
    """
    if name is not None and stack is not None:
        raise CliError(f"NAME {name!r} and --stack {stack!r} cannot be combined; give one of them", exit_status=USAGE)
    options = options_of(context)
    take_region(options, name)
    clients = Clients(options)
    try:
        _show(options, clients, name, stack, links=links, as_json=as_json or output_format is TextOrJson.JSON)
    except MonitoringError as error:
        raise cli_error(error) from error


def _show(
    options: Options, clients: Clients, name: str | None, stack: str | None, *, links: bool, as_json: bool
) -> None:
    reader = SnapshotReader(clients("sagemaker"))
    if name is not None:
        with progress("looking"):
            seen = reader.read(name)
        if as_json:
            _print_json([seen], clients, options)
        else:
            _write([seen], clients, options, links=links)
    elif stack is not None:
        with progress("looking"):
            operation, found, nameless = stack_snapshots(clients, reader, stack)
        if as_json:
            _print_json(found, clients, options, operation)
            return
        _write_deployment(operation, clients, options)
        for each in nameless:
            typer.echo(f"{each.path} is {each.status}: there is no algorithm yet")
        _write(found, clients, options, links=links, after=True)
    else:
        _show_all(options, clients, reader, as_json=as_json)


def _show_all(options: Options, clients: Clients, reader: SnapshotReader, *, as_json: bool) -> None:
    with progress("looking"):
        algorithms = list(reader.algorithms())
    if as_json:
        write(to_text(envelope("algorithms", algorithms=[summary_json(each) for each in algorithms])))
    elif algorithms:
        target = console()
        show(target, algorithms_table(algorithms, time.time(), display_options(target, clients, options)))
    else:
        region = clients("sagemaker").meta.region_name
        typer.echo(f"there is no algorithm in {region}; --region and --profile choose where to look")


def _write_deployment(operation: StackOperation, clients: Clients, options: Options) -> None:
    target = console()
    look = display_options(target, clients, options)
    show(target, Group(deployment_line(operation, look), *failures(operation)))


def _write(seen: list[Snapshot], clients: Clients, options: Options, *, links: bool, after: bool = False) -> None:
    target = console()
    for position, each in enumerate(seen):
        if position or after:
            _rule(target)
        show_screen(target, each, display_options(target, clients, options, addresses=links))


def _rule(target: Console) -> None:
    target.print()
    target.rule(characters="─" if target.encoding.lower().startswith("utf") else "-", style="dim")
    target.print()


def _print_json(
    seen: list[Snapshot], clients: Clients, options: Options, operation: StackOperation | None = None
) -> None:
    links, given = on_aws(clients), given_options(options)
    algorithms = [snapshot_json(each, console_links=links, options=given) for each in seen]
    deployment = None if operation is None else operation_json(operation)
    write(to_text(envelope("status", deployment=deployment, algorithms=algorithms)))
