"""The permissions of the provider's two roles, as narrow as the services allow.

Statements are plain dicts with the CDK's string tokens, so that they can be attached, compared and printed.
"""

from __future__ import annotations

from typing import Any, Final

from aws_cdk import aws_iam

from cdk_sagemaker_algorithm.cdk.kernel import account, partition, region, stack_name
from cdk_sagemaker_algorithm_provider.contract.outcome_event import DETAIL_TYPE, SOURCE
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import ADOPTER_TAG, STACK_TAG

Statement = dict[str, Any]

#: X-Ray has no resources to confine a permission to.
_TRACING: Final[Statement] = {
    "Effect": "Allow",
    "Action": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
    "Resource": "*",
}
#: CloudWatch's API for log delivery has no resources either.
_LOG_DELIVERY: Final[Statement] = {
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
#: Lambda creates the function's network interfaces; EC2 cannot confine these actions before they exist.
_NETWORK_INTERFACES: Final[Statement] = {
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
    """The handler's permissions on the algorithms of one stack; roles to pass are added as they are declared.

    Each algorithm has the ID of its stack as a tag from its creation on, so no other algorithm can be changed or
    deleted. The stack's name decides and not the whole ID: a failed algorithm that a deleted stack has retained is
    removed by the stack's successor.
    """

    def __init__(self) -> None:
        """Create permissions without a role to pass."""
        self._passed: dict[str, None] = {}
        self._pass_role: aws_iam.PolicyStatement | None = None
        self.document: Final = document(self.statements())

    def pass_role(self, role_arn: str) -> None:
        """Let the handler pass one more role to SageMaker."""
        if role_arn in self._passed:
            return
        self._passed[role_arn] = None
        if self._pass_role is None:
            self._pass_role = aws_iam.PolicyStatement.from_json(self._pass_role_statement())
            self.document.add_statements(self._pass_role)
        else:
            self._pass_role.add_resources(role_arn)

    def statements(self) -> list[Statement]:
        """Return the permissions, as far as roles to pass have been declared."""
        algorithms, stack_id = _algorithms(), _stack_id()
        statements: list[Statement] = [
            {
                "Effect": "Allow",
                "Action": "sagemaker:CreateAlgorithm",
                "Resource": algorithms,
                "Condition": {"StringLike": {f"aws:RequestTag/{STACK_TAG}": stack_id}},
            },
            {
                # TaggingAction exists only while SageMaker tags what it creates: no existing algorithm can be claimed.
                "Effect": "Allow",
                "Action": "sagemaker:AddTags",
                "Resource": algorithms,
                "Condition": {
                    "StringLike": {f"aws:RequestTag/{STACK_TAG}": stack_id},
                    "Null": {"sagemaker:TaggingAction": "false"},
                },
            },
            {
                "Effect": "Allow",
                "Action": ["sagemaker:AddTags", "sagemaker:DeleteTags"],
                "Resource": algorithms,
                "Condition": {"StringLike": {f"aws:ResourceTag/{STACK_TAG}": stack_id}},
            },
            {
                # An adopted algorithm is released, never deleted.
                "Effect": "Allow",
                "Action": "sagemaker:DeleteAlgorithm",
                "Resource": algorithms,
                "Condition": {
                    "StringLike": {f"aws:ResourceTag/{STACK_TAG}": stack_id},
                    "Null": {f"aws:ResourceTag/{ADOPTER_TAG}": "true"},
                },
            },
            {
                # Whether the stack still has an algorithm, or was told to retain it, decides about background deletion.
                "Effect": "Allow",
                "Action": "cloudformation:DescribeStackResources",
                "Resource": stack_id,
            },
            {
                # An algorithm that a person has marked for this stack can be adopted: it gets the stack's tag.
                "Effect": "Allow",
                "Action": "sagemaker:AddTags",
                "Resource": algorithms,
                "Condition": {
                    "StringLike": {
                        f"aws:RequestTag/{STACK_TAG}": stack_id,
                        f"aws:ResourceTag/{ADOPTER_TAG}": f"{stack_name()}/*",
                    }
                },
            },
        ]
        return [*statements, self._pass_role_statement()] if self._passed else statements

    def _pass_role_statement(self) -> Statement:
        return {
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": list(self._passed),
            "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        }


def handler_statements(*, state_machine_arn: str, execution_arn: str, log_group_arn: str) -> list[Statement]:
    """Return the handler's permissions that do not depend on a stack's algorithms.

    Args:
        state_machine_arn: ARN of the waiter state machine.
        execution_arn: ARN pattern of its executions.
        log_group_arn: ARN of the handler's log group, which ends with ``:*``.
    """
    return [
        {
            # The stack tag decides who owns an algorithm. It changes only if a person has marked the algorithm.
            "Effect": "Deny",
            "Action": ["sagemaker:AddTags", "sagemaker:DeleteTags"],
            "Resource": _algorithms(),
            "Condition": {
                "ForAnyValue:StringEquals": {"aws:TagKeys": [STACK_TAG]},
                "Null": {"sagemaker:TaggingAction": "true", f"aws:ResourceTag/{ADOPTER_TAG}": "true"},
            },
        },
        {
            # Only its tags show whether an algorithm is this stack's.
            "Effect": "Allow",
            "Action": ["sagemaker:DescribeAlgorithm", "sagemaker:ListTags"],
            "Resource": _algorithms(),
        },
        {
            # No response contains the jobs of a validation: the handler searches all jobs.
            "Effect": "Allow",
            "Action": ["sagemaker:DescribeTrainingJob", "sagemaker:DescribeTransformJob"],
            "Resource": [arn("sagemaker", "training-job/*"), arn("sagemaker", "transform-job/*")],
        },
        {
            # SageMaker's lists have no resources.
            "Effect": "Allow",
            "Action": ["sagemaker:ListAlgorithms", "sagemaker:ListTrainingJobs", "sagemaker:ListTransformJobs"],
            "Resource": "*",
        },
        {
            "Effect": "Allow",
            "Action": ["states:ListExecutions", "states:StartExecution"],
            "Resource": state_machine_arn,
        },
        {
            "Effect": "Allow",
            "Action": "states:StopExecution",
            "Resource": execution_arn,
        },
        {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": log_group_arn},
        {
            "Effect": "Allow",
            "Action": "events:PutEvents",
            "Resource": arn("events", "event-bus/default"),
            "Condition": {"StringEquals": {"events:source": SOURCE, "events:detail-type": DETAIL_TYPE}},
        },
        _TRACING,
    ]


def network_statements() -> list[Statement]:
    """Return what a function in a VPC needs in addition."""
    return [_NETWORK_INTERFACES]


def handler_key_statements(key_arn: str) -> list[Statement]:
    """Return what the handler needs of the key that encrypts its environment and the executions it reads and starts.

    Args:
        key_arn: ARN of the KMS key.
    """
    return [{"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": key_arn}]


def waiter_statements(key_arn: str | None) -> list[Statement]:
    """Return what the state machine needs when it is created: CreateStateMachine checks the delivery of its logs.

    Args:
        key_arn: ARN of the KMS key that encrypts its data and its logs, if there is one.
    """
    if key_arn is None:
        return [_LOG_DELIVERY, _TRACING]
    return [
        _LOG_DELIVERY,
        _TRACING,
        {
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": key_arn,
            "Condition": {
                "StringLike": {"kms:EncryptionContext:aws:states:stateMachineArn": arn("states", "stateMachine:*")}
            },
        },
        {
            "Effect": "Allow",
            "Action": "kms:GenerateDataKey",
            "Resource": key_arn,
            "Condition": {"StringLike": {"kms:EncryptionContext:SourceArn": arn("logs", "*")}},
        },
    ]


def invoke_statements(function_arn: str) -> list[Statement]:
    """Return the state machine's permission to invoke the handler.

    Args:
        function_arn: ARN of the handler function.
    """
    return [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": function_arn}]


def waiter_trust() -> dict[str, Any]:
    """Return the conditions under which Step Functions assumes the waiter's role: for this account's state machines."""
    return {
        "StringEquals": {"aws:SourceAccount": account()},
        "ArnLike": {"aws:SourceArn": arn("states", "stateMachine:*")},
    }


def log_key_statement() -> Statement:
    """Return the key policy statement with which CloudWatch Logs encrypts log groups of this account and region."""
    return {
        "Effect": "Allow",
        "Principal": {"Service": f"logs.{region()}.amazonaws.com"},
        "Action": ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
        "Resource": "*",
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": arn("logs", "log-group:*")}},
    }


def document(statements: list[Statement]) -> aws_iam.PolicyDocument:
    """Return a policy document of these statements, in one call to the kernel."""
    return aws_iam.PolicyDocument.from_json({"Version": "2012-10-17", "Statement": statements})


def arn(service: str, resource: str) -> str:
    """Return an ARN of the stack's account and region.

    Args:
        service: Service prefix.
        resource: The part after the account.
    """
    return f"arn:{partition()}:{service}:{region()}:{account()}:{resource}"


def _algorithms() -> str:
    return arn("sagemaker", "algorithm/*")


def _stack_id() -> str:
    return arn("cloudformation", f"stack/{stack_name()}/*")
