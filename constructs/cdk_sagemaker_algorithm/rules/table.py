"""List all rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.rules import (
    certification,
    hyperparameters,
    images_and_containers,
    json_source,
    metrics_and_channels,
    profile_resources,
    s3_and_keys,
    schema_rules,
    tags_and_size,
    transform_job,
    validation_profile,
)
from cdk_sagemaker_algorithm.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# The documentation and the findings have this order.
_MODULES = (
    json_source,
    schema_rules,
    hyperparameters,
    metrics_and_channels,
    validation_profile,
    profile_resources,
    transform_job,
    images_and_containers,
    s3_and_keys,
    certification,
    tags_and_size,
)


def _rules() -> Iterator[Rule]:
    for module in _MODULES:
        for value in vars(module).values():
            if isinstance(value, Rule):
                yield value


RULES: Mapping[str, Rule] = {rule.name: rule for rule in _rules()}
