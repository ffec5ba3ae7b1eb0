"""Grant principals the use of an algorithm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import aws_cdk as cdk

from cdk_sagemaker_algorithm.cdk.arguments import USE_ROLE_OBJECT, mismatch

if TYPE_CHECKING:
    from aws_cdk import aws_iam

    from cdk_sagemaker_algorithm.model.value_types import RoleSource

_SAGEMAKER: Final = "sagemaker.amazonaws.com"


class AlgorithmGrants:
    """Permissions to use one algorithm: ``algorithm.grants.describe(role)``.

    IAM restricts training, tuning and transform jobs by their names, not by their algorithm. Set a prefix of the names
    to restrict them. Jobs run in the account of the stack that uses the algorithm, and in the algorithm's region.
    """

    def __init__(
        self, algorithm: cdk.IResource, algorithm_arn: str, check_grantee: Callable[[aws_iam.IGrantable], None]
    ) -> None:
        """Create the grants of an algorithm; use ``algorithm.grants`` instead.

        Args:
            algorithm: Construct of the algorithm.
            algorithm_arn: ARN of the algorithm.
            check_grantee: Raises an error if a principal cannot be granted use of the algorithm.
        """
        self._algorithm = algorithm
        self._algorithm_arn = algorithm_arn
        self._check_grantee = check_grantee

    def actions(self, grantee: aws_iam.IGrantable, *actions: str) -> aws_iam.Grant:
        """Grant actions on the algorithm itself.

        Args:
            grantee: Principal of the grant.
            actions: IAM actions, such as ``sagemaker:DescribeAlgorithm``.
        """
        return self._grant(grantee, actions, [self._algorithm_arn])

    def describe(self, grantee: aws_iam.IGrantable) -> aws_iam.Grant:
        """Grant permission to read the algorithm and its tags.

        Args:
            grantee: Principal of the grant.
        """
        return self.actions(grantee, "sagemaker:DescribeAlgorithm", "sagemaker:ListTags")

    def create_training_job(
        self, grantee: aws_iam.IGrantable, *, role: RoleSource | None = None, name_prefix: str = ""
    ) -> aws_iam.Grant:
        """Grant permission to create, describe, tag and stop training jobs with the algorithm.

        Args:
            grantee: Principal of the grant.
            role: IAM role of the jobs; the grantee can then pass it to SageMaker. Default: none; the grantee needs that
                permission from another policy.
            name_prefix: Prefix of the jobs' names. Default: any name.
        """
        return self._jobs(grantee, "training-job", "TrainingJob", role, name_prefix)

    def create_tuning_job(
        self, grantee: aws_iam.IGrantable, *, role: RoleSource | None = None, name_prefix: str = ""
    ) -> aws_iam.Grant:
        """Grant permission to create, describe, tag and stop tuning jobs with the algorithm.

        Args:
            grantee: Principal of the grant.
            role: IAM role of the jobs; the grantee can then pass it to SageMaker. Default: none.
            name_prefix: Prefix of the jobs' names. Default: any name.
        """
        return self._jobs(grantee, "hyper-parameter-tuning-job", "HyperParameterTuningJob", role, name_prefix)

    def create_transform_job(
        self, grantee: aws_iam.IGrantable, *, role: RoleSource | None = None, name_prefix: str = ""
    ) -> aws_iam.Grant:
        """Grant permission to run transform jobs with models of the algorithm.

        A transform job uses a model. The model is created from a model package, and the model package from the
        algorithm and its training output. The grant therefore includes creating and describing all three.

        Args:
            grantee: Principal of the grant.
            role: IAM role of the model; the grantee can then pass it to SageMaker. Default: none.
            name_prefix: Prefix of the names of the jobs, models and packages. Default: any name.
        """
        packages = ["sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage"]
        models = ["sagemaker:CreateModel", "sagemaker:DescribeModel"]
        made = self._grant(grantee, packages, [self._arn("model-package", name_prefix)])
        made = made.combine(self._grant(grantee, models, [self._arn("model", name_prefix)]))
        return made.combine(self._jobs(grantee, "transform-job", "TransformJob", role, name_prefix))

    def _jobs(
        self,
        grantee: aws_iam.IGrantable,
        resource: str,
        noun: str,
        role: RoleSource | None,
        name_prefix: str,
    ) -> aws_iam.Grant:
        actions = [
            "sagemaker:AddTags",
            f"sagemaker:Create{noun}",
            f"sagemaker:Describe{noun}",
            f"sagemaker:Stop{noun}",
        ]
        granted = self.describe(grantee).combine(self._grant(grantee, actions, [self._arn(resource, name_prefix)]))
        return granted if role is None else granted.combine(self._pass(grantee, role))

    def _pass(self, grantee: aws_iam.IGrantable, role: RoleSource) -> aws_iam.Grant:
        condition = {"StringEquals": {"iam:PassedToService": _SAGEMAKER}}
        return self._grant(grantee, ["iam:PassRole"], [role.role_ref.role_arn], condition)

    def _grant(
        self,
        grantee: aws_iam.IGrantable,
        actions: Sequence[str],
        resource_arns: list[str],
        conditions: dict[str, dict[str, Any]] | None = None,
    ) -> aws_iam.Grant:
        from aws_cdk import aws_iam  # noqa: PLC0415 - not always needed

        if not hasattr(grantee, "grant_principal"):
            place = f"{self._algorithm.node.path}: grantee"
            raise ValueError(mismatch(place, "a principal", grantee, USE_ROLE_OBJECT))
        self._check_grantee(grantee)
        return aws_iam.Grant.add_to_principal(
            grantee=grantee, actions=list(actions), resource_arns=resource_arns, conditions=conditions
        )

    def _arn(self, resource: str, name_prefix: str) -> str:
        # Jobs belong to the caller's account, even if the algorithm belongs to another account.
        return cdk.Stack.of(self._algorithm).format_arn(
            service="sagemaker",
            resource=resource,
            resource_name=f"{name_prefix}*",
            region=self._algorithm.env.region,
        )
