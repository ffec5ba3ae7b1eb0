"""`cdk-sagemaker-algorithm import`: Python source from a live algorithm or from a request."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cdk_sagemaker_algorithm.cli.errors import CliError
from cdk_sagemaker_algorithm.cli.exit_statuses import USAGE
from cdk_sagemaker_algorithm.cli.messages import note
from cdk_sagemaker_algorithm.cli.output import STANDARD_OUTPUT, Force, Json, OutputFile, write
from cdk_sagemaker_algorithm.cli.shared_options import Options, options_of
from cdk_sagemaker_algorithm.codegen import (
    Imported,
    ImportingError,
    from_description,
    from_request,
    python_source,
)
from cdk_sagemaker_algorithm.codegen.module import LINE_LENGTH
from cdk_sagemaker_algorithm.model.json_file import STANDARD_INPUT, JsonFileError, parse_object, read_text, shown
from cdk_sagemaker_algorithm.reporting.envelope import PROGRAM, envelope, to_text

app = typer.Typer(rich_markup_mode="markdown")

EXAMPLES = """
**Examples**

Take a live algorithm into an app of the CDK:

    cdk-sagemaker-algorithm import wine-quality -o stack.py

Take it with its name, to adopt it:

    cdk-sagemaker-algorithm import wine-quality --exact-name -o stack.py

Write the source of a request that you have as JSON:

    cdk-sagemaker-algorithm import request.json

See that it gives the same request back:

    cdk synth --app "python stack.py"

For a script:

    cdk-sagemaker-algorithm import wine-quality --json | jq -r .source > stack.py
"""

Source = Annotated[
    str,
    typer.Argument(
        metavar="NAME|ARN|FILE",
        help="An algorithm's name or ARN, or a JSON file with a CreateAlgorithm request or an answer of"
        " DescribeAlgorithm; `-` reads standard input.",
    ),
]


class ImportFormat(StrEnum):
    """The formats of the source."""

    PYTHON = "python"
    JSON = "json"


SourceFormat = Annotated[ImportFormat, typer.Option("--format", "-f", help="Output format.")]
LineLength = Annotated[int, typer.Option("--line-length", metavar="N", min=60, help="Maximum line length.")]
ExactName = Annotated[
    bool, typer.Option("--exact-name", help="Declare the algorithm's own name, to adopt it. Default: it is the prefix.")
]


@app.command("import", epilog=EXAMPLES)
def import_(
    context: typer.Context,
    source: Source,
    *,
    output_format: SourceFormat = ImportFormat.PYTHON,
    as_json: Json = False,
    output: OutputFile = STANDARD_OUTPUT,
    force: Force = False,
    line_length: LineLength = LINE_LENGTH,
    exact_name: ExactName = False,
) -> None:
    """Write Python source with this library's constructs for an algorithm.

    The source is formatted as `ruff format` would. DescribeAlgorithm does not return everything that a request may have
    had: where that is so, a comment says it.

    Exit status: 0 success, 1 failure, 2 wrong usage, 4 no such algorithm.
    """
    try:
        imported = _imported(options_of(context), source)
        text = python_source(imported, width=line_length, exact_name=exact_name)
    except ImportingError as error:
        raise CliError(str(error), exit_status=USAGE) from error
    if as_json or output_format is ImportFormat.JSON:
        document = envelope("import", name=imported.name, adoptable=imported.live, source=text)
        write(to_text(document), output, force=force)
        return
    write(text.removesuffix("\n"), output, force=force)
    if output == STANDARD_OUTPUT:
        return
    app_command = f"python {output}"
    note(f'wrote {output}; synthesize it with: cdk synth --app "{app_command}"')
    if not imported.live:
        return
    if exact_name:
        from cdk_sagemaker_algorithm.cli.algorithm_options import given_options  # noqa: PLC0415 - files need no boto3

        adopting = (
            f"{PROGRAM} adopt {imported.name} --app {shlex.quote(app_command)}{given_options(options_of(context))}"
        )
        note(f"to adopt {imported.name} without a validation, mark it and deploy: {adopting}")
    else:
        note(f"to adopt {imported.name} without a validation, import it with --exact-name")


def _imported(options: Options, source: str) -> Imported:
    if source.startswith("arn:") or not _is_file(source):
        return _live(options, source)
    try:
        return from_request(parse_object(read_text(source), shown(source)))
    except JsonFileError as error:
        raise CliError(str(error), exit_status=USAGE) from error
    except ImportingError as error:
        raise ImportingError(f"{shown(source)}: {error}") from error


def _is_file(source: str) -> bool:
    return source == STANDARD_INPUT or "/" in source or source.endswith(".json") or Path(source).is_file()


def _live(options: Options, name: str) -> Imported:
    from cdk_sagemaker_algorithm.cli.algorithm_options import cli_error, take_region  # noqa: PLC0415 - files need no boto3
    from cdk_sagemaker_algorithm.cli.clients import Clients  # noqa: PLC0415 - files need no boto3
    from cdk_sagemaker_algorithm.cli.terminal import progress  # noqa: PLC0415 - rich takes a while
    from cdk_sagemaker_algorithm.monitoring import MonitoringError, SnapshotReader  # noqa: PLC0415 - files need no boto3

    take_region(options, name)
    reader = SnapshotReader(Clients(options)("sagemaker"))
    try:
        with progress("reading the algorithm"):
            seen = reader.read(name)
            if seen.tags is None:
                note(f"could not read the tags of {seen.name}: the caller is not allowed to call sagemaker:ListTags")
            return from_description(seen.description, seen.tags or {})
    except MonitoringError as error:
        raise cli_error(error) from error
