"""The algorithms that a CloudFormation stack has made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_algorithm.monitoring.errors import MissingStackError
from cdk_sagemaker_algorithm_provider.contract import aws_errors
from cdk_sagemaker_algorithm_provider.contract.resource_schema import ALGORITHM_TYPE


@dataclass(frozen=True, slots=True, kw_only=True)
class StackAlgorithm:
    """A resource of a stack that is an algorithm.

    Attributes:
        logical_id: Its logical ID.
        status: The resource's status, such as CREATE_IN_PROGRESS.
        name: The algorithm's name; empty before there is one.
    """

    logical_id: str
    status: str
    name: str


def algorithms_of_stack(cloudformation: Any, stack: str) -> list[StackAlgorithm]:
    """All algorithms of a stack, those that are being created included.

    Args:
        cloudformation: A CloudFormation client.
        stack: The stack's name or ARN.

    Raises:
        MissingStackError: There is no such stack.
    """
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    try:
        resources = [resource for page in pages for resource in page.get("StackResourceSummaries", ())]
    except Exception as error:
        if aws_errors.is_aws(error) and "does not exist" in aws_errors.message(error):
            region = cloudformation.meta.region_name
            raise MissingStackError(
                f"there is no stack {stack!r} in {region}; `cdk list` shows an app's stacks, and --region and "
                "--profile choose where to look"
            ) from error
        raise
    return [
        StackAlgorithm(
            logical_id=resource["LogicalResourceId"], status=resource["ResourceStatus"], name=_name(resource)
        )
        for resource in resources
        if resource["ResourceType"] == ALGORITHM_TYPE and resource["ResourceStatus"] != "DELETE_COMPLETE"
    ]


def _name(resource: dict[str, Any]) -> str:
    """The physical ID, if it is a name: a resource whose creation was refused has something else."""
    physical_id = str(resource.get("PhysicalResourceId") or "")
    return "" if ":" in physical_id else physical_id
