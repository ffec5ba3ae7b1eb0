"""Package the handler as a Lambda asset."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_lambda

_PACKAGE: Final = "cdk_sagemaker_algorithm_provider"
ENTRY_POINT: Final = f"{_PACKAGE}.index.handler"


def handler_code() -> aws_lambda.AssetCode:
    """Return the handler's package as code; the same from a checkout and from an installed wheel.

    Raises:
        ModuleNotFoundError: If the package is not installed.
    """
    specification = importlib.util.find_spec(_PACKAGE)
    if specification is None or specification.origin is None:
        raise ModuleNotFoundError(
            f"package {_PACKAGE} is not installed; it comes with cdk-sagemaker-algorithm, so install that again"
        )
    return aws_lambda.Code.from_asset(
        str(Path(specification.origin).parents[1]),
        # Only the package, and only its sources: its parent folder is site-packages if a wheel is installed.
        exclude=["*", f"!{_PACKAGE}", f"!{_PACKAGE}/**", "__pycache__", "*.pyc"],
        ignore_mode=cdk.IgnoreMode.GIT,
    )
