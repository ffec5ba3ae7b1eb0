"""`cdk-sagemaker-algorithm report`: a page about an algorithm, to send around."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cdk_sagemaker_algorithm.cli.algorithm_options import OneName, cli_error, console, on_aws, take_region
from cdk_sagemaker_algorithm.cli.clients import Clients
from cdk_sagemaker_algorithm.cli.errors import CliError
from cdk_sagemaker_algorithm.cli.shared_options import options_of
from cdk_sagemaker_algorithm.monitoring import MonitoringError, SnapshotReader
from cdk_sagemaker_algorithm.monitoring.html_report import gather
from cdk_sagemaker_algorithm.monitoring.html_report.page import page

app = typer.Typer(rich_markup_mode="markdown")

EXAMPLES = """
**Examples**

    cdk-sagemaker-algorithm report wine-quality

    cdk-sagemaker-algorithm report wine-quality -o /var/www/wine.html
"""

Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Where to write it; NAME.html if left out."),
]


@app.command(epilog=EXAMPLES)
def report(context: typer.Context, name: OneName, *, output: Output = None) -> None:
    """Write a page about an algorithm and its validation: one HTML file that needs nothing else.

    It says what the algorithm is, what validation did, with metrics as plots and a sample of the transform job's
    output, what failed and why, and what a buyer will see. What may not be read is named on the page.

    Exit status: 0 success, 1 failure, 2 wrong usage, 4 no such algorithm.
    """
    options = options_of(context)
    take_region(options, name)
    clients = Clients(options)
    try:
        with console(stderr=True).status("looking at the algorithm") as progress:
            seen = SnapshotReader(clients("sagemaker")).read(name)
            progress.update("reading logs and results")
            evidence = gather(seen, clients)
    except MonitoringError as error:
        raise cli_error(error) from error
    file = output or Path(f"{seen.name}.html")
    try:
        file.write_text(page(evidence, console_links=on_aws(clients)), encoding="utf-8")
    except OSError as error:
        raise CliError(f"{file} cannot be written: {error.strerror}; choose another place with -o") from error
    for gap in evidence.gaps:
        typer.echo(f"could not read {gap}", err=True)
    typer.echo(f"wrote {file}")
