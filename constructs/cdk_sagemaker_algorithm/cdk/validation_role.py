"""Create validation roles, and grant them the permissions that the jobs need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import aws_cdk as cdk
from constructs import Construct

from cdk_sagemaker_algorithm.cdk.container_image import AlgorithmImage
from cdk_sagemaker_algorithm.cdk.kernel import account, partition, region
from cdk_sagemaker_algorithm.cdk.s3_data import S3Data
from cdk_sagemaker_algorithm.model.required_access import Need, needs_of_validation

if TYPE_CHECKING:
    from aws_cdk import aws_iam

#: Actions that encrypting an output requires; S3 reads the parts of a multipart upload.
_ENCRYPT: Final = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")
#: SageMaker attaches an encrypted volume by a grant. Without the condition the container could give the key away.
_FOR_AWS_ONLY: Final[dict[str, dict[str, Any]]] = {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def make_role(scope: Construct) -> aws_iam.Role:
    """Create a role for the validation of one algorithm, which only SageMaker in this account can assume."""
    from aws_cdk import aws_iam  # noqa: PLC0415 - not always needed

    # CDK's own types disagree on a parameter's name.
    sagemaker: Any = aws_iam.ServicePrincipal(
        "sagemaker.amazonaws.com",
        conditions={
            "StringEquals": {"aws:SourceAccount": account()},
            "ArnLike": {"aws:SourceArn": f"arn:{partition()}:sagemaker:{region()}:{account()}:*"},
        },
    )
    role = aws_iam.Role(
        scope,
        "ValidationRole",
        # Only where another environment refers to the role does it get a name of its own.
        role_name=cdk.PhysicalName.GENERATE_IF_NEEDED,
        description="Runs the jobs with which SageMaker validates an algorithm",
        assumed_by=sagemaker,
    )
    for statement in _observation():
        # As add_to_principal_policy has it, with a third of the calls.
        aws_iam.Grant.add_to_principal(grantee=role, **statement)
    return role


def grant_needs(
    scope: Construct, role: aws_iam.IGrantable, content: Mapping[str, Any], sources: Mapping[str, Any], *, all_: bool
) -> None:
    """Grant a role the permissions that the validation jobs need.

    Args:
        scope: Construct of the algorithm.
        role: Validation role.
        content: Rendered definition.
        sources: Bound objects, by their paths in the definition.
        all_: Whether to grant access to plain strings in the definition as well.
    """
    granted: set[tuple[int | str, str]] = set()
    for need in needs_of_validation(content):
        source = sources.get(need.path)
        identity = (id(source) if source is not None else need.value, need.purpose)
        if identity in granted or (source is None and not all_):
            continue
        granted.add(identity)
        _grant(scope, role, need, source)


def _grant(scope: Construct, role: aws_iam.IGrantable, need: Need, source: Any) -> None:
    match need.purpose:
        case "pull":
            (source or AlgorithmImage.from_uri(need.value)).bind(scope, role)
        case "read" | "write":
            (source or S3Data.from_uri(need.value)).bind(scope, role, access=need.purpose)
        case "encrypt":
            _grant_key(role, need.value, source, _ENCRYPT)
        case "volume":
            _grant_volume(role, need.value, source)


def _grant_key(role: aws_iam.IGrantable, value: str, key: Any, actions: tuple[str, ...]) -> None:
    from aws_cdk import aws_iam  # noqa: PLC0415 - not always needed

    if hasattr(key, "grant"):
        key.grant(role, *actions)
        return
    arn, conditions = _key_arn(value)
    aws_iam.Grant.add_to_principal(grantee=role, actions=list(actions), resource_arns=[arn], conditions=conditions)


def _grant_volume(role: aws_iam.IGrantable, value: str, key: Any) -> None:
    from aws_cdk import aws_iam  # noqa: PLC0415 - not always needed

    arn, conditions = (key.key_arn, None) if hasattr(key, "key_arn") else _key_arn(value)
    conditions = {**(conditions or {}), **_FOR_AWS_ONLY}
    if hasattr(key, "add_to_resource_policy"):
        # The policy of a key in another account must allow it, too.
        aws_iam.Grant.add_to_principal_or_resource(
            grantee=role,
            actions=["kms:CreateGrant"],
            resource_arns=[arn],
            resource=key,
            conditions=conditions,
            resource_self_arns=["*"],
        )
        return
    aws_iam.Grant.add_to_principal(
        grantee=role, actions=["kms:CreateGrant"], resource_arns=[arn], conditions=conditions
    )


def grant_job_creation(role: aws_iam.IRole) -> None:
    """Grant a validation role to start the validation jobs, with itself as their role."""
    from aws_cdk import aws_iam  # noqa: PLC0415 - not always needed

    own = f"arn:{partition()}:sagemaker:{region()}:{account()}"
    for kind, noun in (("training-job", "TrainingJob"), ("transform-job", "TransformJob"), ("model", "Model")):
        # The service chooses the names of a validation's jobs and models.
        actions = [f"sagemaker:{verb}{noun}" for verb in ("Create", "Describe")]
        actions += [f"sagemaker:Stop{noun}"] if noun != "Model" else ["sagemaker:DeleteModel"]
        aws_iam.Grant.add_to_principal(grantee=role, actions=actions, resource_arns=[f"{own}:{kind}/*"])
    aws_iam.Grant.add_to_principal(
        grantee=role,
        actions=["iam:PassRole"],
        resource_arns=[role.role_arn],
        conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
    )


def _key_arn(value: str) -> tuple[str, dict[str, Any] | None]:
    """Return the ARN and condition for a key ID, a key ARN, an alias or an alias ARN."""
    own = f"arn:{partition()}:kms:{region()}:{account()}:key/"
    if ":alias/" in value or value.startswith("alias/"):
        alias = "alias/" + value.split("alias/", 1)[1]
        # IAM knows keys by their own names only; the alias becomes a condition.
        return f"{own}*", {"ForAnyValue:StringEquals": {"kms:ResourceAliases": alias}}
    return (value if value.startswith("arn:") or cdk.Token.is_unresolved(value) else own + value), None


def _observation() -> list[dict[str, Any]]:
    """Return the permissions for logs and metrics; SageMaker chooses the names of the log streams."""
    groups = [
        f"arn:{partition()}:logs:{region()}:{account()}:log-group:/aws/sagemaker/{kind}"
        for kind in ("TrainingJobs", "TransformJobs")
    ]
    return [
        {
            "actions": ["logs:CreateLogGroup", "logs:DescribeLogStreams"],
            "resource_arns": [resource for group in groups for resource in (group, f"{group}:*")],
        },
        {
            "actions": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "resource_arns": [f"{group}:log-stream:*" for group in groups],
        },
        {
            # CloudWatch confines metrics by their namespace and not by resources.
            "actions": ["cloudwatch:PutMetricData"],
            "resource_arns": ["*"],
            "conditions": {"StringLike": {"cloudwatch:namespace": ["/aws/sagemaker/*", "aws/sagemaker/*"]}},
        },
    ]
