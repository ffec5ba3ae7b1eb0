"""Define the table of commands and the shared options, and show errors."""

from __future__ import annotations

import os
import sys
import traceback
from importlib.metadata import version
from typing import Annotated, Any

import typer

from cdk_sagemaker_algorithm.cli.errors import explain, status_of
from cdk_sagemaker_algorithm.cli.exit_statuses import EXIT_STATUSES, INTERRUPTED
from cdk_sagemaker_algorithm.cli.lazy_group import Command, LazyGroup
from cdk_sagemaker_algorithm.cli.messages import OPTIONS
from cdk_sagemaker_algorithm.cli.messages import error as show_error
from cdk_sagemaker_algorithm.cli.shared_options import (
    Debug,
    EndpointUrl,
    Options,
    Profile,
    Quiet,
    Region,
    Verbose,
    options_of,
)
from cdk_sagemaker_algorithm.reporting.envelope import PROGRAM

# One row per command; a command's module defines `app`, a typer.Typer with it.
COMMANDS: tuple[Command, ...] = (
    Command(
        "status",
        "cdk_sagemaker_algorithm.cli.commands.status",
        "Show an algorithm, its validation, and the jobs behind it.",
    ),
    Command(
        "watch",
        "cdk_sagemaker_algorithm.cli.commands.watch",
        "Follow the validation of an algorithm until it ends.",
    ),
    Command(
        "report",
        "cdk_sagemaker_algorithm.cli.commands.report",
        "Write a report about an algorithm and its validation.",
    ),
    Command(
        "import",
        "cdk_sagemaker_algorithm.cli.commands.import_",
        "Write Python source for a live algorithm or a request.",
    ),
    Command(
        "adopt",
        "cdk_sagemaker_algorithm.cli.commands.adopt",
        "Mark an existing algorithm, so that the next deployment adopts it.",
    ),
    Command(
        "release",
        "cdk_sagemaker_algorithm.cli.commands.release",
        "Release an algorithm from its stack, or remove its mark.",
    ),
    Command(
        "local",
        "cdk_sagemaker_algorithm.cli.commands.local",
        "Run a command against local AWS, including SageMaker's algorithms.",
    ),
    Command(
        "diff",
        "cdk_sagemaker_algorithm.cli.commands.diff",
        "Show what a change does to algorithms, their consumers and the cost of validation.",
    ),
    Command(
        "check",
        "cdk_sagemaker_algorithm.cli.commands.check",
        "Check CreateAlgorithm requests in JSON files with the rules of synth.",
    ),
    Command(
        "preflight",
        "cdk_sagemaker_algorithm.cli.commands.preflight",
        "Check the AWS account, and run the validation in containers on this machine.",
    ),
)


class Commands(LazyGroup):
    """The commands of this program."""

    table = COMMANDS


app = typer.Typer(
    name=PROGRAM,
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"Exit status: {'; '.join(f'{status} {what}' for status, what in EXIT_STATUSES.items())}.\n\n"
    "`help COMMAND` is `COMMAND --help`; `help --man` writes the manual page.",
)


def _show_version(asked: bool) -> None:
    """Print the version and exit, if the option is set."""
    if asked:
        typer.echo(f"{PROGRAM} {version(PROGRAM)}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", "-V", help="Show the version and exit.", callback=_show_version, is_eager=True),
]


@app.callback()
def shared(  # noqa: PLR0913 - each parameter is an option of the command line
    context: typer.Context,
    *,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: EndpointUrl = None,
    debug: Debug = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    version: Version = False,  # noqa: ARG001 - its callback does the work
) -> None:
    """Declare, check, deploy and watch SageMaker algorithm resources with the AWS CDK."""
    options = options_of(context)
    given = {
        "profile": profile,
        "region": region,
        "endpoint_url": endpoint_url,
        "debug": debug,
        "quiet": quiet,
        "verbose": verbose,
    }
    for name, value in given.items():
        options.remember(name, value)


def run(arguments: list[str]) -> int:
    """Run one command line.

    Args:
        arguments: The arguments after the program's name. `help COMMAND` means `COMMAND --help`; `help --man` means the
            manual page.

    Returns:
        The exit status.

    Raises:
        ModuleNotFoundError: If a dependency of the command is not installed.
    """
    options = Options()
    OPTIONS.set(options)
    if os.environ.get("NO_COLOR"):
        # Without this, rich writes bold and dim text to pipes.
        os.environ.pop("FORCE_COLOR", None)
    command: Any = typer.main.get_command(app)
    if arguments == ["help", "--man"]:
        from cdk_sagemaker_algorithm.cli.man_page import man_page  # noqa: PLC0415 - loads every command

        typer.echo(man_page(command, PROGRAM, version(PROGRAM)), nl=False)
        return 0
    if arguments[:1] == ["help"]:
        arguments = [*arguments[1:2], "--help"]
    try:
        command.main(args=arguments, prog_name=PROGRAM, obj=options)
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except KeyboardInterrupt:
        return INTERRUPTED
    except ModuleNotFoundError:
        raise
    except Exception as error:  # noqa: BLE001 - the last resort: people get a sentence, not a traceback
        if options.debug:
            traceback.print_exception(error)
        sys.stdout.flush()
        show_error(explain(error))
        return status_of(error)
    return 0
