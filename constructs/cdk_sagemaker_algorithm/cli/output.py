"""Define the options for output of all commands: ``--format``, ``--json``, ``-o FILE`` and ``--force``."""

from __future__ import annotations

import shutil
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cdk_sagemaker_algorithm.cli.errors import CliError
from cdk_sagemaker_algorithm.cli.exit_statuses import FOUND, USAGE
from cdk_sagemaker_algorithm.cli.messages import uses_color
from cdk_sagemaker_algorithm.reporting.formats import FindingFormat, render
from cdk_sagemaker_algorithm.reporting.formats.text import render as render_text

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.reporting import FindingReport

STANDARD_OUTPUT = Path("-")


class TextOrJson(StrEnum):
    """Output formats of commands that show algorithms."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[FindingFormat, typer.Option("--format", "-f", help="Output format.")]
TextOrJsonFormat = Annotated[TextOrJson, typer.Option("--format", "-f", help="Output format.")]
Json = Annotated[bool, typer.Option("--json", help="Short for --format json.")]
OutputFile = Annotated[
    Path,
    typer.Option("--output", "-o", metavar="FILE", help="Write to FILE; `-` is standard output.", show_default=False),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite the output file.")]
Strict = Annotated[bool, typer.Option("--strict", help="Also fail on warnings and skipped checks.")]


def write(text: str, output: Path = STANDARD_OUTPUT, *, force: bool = False) -> None:
    """Write a command's result in UTF-8 with a final newline.

    Args:
        text: The result.
        output: A file, or `STANDARD_OUTPUT`.
        force: Whether to overwrite the file.

    Raises:
        CliError: If the file exists, or cannot be written.
    """
    data = f"{text}\n".encode(errors="backslashreplace")
    if output == STANDARD_OUTPUT:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return
    try:
        with output.open("wb" if force else "xb") as file:
            file.write(data)
    except FileExistsError:
        raise CliError(f"{output}: file exists; add --force to overwrite it", exit_status=USAGE) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CliError(f"{output}: cannot be written: {reason}", exit_status=USAGE) from None


def write_report(
    report: FindingReport, output_format: FindingFormat, output: Path = STANDARD_OUTPUT, *, force: bool = False
) -> None:
    """Write a finding report.

    Args:
        output: A file, or `STANDARD_OUTPUT`.
        force: Whether to overwrite the file.
    """
    if output_format is FindingFormat.TEXT:
        shown = output == STANDARD_OUTPUT
        width = shutil.get_terminal_size().columns if shown and sys.stdout.isatty() else 0
        text = render_text(report, color=shown and uses_color(sys.stdout), width=width)
        if text:
            write(text, output, force=force)
        return
    write(render(report, output_format), output, force=force)


def exit_with(report: FindingReport, *, strict: bool) -> None:
    """Exit with the status for findings, if a finding counts.

    Args:
        strict: Whether warnings, and what could not be checked, count.
    """
    if report.failed(strict=strict):
        raise typer.Exit(FOUND)
