"""The handler's permissions equal its calls."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import cdk_sagemaker_algorithm_provider
from tests.support.stacks import ROLE, algorithm, as_list, new_stack, resources, validation

SOURCES = sorted(Path(cdk_sagemaker_algorithm_provider.__file__).parent.rglob("*.py"))
CALL = re.compile(
    r"(?:client\.|events\.|sagemaker\(\)\.|\")((?:list|describe|create|delete|add|start|stop|get|put)_[a-z_]+)[(,)\"]"
)
# The service that has the operations of a prefix other than SageMaker's.
SERVICES = {"_execution": "states", "_events": "events", "_stack_": "cloudformation"}
# Called by names that are put together from the kind of the job.
OF_JOBS = {
    f"sagemaker:{verb}" for kind in ("Training", "Transform") for verb in (f"Describe{kind}Job", f"List{kind}Jobs")
}
# Not calls of the handler: SageMaker takes the role on, the log and the trace are the runtime's.
RUNTIME = {
    "iam:PassRole",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}


def called() -> set[str]:
    operations = {operation for source in SOURCES for operation in CALL.findall(source.read_text())} - {"get_paginator"}
    return {f"{service(each)}:{''.join(part.capitalize() for part in each.split('_'))}" for each in operations}


def service(operation: str) -> str:
    return next((name for part, name in SERVICES.items() if part in operation), "sagemaker")


def allowed() -> set[str]:
    stack = new_stack()
    algorithm(stack, validation_specification=validation(), validation_role=ROLE)
    (role,) = (each for name, each in resources(stack, "AWS::IAM::Role").items() if "HandlerRole" in name)
    policies: list[dict[str, Any]] = role["Properties"]["Policies"]
    statements = [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]
    return {action for each in statements for action in as_list(each["Action"])}


def test_the_handler_may_do_what_it_does_and_no_more() -> None:
    assert called() | OF_JOBS | RUNTIME == allowed()
