"""The templates that CloudFormation has now."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from botocore.exceptions import ClientError

from cdk_sagemaker_algorithm.assembly.documents import parse_template
from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.assembly.stack import Stack, nested_stack_ids
from cdk_sagemaker_algorithm.model.json_tree import Json, json_object


class Deployed:
    """Reads the templates of stacks from CloudFormation."""

    def __init__(self, create_client: Callable[..., Any], endpoint_url: str | None = None) -> None:
        """Use a session's credentials.

        Args:
            create_client: `client` of a boto3 session.
            endpoint_url: Address of the AWS APIs, if not AWS's.
        """
        self._create_client = create_client
        self._endpoint_url = endpoint_url
        self._clients: dict[tuple[str, str | None], Any] = {}

    def stacks(self, wanted: Iterable[Stack]) -> list[Stack]:
        """Read what CloudFormation has now of the stacks of an assembly.

        Args:
            wanted: The stacks of HEAD.

        Returns:
            Those that are deployed.

        Raises:
            InputError: HEAD does not say what its stacks are called, or they are in another account.
        """
        found: list[Stack] = []
        for stack in wanted:
            if stack.name is None:
                raise InputError(
                    f"{stack.label}: a template file does not say its stack's name; compare with --deployed needs a "
                    "cloud assembly (cdk.out) as HEAD"
                )
            self._check_account(stack)
            deployed = self._read(stack, stack.name)
            if deployed is not None:
                found.append(deployed)
        return found

    def _read(self, stack: Stack, name: str) -> Stack | None:
        """The deployed form of a stack; `name` may be the ID of a nested one."""
        template = self._template(name, stack.region)
        if template is None:
            return None
        nested: dict[str, Stack] = {}
        for logical_id in nested_stack_ids(template):
            inner = self._nested(stack, name, logical_id)
            if inner is not None:
                nested[logical_id] = inner
        return Stack(
            name=stack.name,
            label=stack.label,
            template=template,
            account=stack.account,
            region=stack.region,
            nested=nested,
            paths=stack.paths,
        )

    def _nested(self, stack: Stack, name: str, logical_id: str) -> Stack | None:
        cloudformation = self._client("cloudformation", stack.region)
        answer = cloudformation.describe_stack_resource(StackName=name, LogicalResourceId=logical_id)
        physical_id = answer["StackResourceDetail"].get("PhysicalResourceId")
        if not physical_id:
            return None
        outline = Stack(name=None, label=logical_id, template={}, account=stack.account, region=stack.region)
        return self._read(outline, physical_id)

    def _template(self, name: str, region: str | None) -> dict[str, Json] | None:
        try:
            answer = self._client("cloudformation", region).get_template(StackName=name, TemplateStage="Original")
        except ClientError as error:
            if _is_missing(error):
                return None
            raise
        body: object = answer["TemplateBody"]
        if isinstance(body, str):
            return parse_template(body, f"the deployed template of {name}")
        # botocore's ordered dictionaries become plain ones.
        return json_object(json.loads(json.dumps(body)))

    def _check_account(self, stack: Stack) -> None:
        if stack.account is None:
            return
        account = self._client("sts", stack.region).get_caller_identity()["Account"]
        if account != stack.account:
            raise InputError(
                f"{stack.label}: belongs to account {stack.account}, but the credentials are for {account}; "
                "choose a profile of that account with --profile"
            )

    def _client(self, service: str, region: str | None) -> Any:
        key = (service, region)
        if key not in self._clients:
            self._clients[key] = self._create_client(service, region_name=region, endpoint_url=self._endpoint_url)
        return self._clients[key]


def _is_missing(error: ClientError) -> bool:
    details: Any = error.response.get("Error", {})
    return details.get("Code") == "ValidationError" and "does not exist" in str(details.get("Message", ""))
