"""Implement the option `--app` like the CDK CLI."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from cdk_sagemaker_algorithm.cli.errors import CliError

App = Annotated[
    str | None,
    typer.Option(
        "--app",
        "-a",
        metavar="COMMAND|DIRECTORY",
        help="Command that synthesizes the app, or a cloud assembly. Default: cdk.out, without synthesis.",
        show_default=False,
    ),
]


def assembly_of(app: str | None, output: Path) -> Path:
    """Return the cloud assembly, and synthesize it first if the option is a command.

    Args:
        app: Value of the option.
        output: Directory of the assembly if the option is a command, or not given.
    """
    if app is None:
        return output
    if Path(app).is_dir():
        return Path(app)
    if shutil.which("cdk") is None:
        raise CliError("--app COMMAND needs the CDK CLI: install aws-cdk, or run cdk synth yourself")
    arguments = ["cdk", "synth", "--quiet", "--app", app, "--output", str(output)]
    if subprocess.run(arguments, check=False).returncode:  # noqa: S603 - the user's own command
        raise CliError(f"--app {app!r}: cdk synth failed")
    return output
