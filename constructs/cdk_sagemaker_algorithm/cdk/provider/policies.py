"""What the provider's two roles may do, as narrow as the services allow."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk

from cdk_sagemaker_algorithm.cdk.lazy import lazy
from cdk_sagemaker_algorithm_provider.contract.outcome_event import DETAIL_TYPE, SOURCE
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import STACK_TAG

Document = dict[str, Any]

#: X-Ray and the delivery of Step Functions' logs know no resources to confine a permission to.
_TRACING = {
    "Effect": "Allow",
    "Action": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
    "Resource": "*",
}
_LOG_DELIVERY = {
    "Effect": "Allow",
    "Action": [
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
    ],
    "Resource": "*",
}
#: Lambda makes the function's network interfaces; EC2 confines none of these to what does not exist yet.
_NETWORK_INTERFACES = {
    "Effect": "Allow",
    "Action": [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
    ],
    "Resource": "*",
}


class StackPermissions:
    """What the function may do for the algorithms of one stack; roles to pass come in as they are declared.

    Every algorithm carries the ID of its stack as a tag from the moment it is made, so nobody else's can be changed
    or deleted. The stack's name decides and not the whole ID: a failed algorithm that was kept for inspection by a
    stack that is deleted meanwhile is removed by its successor.
    """

    def __init__(self) -> None:
        """Begin with no role to pass."""
        self._passed: dict[str, None] = {}

    def pass_role(self, role_arn: str) -> None:
        """Let the handler pass one more role to SageMaker."""
        self._passed[role_arn] = None

    def document(self) -> Document:
        """The permissions as a policy of their own."""
        return _document(lazy(self.statements))

    def statements(self) -> list[Any]:
        """The permissions, once everything is declared."""
        statements: list[Any] = [
            {
                "Effect": "Allow",
                "Action": ["sagemaker:AddTags", "sagemaker:CreateAlgorithm"],
                "Resource": _ALGORITHMS,
                "Condition": {
                    "StringLike": {f"aws:RequestTag/{STACK_TAG}": _STACK_ID},
                    # Only if the service says for what it adds the tags: a create must not hang on its saying so.
                    "StringEqualsIfExists": {"sagemaker:TaggingAction": "CreateAlgorithm"},
                },
            },
            {
                "Effect": "Allow",
                "Action": ["sagemaker:AddTags", "sagemaker:DeleteAlgorithm", "sagemaker:DeleteTags"],
                "Resource": _ALGORITHMS,
                "Condition": {"StringLike": {f"aws:ResourceTag/{STACK_TAG}": _STACK_ID}},
            },
        ]
        if self._passed:
            statements.append(
                {
                    "Effect": "Allow",
                    "Action": "iam:PassRole",
                    "Resource": list(self._passed),
                    "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
                }
            )
        return statements


def handler_document(permissions: StackPermissions, waiter: cdk.CfnResource, logs: cdk.CfnResource) -> Document:
    """The policy of the Lambda function."""
    execution = _arn("states", "execution:${Name}:*", Name=waiter.get_att("Name"))
    log_group = logs.get_att("Arn")
    common: list[Any] = [
        {
            # Whether an algorithm is this stack's can be told only by looking at it.
            "Effect": "Allow",
            "Action": ["sagemaker:DescribeAlgorithm", "sagemaker:ListTags"],
            "Resource": _ALGORITHMS,
        },
        {
            # No response names the jobs of a validation: they are found among all.
            "Effect": "Allow",
            "Action": ["sagemaker:DescribeTrainingJob", "sagemaker:DescribeTransformJob"],
            "Resource": [_arn("sagemaker", "training-job/*"), _arn("sagemaker", "transform-job/*")],
        },
        {
            # The service knows no resources for lists.
            "Effect": "Allow",
            "Action": ["sagemaker:ListAlgorithms", "sagemaker:ListTrainingJobs", "sagemaker:ListTransformJobs"],
            "Resource": "*",
        },
        {"Effect": "Allow", "Action": "states:StartExecution", "Resource": waiter.ref},
        {
            "Effect": "Allow",
            "Action": ["states:DescribeExecution", "states:GetExecutionHistory"],
            "Resource": execution,
        },
        {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": log_group},
        {
            "Effect": "Allow",
            "Action": "events:PutEvents",
            "Resource": _arn("events", "event-bus/default"),
            "Condition": {"StringEquals": {"events:source": SOURCE, "events:detail-type": DETAIL_TYPE}},
        },
        _TRACING,
    ]
    return _document(lazy(lambda: [*permissions.statements(), *common]))


def waiter_document(function: cdk.CfnResource) -> Document:
    """The policy of the state machine."""
    invoke = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": function.get_att("Arn")}
    return _document([invoke, _LOG_DELIVERY, _TRACING])


def network_document() -> Document:
    """The policy of a function within a VPC."""
    return _document([_NETWORK_INTERFACES])


def _document(statements: Any) -> Document:
    return {"Version": "2012-10-17", "Statement": statements}


def _arn(service: str, resource: str, **substitutions: Any) -> dict[str, Any]:
    arn = f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}"
    return {"Fn::Sub": [arn, substitutions] if substitutions else arn}


_ALGORITHMS = _arn("sagemaker", "algorithm/*")
_STACK_ID = _arn("cloudformation", "stack/${AWS::StackName}/*")
