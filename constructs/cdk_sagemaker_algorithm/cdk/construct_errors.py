"""Show the errors of a construct where a person reads them.

If the CDK's CLI runs the app, errors are annotations: the CLI prints all of them, with the line of the app that created
the construct, and fails. An exception would be a traceback, and would hide the errors of the other constructs.
Otherwise, such as in a test or below ``python app.py``, annotations stay unseen, and errors are raised.
"""

from __future__ import annotations

import inspect
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import jsii
from constructs import Construct

from cdk_sagemaker_algorithm_provider.contract.resource_schema import ID_PREFIX

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.cdk.arguments import Arguments

#: Environment variable with which the CDK's CLI sets the assembly's directory.
_OUTDIR: Final = "CDK_OUTDIR"
#: Files whose frames are not the user's.
_INTERNAL: Final = tuple(f"{Path(file).parent}{os.sep}" for file in (str(Path(__file__).parent), str(jsii.__file__)))
_ARGUMENT: Final = ID_PREFIX + "argument"


def is_below_cli() -> bool:
    """Return whether the CDK's CLI runs the app."""
    return _OUTDIR in os.environ


class ConstructErrors:
    """The errors of one construct; create it in the constructor, which the user's code calls."""

    def __init__(self, construct: Construct) -> None:
        """Remember the line of the user's code."""
        self._construct = construct
        self._trace = user_code()
        self._messages: set[str] = set()

    def annotate(self, rule: str, message: str) -> None:
        """Add an error annotation; an app can be synthesized twice, but shows an error once.

        Args:
            rule: ID of the rule.
            message: Text of the error.
        """
        if message in self._messages:
            return
        self._messages.add(message)
        # As Validations.add_error has it. The CDK's own trace names a line of the kernel that runs in Node.js.
        self._construct.node.add_metadata(
            "aws:cdk:error", f"{message} (Annotation::{rule})", stack_trace_override=self._trace
        )

    def report(self, arguments: Arguments) -> None:
        """Show the problems of arguments.

        Args:
            arguments: The checked arguments.

        Raises:
            ValueError: If there are problems, and the CDK's CLI does not run the app.
        """
        if not is_below_cli():
            arguments.raise_if_wrong()
        for problem in arguments.problems:
            self.annotate(_ARGUMENT, problem)


def user_code() -> list[str]:
    """Return the innermost frame of the user's code, as the CDK writes frames."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(_INTERNAL):
        frame = frame.f_back
    return [] if frame is None else [f"{frame.f_code.co_name} ({frame.f_code.co_filename}:{frame.f_lineno}:1)"]
