"""The command line, `cdk-sagemaker-algorithm`. Requires the extra `[cli]`."""

from __future__ import annotations

import sys
from importlib import import_module

_EXTRA = frozenset({"boto3", "botocore", "jinja2", "rich", "typer"})


def main() -> None:
    """Run the command line, or name the missing dependencies."""
    try:
        status: int = import_module("cdk_sagemaker_algorithm.cli.app").run(sys.argv[1:])
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _EXTRA:
            raise
        sys.exit(
            f"error: the command line needs the package {package!r}, which is not installed:"
            " pip install 'cdk-sagemaker-algorithm[cli]'"
        )
    sys.exit(status)
