"""Load the templates of an HTML report, with the templates, filters and values that all reports have."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from cdk_sagemaker_algorithm.reporting.envelope import PROGRAM
from cdk_sagemaker_algorithm.reporting.metric_plots import HEIGHT, WIDTH


@cache
def html_environment(package: str, **filters: Callable[..., str]) -> Environment:
    """Return an environment that escapes values and rejects undefined ones; it compiles each template once.

    Args:
        package: Package with a folder `templates`.
        filters: Filters of the templates by name.
    """
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("cdk_sagemaker_algorithm.reporting")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= filters
    shared: dict[str, Any] = {"made_by": f"{PROGRAM} {version(PROGRAM)}", "plot_size": (WIDTH, HEIGHT)}
    environment.globals.update(shared)
    return environment
