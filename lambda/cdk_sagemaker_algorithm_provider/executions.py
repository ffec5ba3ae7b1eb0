"""Start executions of the waiter state machine: one per request, named after it."""

from __future__ import annotations

import hashlib
import os
import re
import time

from cdk_sagemaker_algorithm_provider import clients
from cdk_sagemaker_algorithm_provider.cfn_response import Recipient
from cdk_sagemaker_algorithm_provider.contract import aws_errors

_READABLE = 30
#: Seconds between the attempts to start an execution.
_PAUSES = (5, 10, 20, 40)
#: What `execution_name` returns for a request: its kind, hash of the resource, time in seconds, hash of the request.
NAME = re.compile(r"(Create|Update|Delete)-.*-([0-9a-f]{12})-([0-9]{10})-([0-9a-f]{12})")


def execution_name(what: str, recipient: Recipient) -> str:
    """Return the name of a request's execution: the same for the same request, readable, at most 80 characters."""
    owner = _digest(recipient.stack_id, recipient.logical_id)
    request = _digest(recipient.stack_id, recipient.logical_id, recipient.request_id)
    readable = re.sub(r"[^A-Za-z0-9-]", "-", recipient.logical_id)[:_READABLE]
    return f"{what}-{readable}-{owner}-{int(recipient.signed_at):010d}-{request}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode("utf-8", errors="replace")).hexdigest()[:12]


def start(name: str, state: str) -> None:
    """Start an execution; an earlier delivery of the request can have started it already."""
    client = clients.stepfunctions()
    for pause in (*_PAUSES, 0):
        try:
            client.start_execution(stateMachineArn=os.environ["STATE_MACHINE_ARN"], name=name, input=state)
        except Exception as error:
            if aws_errors.code(error) == "ExecutionAlreadyExists":
                return
            # The function's permissions can be new and not yet consistent.
            may_pass = aws_errors.is_denied(error) or aws_errors.is_transient(error)
            if not may_pass or not pause:
                raise
            time.sleep(pause)
        else:
            return
