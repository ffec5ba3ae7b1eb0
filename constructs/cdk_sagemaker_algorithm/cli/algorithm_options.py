"""Functions that the commands for deployed algorithms share."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from cdk_sagemaker_algorithm.cli import completion
from cdk_sagemaker_algorithm.cli.errors import CliError
from cdk_sagemaker_algorithm.cli.exit_statuses import FAILED, MISSING, USAGE
from cdk_sagemaker_algorithm.model.arn import Arn
from cdk_sagemaker_algorithm.monitoring.errors import MissingAlgorithmError, MissingStackError, MonitoringError
from cdk_sagemaker_algorithm.monitoring.formats.screen import DisplayOptions
from cdk_sagemaker_algorithm.reporting.envelope import PROGRAM
from cdk_sagemaker_algorithm_provider.contract.limits import is_algorithm_name

if TYPE_CHECKING:
    from rich.console import Console

    from cdk_sagemaker_algorithm.cli.clients import Clients
    from cdk_sagemaker_algorithm.cli.shared_options import Options
    from cdk_sagemaker_algorithm.monitoring.poller import Readers
    from cdk_sagemaker_algorithm.monitoring.snapshot import Snapshot
    from cdk_sagemaker_algorithm.monitoring.stack_operations import DeployedAlgorithm, StackOperation

_AWS_HOSTS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")

Name = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME|ARN",
        help="The algorithm's name or ARN.",
        show_default=False,
        autocompletion=completion.algorithm_names,
    ),
]
RequiredName = Annotated[
    str,
    typer.Argument(
        metavar="NAME|ARN",
        help="The algorithm's name or ARN.",
        show_default=False,
        autocompletion=completion.algorithm_names,
    ),
]
Stack = Annotated[
    str | None,
    typer.Option(
        "--stack",
        metavar="STACK",
        help="The algorithms of a CloudFormation stack, nested ones included.",
        show_default=False,
        autocompletion=completion.stack_names,
    ),
]


def display_options(target: Console, clients: Clients, options: Options, *, addresses: bool = False) -> DisplayOptions:
    """Return the display options of a console.

    Args:
        target: The console.
        clients: The clients; their endpoints decide whether links to the AWS console work.
        options: The shared options, which suggested commands repeat.
        addresses: Whether to write out URLs in terminals, too.
    """
    return DisplayOptions(
        unicode=target.encoding.lower().startswith("utf"),
        console_links=on_aws(clients),
        addresses=addresses or not target.is_terminal,
        options=given_options(options),
        width=target.width,
        advice=not options.quiet,
    )


def on_aws(clients: Clients) -> bool:
    """Return whether the endpoints are those of AWS, so that links to the AWS console work."""
    address: str = clients("sagemaker").meta.endpoint_url
    return address.rstrip("/").endswith(_AWS_HOSTS)


def take_region(options: Options, name: str | None) -> None:
    """Use the region of an ARN, unless the user has set a region.

    Args:
        options: The shared options.
        name: A name or an ARN.
    """
    if name is None:
        return
    if not name.startswith("arn:"):
        if not is_algorithm_name(name):
            raise CliError(
                f"{name!r} cannot be the name of an algorithm; a name has 1 to 63 letters, digits and hyphens, and "
                "begins and ends with a letter or a digit",
                exit_status=USAGE,
            )
        return
    arn = Arn.parse(name)
    if arn is None or not arn.is_a("sagemaker", "algorithm"):
        raise CliError(
            f"{name!r} is not the ARN of an algorithm; that looks like"
            " arn:aws:sagemaker:eu-west-1:123456789012:algorithm/wine-quality",
            exit_status=USAGE,
        )
    if options.region is None:
        options.region = arn.region


def name_of(options: Options, name: str) -> str:
    """Return the name in a name or an ARN, whose region is used unless the user has set a region.

    Args:
        options: The shared options.
        name: A name or an ARN.
    """
    take_region(options, name)
    return name.rpartition("/")[2]


def stack_snapshots(readers: Readers, stack: str) -> tuple[StackOperation, list[Snapshot], list[DeployedAlgorithm]]:
    """Return the last deployment of a stack, its algorithms, and the algorithms without a name so far.

    Args:
        readers: Readers of stacks and algorithms.
        stack: The stack's name or ID. Deleted stacks are found while CloudFormation keeps their events.
    """
    stack_id = readers.stacks.stack_id(stack, deleted=True)
    operation = readers.stacks.operation(stack_id)
    if operation is None:
        raise MissingStackError(f"stack {stack!r} has never been deployed; deploy it with `cdk deploy {stack}`")
    seen = readers.algorithms.read_all(operation.algorithms)
    found = [readers.completed(each) for each in seen if each is not None]
    retained = readers.algorithms.retained(stack_id, [each.name for each in found], readers.stacks.root)
    found += map(readers.completed, retained)
    if not seen and not found and not operation.failed:
        raise MissingAlgorithmError(
            f"stack {stack!r} has no algorithm; only this library's resources are found, "
            f"`{PROGRAM} status` lists all algorithms"
        )
    return operation, found, [each for each, read in zip(operation.algorithms, seen, strict=True) if read is None]


def given_options(options: Options) -> str:
    """Return the options for profile, region and endpoint, for suggested commands.

    Args:
        options: The shared options.
    """
    given = {"--region": options.region, "--profile": options.profile, "--endpoint-url": options.endpoint_url}
    return "".join(f" {name} {shlex.quote(value)}" for name, value in given.items() if value is not None)


def cli_error(error: MonitoringError) -> CliError:
    """Return the same error with its exit status."""
    missing = isinstance(error, MissingAlgorithmError | MissingStackError)
    return CliError(str(error), exit_status=MISSING if missing else FAILED)
