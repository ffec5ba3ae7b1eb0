"""Write messages to standard error, and decide whether output has colors."""

from __future__ import annotations

import os
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING

import typer

from cdk_sagemaker_algorithm.cli.shared_options import Options

if TYPE_CHECKING:
    from typing import TextIO

#: The options of the command line that runs.
OPTIONS: ContextVar[Options] = ContextVar("options")


def note(text: str) -> None:
    """Write a message that is neither result nor error, unless `--quiet` is set.

    Args:
        text: The message.
    """
    if not is_quiet():
        typer.echo(text, err=True)


def error(text: str) -> None:
    """Write an error message.

    Args:
        text: The message, without `error:`.
    """
    label = typer.style("error:", fg="red", bold=True)
    # Without `color`, the label has colors in terminals only, whatever FORCE_COLOR says.
    typer.echo(f"{label} {text}", err=True, color=uses_color(sys.stderr))


def is_quiet() -> bool:
    """Return whether `--quiet` is set."""
    options = OPTIONS.get(None)
    return options is not None and options.quiet


def uses_color(stream: TextIO) -> bool:
    """Return whether output to a stream has colors: in terminals, unless NO_COLOR or FORCE_COLOR is set.

    Args:
        stream: Standard output or standard error.
    """
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and os.environ.get("TERM") != "dumb")
