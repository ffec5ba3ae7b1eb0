"""Load deployed templates from CloudFormation."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from cdk_sagemaker_algorithm.assembly.algorithms import algorithms
from cdk_sagemaker_algorithm.assembly.documents import parse_template
from cdk_sagemaker_algorithm.assembly.drift import Drift, FoundAlgorithm, find_drift
from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.assembly.exports import Place, exports
from cdk_sagemaker_algorithm.assembly.stack import NameHolder, Stack, nested_stack_ids
from cdk_sagemaker_algorithm.model.json_access import Json, json_object
from cdk_sagemaker_algorithm_provider.contract import aws_errors
from cdk_sagemaker_algorithm_provider.contract.limits import is_algorithm_name
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import (
    ADOPTER_TAG,
    Owner,
    owner_label,
    read_tags,
)
from cdk_sagemaker_algorithm_provider.contract.resource_schema import ALGORITHM_NAME, ALGORITHM_TYPE, VALIDATION_TYPE


class Deployed:
    """Reader of the deployed templates of stacks."""

    def __init__(self, create_client: Callable[..., Any], endpoint_url: str | None = None) -> None:
        """Create a reader; it contacts AWS in `stacks` only.

        Args:
            create_client: Method `client` of a boto3 session.
            endpoint_url: Endpoint of all AWS APIs. Default: the endpoints of AWS.
        """
        self._create_client = create_client
        self._endpoint_url = endpoint_url
        self._clients: dict[tuple[str, str | None], Any] = {}

    def stacks(self, head: Iterable[Stack]) -> list[Stack]:
        """Read the deployed templates of the stacks of an assembly.

        Args:
            head: Stacks of HEAD.

        Returns:
            The stacks that are deployed.

        Raises:
            InputError: If HEAD does not contain stack names, or a stack belongs to another account.
        """
        stacks: list[Stack] = []
        for stack in head:
            if stack.name is None:
                raise InputError(
                    f"{stack.label}: a template file does not contain its stack's name; --deployed requires a cloud "
                    "assembly (cdk.out) as HEAD"
                )
            self._check_account(stack)
            deployed = self._read(stack, stack.name)
            if deployed is not None and self._has_resources(stack.name, stack.region):
                stacks.append(self._with_importers(deployed))
        return stacks

    def with_holders(self, head: Iterable[Stack], base: Iterable[Stack]) -> list[Stack]:
        """Add the algorithms that have an exact name which HEAD creates.

        Args:
            head: Stacks of HEAD.
            base: The deployed stacks.
        """
        deployed = {(stack.identity, each.key, each.explicit_name) for stack in base for each in algorithms(stack)}
        return [self._with_holders(stack, deployed) for stack in head]

    def _with_holders(self, stack: Stack, deployed: Container[tuple[object, object, str]]) -> Stack:
        names = {
            each.explicit_name
            for each in algorithms(stack)
            if is_algorithm_name(each.explicit_name) and (stack.identity, each.key, each.explicit_name) not in deployed
        }
        holders = {name: self._holder(name, stack.region) for name in sorted(names)}
        return replace(stack, holders={name: holder for name, holder in holders.items() if holder is not None})

    def _holder(self, name: str, region: str | None) -> NameHolder | None:
        try:
            found = self._algorithm(name, region)
        except ClientError:
            # The caller may not read algorithms; the deployment then says whether the name is taken.
            return None
        if found is None:
            return None
        tags = found.tags or {}
        return NameHolder(status=found.status, owner=owner_label(tags), marked_for=tags.get(ADOPTER_TAG, ""))

    def _has_resources(self, name: str, region: str | None) -> bool:
        """Return whether a stack is more than the template of a creation that failed or has not begun."""
        try:
            found: Any = self._client("cloudformation", region).describe_stacks(StackName=name)
        except ClientError:
            return True
        return found["Stacks"][0]["StackStatus"] not in ("ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS")

    def _read(self, stack: Stack, name: str) -> Stack | None:
        """Read a stack by its name, or a nested stack by its ID."""
        template = self._template(name, stack.region)
        if template is None:
            return None
        nested: dict[str, Stack] = {}
        for logical_id in nested_stack_ids(template):
            inner = self._nested(stack, name, logical_id)
            if inner is not None:
                nested[logical_id] = inner
        drift, adopted = self._drift(name, template, stack.region)
        return Stack(
            name=stack.name,
            label=stack.label,
            template=template,
            drift=drift,
            adopted=adopted,
            account=stack.account,
            region=stack.region,
            nested=nested,
            paths=stack.paths,
        )

    def _nested(self, stack: Stack, name: str, logical_id: str) -> Stack | None:
        physical_id = self._resource(name, logical_id, stack.region).get("PhysicalResourceId")
        if not physical_id:
            return None
        outline = Stack(name=None, label=logical_id, template={}, account=stack.account, region=stack.region)
        return self._read(outline, physical_id)

    def _with_importers(self, stack: Stack) -> Stack:
        """Add the stacks that import the exports of the stack's algorithms; only CloudFormation knows all of them."""
        importers: dict[str, tuple[str, ...]] = {}
        unchecked: dict[str, str] = {}
        for export, sources in exports(stack).items():
            if not any(_type_at(stack, place) in (ALGORITHM_TYPE, VALIDATION_TYPE) for place in sources):
                continue
            if "${" in export:
                unchecked[export] = "its name depends on deploy-time values"
                continue
            try:
                importers[export] = self._importers(export, stack.region)
            except ClientError as error:
                unchecked[export] = f"AWS did not answer: {aws_errors.message(error)}"
        return replace(stack, importers=importers, unchecked_exports=unchecked)

    def _importers(self, export: str, region: str | None) -> tuple[str, ...]:
        pages = self._client("cloudformation", region).get_paginator("list_imports").paginate(ExportName=export)
        try:
            return tuple(name for page in pages for name in page["Imports"])
        except ClientError as error:
            if _has_message(error, "is not imported by any stack"):
                return ()
            raise

    def _drift(self, name: str, template: dict[str, Json], region: str | None) -> tuple[dict[str, str], frozenset[str]]:
        """Return what is wrong with the algorithms of a stack, and which of them it has adopted."""
        drift: dict[str, str] = {}
        adopted: set[str] = set()
        for logical_id, resource in json_object(template.get("Resources")).items():
            if json_object(resource).get("Type") != ALGORITHM_TYPE:
                continue
            exact = bool(json_object(json_object(resource).get("Properties")).get(ALGORITHM_NAME))
            try:
                found, is_adopted = self._drift_of(name, logical_id, region, exact=exact)
            except ClientError as error:
                # The caller may read templates but not algorithms.
                drift[logical_id] = f"not checked, because AWS did not answer: {aws_errors.message(error)}"
                continue
            if found is not None:
                drift[logical_id] = found.sentence
            if is_adopted:
                adopted.add(logical_id)
        return drift, frozenset(adopted)

    def _drift_of(self, name: str, logical_id: str, region: str | None, *, exact: bool) -> tuple[Drift | None, bool]:
        resource = self._resource(name, logical_id, region)
        status, algorithm = resource["ResourceStatus"], resource.get("PhysicalResourceId")
        # After a rejected creation, the physical ID is not a name.
        if not algorithm or ":" in algorithm or status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            return None, False
        owner = Owner(stack_id=resource["StackId"], logical_id=logical_id)
        changed = resource["LastUpdatedTimestamp"].timestamp()
        found = self._algorithm(algorithm, region)
        tags = (found.tags if found is not None else None) or {}
        drift = find_drift(owner, algorithm, found, changed=changed, exact=exact)
        return drift, owner.owns(tags) and ADOPTER_TAG in tags

    def _algorithm(self, name: str, region: str | None) -> FoundAlgorithm | None:
        sagemaker = self._client("sagemaker", region)
        try:
            description = sagemaker.describe_algorithm(AlgorithmName=name)
        except ClientError as error:
            if aws_errors.is_missing(error):
                return None
            raise
        arn = description["AlgorithmArn"]
        created = description["CreationTime"].timestamp()
        tags = read_tags(sagemaker, arn)
        return FoundAlgorithm(arn=arn, created=created, tags=tags, status=description["AlgorithmStatus"])

    def _resource(self, name: str, logical_id: str, region: str | None) -> dict[str, Any]:
        cloudformation = self._client("cloudformation", region)
        response = cloudformation.describe_stack_resource(StackName=name, LogicalResourceId=logical_id)
        detail: dict[str, Any] = response["StackResourceDetail"]
        return detail

    def _template(self, name: str, region: str | None) -> dict[str, Json] | None:
        try:
            response = self._client("cloudformation", region).get_template(StackName=name, TemplateStage="Original")
        except ClientError as error:
            if _has_message(error, "does not exist"):
                return None
            raise
        body: object = response["TemplateBody"]
        if isinstance(body, str):
            return parse_template(body, f"the deployed template of {name}")
        # Convert the OrderedDicts of botocore to plain dicts.
        return json_object(json.loads(json.dumps(body)))

    def _check_account(self, stack: Stack) -> None:
        if stack.account is None:
            return
        account = self._client("sts", stack.region).get_caller_identity()["Account"]
        if account != stack.account:
            raise InputError(
                f"{stack.label}: belongs to account {stack.account}, but the credentials are for {account}; "
                "select a profile of that account with --profile"
            )

    def _client(self, service: str, region: str | None) -> Any:
        key = (service, region)
        if key not in self._clients:
            self._clients[key] = self._create_client(service, region_name=region, endpoint_url=self._endpoint_url)
        return self._clients[key]


def _type_at(stack: Stack, place: Place) -> str | None:
    """Return the type of a resource; None if the stack or its nested stacks do not have it."""
    *around, logical_id = place
    for name in around:
        if name not in stack.nested:
            return None
        stack = stack.nested[name]
    kind = json_object(json_object(stack.template.get("Resources")).get(logical_id)).get("Type")
    return kind if isinstance(kind, str) else None


def _has_message(error: ClientError, text: str) -> bool:
    details: Any = error.response.get("Error", {})
    return details.get("Code") == "ValidationError" and text in str(details.get("Message", ""))
