"""`cdk-sagemaker-algorithm report`: write a report about an algorithm, or a stack's algorithms."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cdk_sagemaker_algorithm.cli import completion
from cdk_sagemaker_algorithm.cli.algorithm_options import (
    Name,
    Stack,
    cli_error,
    given_options,
    on_aws,
    stack_snapshots,
    take_region,
)
from cdk_sagemaker_algorithm.cli.clients import Clients
from cdk_sagemaker_algorithm.cli.errors import CliError
from cdk_sagemaker_algorithm.cli.exit_statuses import USAGE
from cdk_sagemaker_algorithm.cli.messages import note
from cdk_sagemaker_algorithm.cli.output import STANDARD_OUTPUT, Force, Json, write
from cdk_sagemaker_algorithm.cli.price_option import PriceFile, read_prices
from cdk_sagemaker_algorithm.cli.shared_options import options_of
from cdk_sagemaker_algorithm.cli.terminal import progress
from cdk_sagemaker_algorithm.monitoring import MonitoringError, Readers
from cdk_sagemaker_algorithm.monitoring.evidence import gather
from cdk_sagemaker_algorithm.monitoring.formats.report import ReportFormat, ValidationReport, render

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.monitoring import Snapshot, StackOperation

app = typer.Typer(rich_markup_mode="markdown")

EXAMPLES = """
**Examples**

    cdk-sagemaker-algorithm report wine-quality

Why a deployment failed, also after its rollback, as Markdown for an issue:

    cdk-sagemaker-algorithm report --stack WineStack --format markdown -o -

For a script:

    cdk-sagemaker-algorithm report wine-quality --json -o - | jq '.totals.billableInstanceSeconds'

What has changed since the previous version, with money:

    cdk-sagemaker-algorithm report wine-quality --compare previous --prices prices.json
"""


Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Output file; `-` is standard output. Default: NAME.html or the like; with several pages, a directory.",
        show_default=False,
    ),
]
Compare = Annotated[
    str | None,
    typer.Option(
        "--compare",
        metavar="NAME|previous",
        help="Compare with the validation of another algorithm, or with the previous one of the same construct.",
        show_default=False,
        autocompletion=completion.algorithm_names,
    ),
]
OutputFormat = Annotated[ReportFormat, typer.Option("--format", "-f", help="Output format.")]


@app.command(epilog=EXAMPLES)
def report(
    context: typer.Context,
    name: Name = None,
    *,
    stack: Stack = None,
    output_format: OutputFormat = ReportFormat.HTML,
    as_json: Json = False,
    output: Output = None,
    force: Force = False,
    prices: PriceFile = None,
    compare: Compare = None,
) -> None:
    """Write a report about an algorithm and its validation: one HTML file that needs nothing else, Markdown, or JSON.

    It says what the algorithm is, what validation did, with metrics as plots and a sample of the transform job's
    output, what failed and why, what it took, and what a buyer will see. What may not be read is named in it.

    --compare shows what another validation took and found, and where the definitions differ. The previous validation of
    a construct is found in its stack's events, also after its algorithm was deleted.

    With --stack it reports on the last deployment of the stack, also after its rollback: HTML is a file for each
    algorithm, Markdown and JSON have all of them in one.

    Exit status: 0 success, 1 failure, 2 wrong usage, 4 no such algorithm or stack.
    """
    if (name is None) == (stack is None):
        raise CliError("give the NAME or ARN of an algorithm, or a --stack, and not both", exit_status=USAGE)
    money = read_prices(prices)
    options = options_of(context)
    take_region(options, name)
    clients = Clients(options)
    try:
        with progress("reading the algorithm, its logs and results"):
            readers = Readers(clients)
            operation, seen = _read(readers, name, stack)
            evidences = [replace(gather(each, clients), earlier=_earlier(readers, each, compare)) for each in seen]
    except MonitoringError as error:
        raise cli_error(error) from error
    for gap in dict.fromkeys(gap for evidence in evidences for gap in evidence.gaps):
        note(f"could not read {gap}")
    made = ValidationReport(
        evidences=evidences,
        operation=operation,
        prices=money,
        console_links=on_aws(clients),
        options=given_options(options),
    )
    texts = render(made, ReportFormat.JSON if as_json else output_format)
    several = len(texts) > 1
    for file_name, text in texts.items():
        file = _file(output, file_name, several=several)
        write(text, file, force=force)
        if file != STANDARD_OUTPUT:
            note(f"wrote {file}")


def _read(readers: Readers, name: str | None, stack: str | None) -> tuple[StackOperation | None, list[Snapshot]]:
    if name is not None:
        return None, [readers.located(readers.completed(readers.algorithms.read(name)))]
    operation, found, _ = stack_snapshots(readers, stack or "")
    if not found:
        what = "; ".join(f"{what}: {reason}" for what, reason in operation.failures) or operation.status
        raise MonitoringError(f"stack {stack!r} has made no algorithm: {what}")
    return operation, found


def _earlier(readers: Readers, seen: Snapshot, compare: str | None) -> Snapshot | None:
    """Return the validation to compare with."""
    if compare is None:
        return None
    if compare != "previous":
        return readers.algorithms.read(compare)
    found = readers.previous.of(seen)
    if found is None:
        note(f"there is no previous validation of {seen.label}: none is in the last events of its stack")
    return found


def _file(output: Path | None, name: str, *, several: bool) -> Path:
    if output is None:
        return Path(name)
    if not several:
        return output
    if output == STANDARD_OUTPUT:
        raise CliError("several pages cannot be on standard output; use --format markdown or json", exit_status=USAGE)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CliError(f"{output}: cannot be the directory of several pages: {reason}", exit_status=USAGE) from error
    return output / name
