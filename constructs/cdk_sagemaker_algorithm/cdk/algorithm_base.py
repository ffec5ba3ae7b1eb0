"""What every algorithm can do, whether it is declared here or exists elsewhere."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import jsii
from aws_cdk.interfaces.aws_sagemaker import AlgorithmReference, IAlgorithmRef
from constructs import Construct

from cdk_sagemaker_algorithm.cdk.arguments import rule_target
from cdk_sagemaker_algorithm.cdk.grants import AlgorithmGrants

if TYPE_CHECKING:
    from aws_cdk import aws_events, aws_iam


@jsii.implements(IAlgorithmRef)
class AlgorithmBase(cdk.Resource):
    """An algorithm: declared by ``Algorithm``, or found by its name or ARN."""

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
        """A reference to the algorithm, for constructs that take any."""
        return AlgorithmReference(algorithm_arn=self.algorithm_arn)

    @property
    def grants(self) -> AlgorithmGrants:
        """Permissions to use the algorithm."""
        return AlgorithmGrants(self, self.algorithm_arn, self.check_grantee)

    def check_grantee(self, grantee: aws_iam.IGrantable) -> None:
        """Refuse who cannot be granted use of the algorithm.

        Args:
            grantee: Who is to be granted it.
        """

    def on_state_change(
        self,
        id: str,  # noqa: A002 (CDK's name)
        *,
        target: aws_events.IRuleTarget | None = None,
        description: str | None = None,
        rule_name: str | None = None,
        cross_stack_scope: Construct | None = None,
    ) -> aws_events.Rule:
        """Do something whenever SageMaker says that the algorithm has changed.

        SageMaker's event names the algorithm and no status, and several come for one change: let the target describe
        the algorithm. For the outcome of a validation there are ``on_validation_completed`` and
        ``on_validation_failed``.

        Args:
            id: The rule's name within the algorithm.
            target: What is done. Default: nothing, until ``add_target`` is called on the rule.
            description: The rule's description. Default: none.
            rule_name: The rule's name. Default: a generated one.
            cross_stack_scope: The scope of the rule, where the target is in another stack. Default: the algorithm.
        """
        from aws_cdk import aws_events  # noqa: PLC0415 (not always needed)

        rule_target(self.node.path, "on_state_change", target)
        return aws_events.Rule(
            cross_stack_scope or self,
            id,
            description=description,
            rule_name=rule_name,
            targets=None if target is None else [target],
            event_pattern=aws_events.EventPattern(
                source=["aws.sagemaker"],
                detail_type=["SageMaker Algorithm State Change"],
                detail={"AlgorithmName": self._names_in_events()},
            ),
        )

    def _names_in_events(self) -> list[Any]:
        """What a rule's pattern lets through as the algorithm's name."""
        return [self.algorithm_name]


class ImportedAlgorithm(AlgorithmBase):
    """An algorithm that exists: in another stack, account or region, or made by other means."""

    def __init__(self, scope: Construct, id: str, algorithm_arn: str) -> None:  # noqa: A002 (CDK's name)
        """Refer to an algorithm; ``Algorithm.from_algorithm_arn`` is the way to make one."""
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
