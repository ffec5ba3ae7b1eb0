"""What the provider's two roles may do, as narrow as the services allow."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk

from .lazy import lazy

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


class PolicyStatements:
    """The policies of one provider; roles to pass come in as algorithms are declared."""

    def __init__(self) -> None:
        """Begin with no role to pass."""
        self._passed: dict[str, None] = {}

    def pass_role(self, role_arn: str) -> None:
        """Let the handler pass one more role to SageMaker."""
        self._passed[role_arn] = None

    def of_handler(self, waiter: cdk.CfnResource, logs: cdk.CfnResource) -> Document:
        """The policy of the Lambda function."""
        return _document(lazy(lambda: self._handler_statements(waiter, logs)))

    def of_waiter(self, function: cdk.CfnResource) -> Document:
        """The policy of the state machine."""
        invoke = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": function.get_att("Arn")}
        return _document([invoke, _LOG_DELIVERY, _TRACING])

    def _handler_statements(self, waiter: cdk.CfnResource, logs: cdk.CfnResource) -> list[Any]:
        statements: list[Any] = [
            {
                "Effect": "Allow",
                "Action": [
                    "sagemaker:AddTags",
                    "sagemaker:CreateAlgorithm",
                    "sagemaker:DeleteAlgorithm",
                    "sagemaker:DeleteTags",
                    "sagemaker:DescribeAlgorithm",
                    "sagemaker:ListTags",
                ],
                "Resource": _arn("sagemaker", "algorithm/*"),
            },
            {
                "Effect": "Allow",
                "Action": ["sagemaker:DescribeTrainingJob", "sagemaker:DescribeTransformJob"],
                "Resource": [_arn("sagemaker", "training-job/*"), _arn("sagemaker", "transform-job/*")],
            },
            {
                # The service knows no resources for lists.
                "Effect": "Allow",
                "Action": [
                    "sagemaker:ListAlgorithms",
                    "sagemaker:ListTrainingJobs",
                    "sagemaker:ListTransformJobs",
                ],
                "Resource": "*",
            },
            {"Effect": "Allow", "Action": "states:StartExecution", "Resource": waiter.ref},
            {
                "Effect": "Allow",
                "Action": ["states:DescribeExecution", "states:GetExecutionHistory"],
                "Resource": _arn("states", "execution:${Name}:*", Name=waiter.get_att("Name")),
            },
            {
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": logs.get_att("Arn"),
            },
            _TRACING,
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


def _document(statements: Any) -> Document:
    return {"Version": "2012-10-17", "Statement": statements}


def _arn(service: str, resource: str, **substitutions: Any) -> dict[str, Any]:
    arn = f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}"
    return {"Fn::Sub": [arn, substitutions] if substitutions else arn}
