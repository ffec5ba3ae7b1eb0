"""Who may use an algorithm, and for what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import aws_cdk as cdk

if TYPE_CHECKING:
    from aws_cdk import aws_iam

_SAGEMAKER: Final = "sagemaker.amazonaws.com"


class AlgorithmGrants:
    """Permissions to use one algorithm: ``algorithm.grants.describe(role)``.

    SageMaker confines the jobs that are made from an algorithm by the jobs' names and not by the algorithm; give a
    prefix of the names to confine them. Jobs run in the account of the stack that uses the algorithm, whoever owns it,
    and in the algorithm's region.
    """

    def __init__(
        self, algorithm: cdk.IResource, algorithm_arn: str, check_grantee: Callable[[aws_iam.IGrantable], None]
    ) -> None:
        """Create the grants of an algorithm; ``algorithm.grants`` is the way to get them.

        Args:
            algorithm: The algorithm.
            algorithm_arn: Its ARN.
            check_grantee: Raises if a grantee cannot be granted use of the algorithm.
        """
        self._algorithm = algorithm
        self._algorithm_arn = algorithm_arn
        self._check_grantee = check_grantee

    def actions(self, grantee: aws_iam.IGrantable, *actions: str) -> aws_iam.Grant:
        """Grant any actions on the algorithm itself.

        Args:
            grantee: Who is granted them.
            actions: Such as ``sagemaker:DescribeAlgorithm``.
        """
        return self._grant(grantee, actions, [self._algorithm_arn])

    def describe(self, grantee: aws_iam.IGrantable) -> aws_iam.Grant:
        """Grant reading the algorithm and its tags.

        Args:
            grantee: Who is granted it.
        """
        return self.actions(grantee, "sagemaker:DescribeAlgorithm", "sagemaker:ListTags")

    def create_training_job(
        self, grantee: aws_iam.IGrantable, *, role: aws_iam.IRole | None = None, name_prefix: str = ""
    ) -> aws_iam.Grant:
        """Grant training with the algorithm: making, describing, tagging and stopping training jobs.

        Args:
            grantee: Who is granted it.
            role: The role that the jobs run with; passing it to SageMaker is granted too. Default: none, so the
                grantee needs that permission from elsewhere.
            name_prefix: What the jobs' names begin with. Default: any name.
        """
        return self._jobs(grantee, "training-job", "TrainingJob", role, name_prefix)

    def create_tuning_job(
        self, grantee: aws_iam.IGrantable, *, role: aws_iam.IRole | None = None, name_prefix: str = ""
    ) -> aws_iam.Grant:
        """Grant tuning the algorithm's hyperparameters: making, describing, tagging and stopping tuning jobs.

        Args:
            grantee: Who is granted it.
            role: The role that the jobs run with; passing it to SageMaker is granted too. Default: none.
            name_prefix: What the jobs' names begin with. Default: any name.
        """
        return self._jobs(grantee, "hyper-parameter-tuning-job", "HyperParameterTuningJob", role, name_prefix)

    def create_transform_job(
        self, grantee: aws_iam.IGrantable, *, role: aws_iam.IRole | None = None, name_prefix: str = ""
    ) -> aws_iam.Grant:
        """Grant transforming with models of the algorithm.

        A transform job runs a model; the model is made of a model package, and that of the algorithm and what it has
        trained. So all three may be made and described.

        Args:
            grantee: Who is granted it.
            role: The role that the model runs with; passing it to SageMaker is granted too. Default: none.
            name_prefix: What the names of the jobs, models and packages begin with. Default: any name.
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
        role: aws_iam.IRole | None,
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

    def _pass(self, grantee: aws_iam.IGrantable, role: aws_iam.IRole) -> aws_iam.Grant:
        condition = {"StringEquals": {"iam:PassedToService": _SAGEMAKER}}
        return self._grant(grantee, ["iam:PassRole"], [role.role_arn], condition)

    def _grant(
        self,
        grantee: aws_iam.IGrantable,
        actions: Sequence[str],
        resource_arns: list[str],
        conditions: dict[str, dict[str, Any]] | None = None,
    ) -> aws_iam.Grant:
        from aws_cdk import aws_iam  # noqa: PLC0415 (not always needed)

        self._check_grantee(grantee)
        return aws_iam.Grant.add_to_principal(
            grantee=grantee, actions=list(actions), resource_arns=resource_arns, conditions=conditions
        )

    def _arn(self, resource: str, name_prefix: str) -> str:
        # The account is the stack's: jobs on somebody else's algorithm run with whoever starts them.
        return cdk.Stack.of(self._algorithm).format_arn(
            service="sagemaker",
            resource=resource,
            resource_name=f"{name_prefix}*",
            region=self._algorithm.env.region,
        )
