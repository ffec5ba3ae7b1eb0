"""Watching the validation of an algorithm: its events and its metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from constructs import Construct

from cdk_sagemaker_algorithm_provider.contract.outcome_event import DETAIL_TYPE, DIMENSIONS, NAMESPACE, SOURCE, Outcome

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch, aws_events


def validation_rule(
    scope: Construct,
    id: str,  # noqa: A002 (CDK's name)
    resource: cdk.CfnResource,
    outcomes: tuple[Outcome, ...],
    **options: Any,
) -> aws_events.Rule:
    """A rule for the handler's own event about the algorithm of a resource.

    Args:
        scope: The construct that the rule belongs to.
        id: The rule's name within the scope.
        resource: The custom resource of the algorithm. Its name changes with its definition, and is not known
            before it is made, so the event is told by the stack and the logical ID.
        outcomes: The outcomes that are let through.
        options: Other properties of the rule.
    """
    from aws_cdk import aws_events  # noqa: PLC0415 (not always needed)

    return aws_events.Rule(
        scope,
        id,
        event_pattern=aws_events.EventPattern(
            source=[SOURCE],
            detail_type=[DETAIL_TYPE],
            detail={
                "StackId": [resource.stack.stack_id],
                "LogicalResourceId": [resource.logical_id],
                "Outcome": list(outcomes),
            },
        ),
        **options,
    )


def validation_metric(resource: cdk.CfnResource, name: str, options: Mapping[str, Any]) -> aws_cloudwatch.Metric:
    """A metric of the validations of a resource's algorithms.

    Args:
        resource: The custom resource of the algorithm.
        name: The metric's name.
        options: Other properties of the metric.
    """
    from aws_cdk import aws_cloudwatch  # noqa: PLC0415 (not always needed)

    values = (resource.stack.stack_name, resource.logical_id)
    return aws_cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map=dict(zip(DIMENSIONS, values, strict=True)),
        **options,
    )
