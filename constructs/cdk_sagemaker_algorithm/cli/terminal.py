"""Create consoles: what a terminal shows, and what a pipe gets."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager, nullcontext

from rich.console import Console

from cdk_sagemaker_algorithm.cli.messages import is_quiet

# A pipe has no width: keep names and links on one line.
_PIPE_WIDTH = 160


def console(*, stderr: bool = False) -> Console:
    """Return a console for results, or for messages about them.

    Args:
        stderr: Whether to write to standard error.
    """
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else _PIPE_WIDTH
    # With FORCE_COLOR, rich treats a pipe as a terminal and would redraw lines.
    return Console(stderr=stderr, highlight=False, width=width, force_interactive=stream.isatty())


def progress(what: str) -> AbstractContextManager[object]:
    """Show a spinner in terminals while an operation runs.

    Args:
        what: Description of the operation.
    """
    return nullcontext() if is_quiet() or not sys.stderr.isatty() else console(stderr=True).status(what)
