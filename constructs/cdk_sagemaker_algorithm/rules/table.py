"""The table of all rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.rules import (
    hyperparameters,
    json_file,
    marketplace,
    metrics_and_channels,
    schema,
    validation_profile,
)
from cdk_sagemaker_algorithm.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# The order of the documentation, and of the findings.
_MODULES = (json_file, schema, hyperparameters, metrics_and_channels, validation_profile, marketplace)


def _rules() -> Iterator[Rule]:
    for module in _MODULES:
        for each in vars(module).values():
            if isinstance(each, Rule):
                yield each


RULES: Mapping[str, Rule] = {each.name: each for each in _rules()}
