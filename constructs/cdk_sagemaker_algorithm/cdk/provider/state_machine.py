"""The definition of the waiter state machine."""

from __future__ import annotations

from typing import Any

from cdk_sagemaker_algorithm_provider.contract.limits import FUNCTION_TIMEOUT


def state_machine_definition() -> dict[str, Any]:
    """Return the waiter in the Amazon States Language, as an argument of ``Fn::Sub``.

    It runs a step of the task. If the step decided, it delivers the response; if not, it waits and runs the next one.
    The handler decides how long to wait and when to stop. The handler's ARN comes with the input, because the handler
    refers to the state machine, and CloudFormation accepts no circular dependency.
    """
    return {
        "Comment": "Runs the steps of a custom resource request until there is a response, and delivers it once",
        "StartAt": "Decided?",
        "States": {
            "Step": {
                **_invocation({"Step.$": "$"}),
                "OutputPath": "$.Payload",
                "Retry": _retries(attempts=6),
                "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.Error", "Next": "Deliver"}],
                "Next": "Decided?",
            },
            "Decided?": {
                "Type": "Choice",
                "Choices": [
                    {"Variable": "$.Answer", "IsPresent": True, "Next": "Deliver"},
                    {"Variable": "$.WaitSeconds", "IsPresent": True, "Next": "Wait"},
                ],
                "Default": "Step",
            },
            "Wait": {"Type": "Wait", "SecondsPath": "$.WaitSeconds", "Next": "Step"},
            "Deliver": {**_invocation({"Deliver.$": "$"}), "Retry": _retries(attempts=12), "End": True},
        },
    }


def _invocation(payload: dict[str, str]) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:${AWS::Partition}:states:::lambda:invoke",
        "Parameters": {"FunctionName.$": "$.FunctionArn", "Payload": payload},
        # A little longer than the function, so that its own timeout is the error.
        "TimeoutSeconds": FUNCTION_TIMEOUT + 30,
    }


def _retries(*, attempts: int) -> list[dict[str, Any]]:
    overloaded = {
        "ErrorEquals": [
            "Lambda.TooManyRequestsException",
            "Lambda.ServiceException",
            "Lambda.AWSLambdaException",
            "Lambda.SdkClientException",
        ],
        "IntervalSeconds": 2,
        "BackoffRate": 2,
        "MaxDelaySeconds": 60,
        "MaxAttempts": 150,
        "JitterStrategy": "FULL",
    }
    other = {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 2,
        "BackoffRate": 2,
        "MaxDelaySeconds": 60,
        "MaxAttempts": attempts,
    }
    return [overloaded, other]
