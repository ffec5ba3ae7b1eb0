"""Create EventBridge rules and metrics for an algorithm's validation."""

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
    id: str,
    resource: cdk.CfnResource,
    outcomes: tuple[Outcome, ...],
    **options: Any,
) -> aws_events.Rule:
    """Create a rule for the outcome events of an algorithm.

    Args:
        scope: Parent construct.
        id: ID of the rule within the scope.
        resource: Custom resource of the algorithm. The event is matched by stack and logical ID, because the
            algorithm's name changes with its definition.
        outcomes: Outcomes that the rule matches.
        options: Further properties of the rule.
    """
    from aws_cdk import aws_events  # noqa: PLC0415 - not always needed

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
    """Return a metric of the validations of an algorithm.

    Args:
        resource: Custom resource of the algorithm.
        name: Name of the CloudWatch metric.
        options: Further properties of the metric.
    """
    from aws_cdk import aws_cloudwatch  # noqa: PLC0415 - not always needed

    values = (resource.stack.stack_name, resource.logical_id)
    return aws_cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map=dict(zip(DIMENSIONS, values, strict=True)),
        **options,
    )
