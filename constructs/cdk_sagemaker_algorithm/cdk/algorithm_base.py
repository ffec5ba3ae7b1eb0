"""Define the features that created and imported algorithms share."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
import jsii
from aws_cdk.interfaces.aws_sagemaker import AlgorithmReference, IAlgorithmRef
from constructs import Construct

from cdk_sagemaker_algorithm.cdk.arguments import rule_target
from cdk_sagemaker_algorithm.cdk.grants import AlgorithmGrants

if TYPE_CHECKING:
    from aws_cdk import aws_events, aws_iam

    from cdk_sagemaker_algorithm.cdk.rule_target import RuleTarget


@jsii.implements(IAlgorithmRef)
class AlgorithmBase(cdk.Resource):
    """An algorithm that ``Algorithm`` creates or imports."""

    @property
    @abc.abstractmethod
    def algorithm_arn(self) -> str:
        """The ARN of the algorithm."""

    @property
    @abc.abstractmethod
    def algorithm_name(self) -> str:
        """The name of the algorithm."""

    @property
    def algorithm_ref(self) -> AlgorithmReference:
        """A reference to the algorithm, for constructs that accept any algorithm."""
        return AlgorithmReference(algorithm_arn=self.algorithm_arn)

    @property
    def grants(self) -> AlgorithmGrants:
        """Grants to use the algorithm."""
        return AlgorithmGrants(self, self.algorithm_arn, self.check_grantee)

    def check_grantee(self, grantee: aws_iam.IGrantable) -> None:
        """Reject a principal that cannot be granted use of the algorithm.

        Args:
            grantee: Principal of the grant.
        """

    def on_state_change(
        self,
        id: str,
        *,
        target: RuleTarget | None = None,
        description: str | None = None,
        rule_name: str | None = None,
        cross_stack_scope: Construct | None = None,
    ) -> aws_events.Rule:
        """Create a rule for SageMaker's events about changes of the algorithm.

        SageMaker's event contains the algorithm but no status, and one change causes several events: let the target
        call DescribeAlgorithm. For the outcome of a validation, use ``on_validation_completed`` and
        ``on_validation_failed``.

        Args:
            id: ID of the rule within the algorithm.
            target: Target of the event. Default: none; call ``add_target`` on the rule.
            description: Text for the EventBridge rule. Default: none.
            rule_name: Name of the EventBridge rule. Default: generated.
            cross_stack_scope: Scope of the rule if the target is in another stack. Default: the algorithm.
        """
        from aws_cdk import aws_events  # noqa: PLC0415 - not always needed

        rule_target(self.node.path, "on_state_change", target)
        return aws_events.Rule(
            cross_stack_scope or self,
            id,
            description=description,
            rule_name=rule_name,
            targets=None if target is None else [cast("Any", target)],
            event_pattern=aws_events.EventPattern(
                source=["aws.sagemaker"],
                detail_type=["SageMaker Algorithm State Change"],
                detail={"AlgorithmName": self._names_in_events()},
            ),
        )

    def _names_in_events(self) -> list[Any]:
        """Return the pattern for the algorithm's name in events."""
        return [self.algorithm_name]


class ImportedAlgorithm(AlgorithmBase):
    """An existing algorithm from another stack, account or region, or created without this library."""

    def __init__(self, scope: Construct, id: str, algorithm_arn: str) -> None:
        """Refer to an algorithm; use ``Algorithm.from_algorithm_arn`` instead."""
        super().__init__(scope, id, environment_from_arn=algorithm_arn)
        self._arn = algorithm_arn
        split = cdk.Stack.of(scope).split_arn(algorithm_arn, cdk.ArnFormat.SLASH_RESOURCE_NAME)
        self._name = split.resource_name or ""

    @property
    def algorithm_arn(self) -> str:
        """The ARN of the algorithm."""
        return self._arn

    @property
    def algorithm_name(self) -> str:
        """The name of the algorithm."""
        return self._name
