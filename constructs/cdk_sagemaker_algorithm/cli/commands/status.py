"""`cdk-sagemaker-algorithm status`: show an algorithm and its validation on one screen."""

from __future__ import annotations

from typing import Annotated

import typer

from cdk_sagemaker_algorithm.cli.algorithm_options import (
    Name,
    Stack,
    cli_error,
    display_options,
    stack_snapshots,
    take_region,
)
from cdk_sagemaker_algorithm.cli.clients import Clients
from cdk_sagemaker_algorithm.cli.errors import CliError
from cdk_sagemaker_algorithm.cli.exit_statuses import USAGE
from cdk_sagemaker_algorithm.cli.output import Json, write
from cdk_sagemaker_algorithm.cli.shared_options import options_of
from cdk_sagemaker_algorithm.cli.terminal import console, progress
from cdk_sagemaker_algorithm.monitoring import MonitoringError, Readers
from cdk_sagemaker_algorithm.monitoring.formats.status import Status, StatusFormat, render

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

    cdk-sagemaker-algorithm status wine-quality --json | jq '.algorithms[0]'
"""

OutputFormat = Annotated[StatusFormat, typer.Option("--format", "-f", help="Output format.")]
Links = Annotated[bool, typer.Option("--links", help="Write out the URLs of console and logs.")]


@app.command(epilog=EXAMPLES)
def status(
    context: typer.Context,
    name: Name = None,
    *,
    stack: Stack = None,
    links: Links = False,
    output_format: OutputFormat = StatusFormat.TEXT,
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
        with progress("reading"):
            found = _read(clients, name, stack)
    except MonitoringError as error:
        raise cli_error(error) from error
    target = console()
    display = display_options(target, clients, options, addresses=links)
    write(render(found, StatusFormat.JSON if as_json else output_format, display, target))


def _read(clients: Clients, name: str | None, stack: str | None) -> Status:
    readers = Readers(clients)
    if name is not None:
        return Status(snapshots=[readers.located(readers.completed(readers.algorithms.read(name)))])
    if stack is not None:
        operation, snapshots, nameless = stack_snapshots(readers, stack)
        return Status(snapshots=snapshots, operation=operation, nameless=nameless)
    return Status(listed=list(readers.algorithms.algorithms()), region=clients("sagemaker").meta.region_name)
