"""Define the options of all commands; accepted before and after the command's name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from cdk_sagemaker_algorithm.cli import completion

_PANEL = "Options of every command"

Profile = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="AWS profile to use.",
        rich_help_panel=_PANEL,
        autocompletion=completion.profile_names,
    ),
]
Region = Annotated[
    str | None,
    typer.Option(
        "--region",
        metavar="REGION",
        help="AWS region to use.",
        rich_help_panel=_PANEL,
        autocompletion=completion.region_names,
    ),
]
EndpointUrl = Annotated[
    str | None,
    typer.Option(
        "--endpoint-url", metavar="URL", help="Endpoint URL of the AWS APIs. Default: AWS's.", rich_help_panel=_PANEL
    ),
]
Debug = Annotated[
    bool,
    typer.Option("--debug", help="Show tracebacks of errors.", rich_help_panel=_PANEL),
]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Write results and errors only.", rich_help_panel=_PANEL),
]
Verbose = Annotated[
    bool,
    typer.Option("--verbose", "-v", help="Show each call of AWS on standard error.", rich_help_panel=_PANEL),
]


@dataclass(slots=True)
class Options:
    """Values of the shared options.

    Attributes:
        profile: AWS profile; None uses the AWS SDK's default.
        region: AWS region; None uses the AWS SDK's default.
        endpoint_url: Endpoint URL of the AWS APIs; None uses AWS_ENDPOINT_URL or the endpoints of AWS.
        debug: Whether errors include a traceback.
        quiet: Whether only results and errors are written.
        verbose: Whether calls of AWS are shown.
    """

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    debug: bool = False
    quiet: bool = False
    verbose: bool = False

    def remember(self, name: str, value: object) -> None:
        """Store the value of an option, if it is set.

        Args:
            name: Name of the option's field here.
            value: Parsed value of the option.
        """
        if value is not None and value is not False:
            setattr(self, name, value)


def options_of(context: typer.Context) -> Options:
    """Return the shared options of the running command.

    Args:
        context: typer's context of the command.

    Returns:
        The options from before and after the command's name.
    """
    return context.ensure_object(Options)
