"""BASE as CloudFormation has it now."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cdk_sagemaker_algorithm.assembly.deployed import Deployed
from cdk_sagemaker_algorithm.diff import InputError, PlannedAction, Stack, compare
from tests.support.templates import definition, resources, template

Json = Any

MISSING = "Stack with id Prod does not exist"


class Account:
    """Clients with answers put in, for one account."""

    def __init__(self, account: str = "123456789012") -> None:
        session: Any = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-west-1")
        self.asked: list[tuple[str, str | None]] = []
        self._clients: dict[str, Any] = {name: session.client(name) for name in ("cloudformation", "sts")}
        self.cloudformation = Stubber(self._clients["cloudformation"])
        sts = Stubber(self._clients["sts"])
        sts.add_response("get_caller_identity", {"Account": account}, {})
        for stubber in (self.cloudformation, sts):
            stubber.activate()

    def client(self, service: str, *, region_name: str | None, endpoint_url: str | None) -> Any:
        assert endpoint_url is None
        self.asked.append((service, region_name))
        return self._clients[service]

    def has(self, name: str, body: Json) -> None:
        expected = {"StackName": name, "TemplateStage": "Original"}
        text = body if isinstance(body, str) else json.dumps(body)
        self.cloudformation.add_response("get_template", {"TemplateBody": text}, expected)

    def misses(self, message: str = MISSING) -> None:
        self.cloudformation.add_client_error("get_template", "ValidationError", message)


def head(body: dict[str, Json], account: str | None = None) -> Stack:
    return Stack(name="Prod", label="Prod", template=body, account=account, region="eu-west-1" if account else None)


def test_the_deployed_template_is_base() -> None:
    account, body = Account(), template(resources(definition()))
    account.has("Prod", body)
    wanted = head(template(resources(definition(), Revision="2")), "123456789012")
    (entry,) = compare(Deployed(account.client).stacks([wanted]), [wanted]).algorithms
    assert entry.action is PlannedAction.REPLACE
    assert account.asked == [("sts", "eu-west-1"), ("cloudformation", "eu-west-1")]


def test_a_template_in_yaml_is_read() -> None:
    account = Account()
    account.has("Prod", "Resources:\n  Role:\n    Type: AWS::IAM::Role\n")
    (stack,) = Deployed(account.client).stacks([head({})])
    assert stack.template["Resources"] == {"Role": {"Type": "AWS::IAM::Role"}}


def test_a_stack_that_is_not_deployed_has_its_algorithms_created() -> None:
    account, wanted = Account(), head(template(resources(definition())))
    account.misses()
    (entry,) = compare(Deployed(account.client).stacks([wanted]), [wanted]).algorithms
    assert entry.action is PlannedAction.CREATE


def test_another_error_is_an_error() -> None:
    account = Account()
    account.misses("Rate exceeded")
    with pytest.raises(Exception, match="Rate exceeded"):
        Deployed(account.client).stacks([head({})])


def test_nested_stacks_are_read_too() -> None:
    account = Account()
    account.has("Prod", {"Resources": {"Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": {}}}})
    detail = {
        "LogicalResourceId": "Inner",
        "PhysicalResourceId": "arn:inner",
        "ResourceType": "AWS::CloudFormation::Stack",
        "LastUpdatedTimestamp": "2026-01-01T00:00:00Z",
        "ResourceStatus": "CREATE_COMPLETE",
    }
    account.cloudformation.add_response(
        "describe_stack_resource", {"StackResourceDetail": detail}, {"StackName": "Prod", "LogicalResourceId": "Inner"}
    )
    account.has("arn:inner", template(resources(definition())))
    (stack,) = Deployed(account.client).stacks([head({})])
    assert list(stack.nested) == ["Inner"]


def test_another_account_s_stack_is_refused() -> None:
    with pytest.raises(InputError, match="belongs to account 999999999999, but the credentials are for 123456789012"):
        Deployed(Account().client).stacks([head({}, "999999999999")])


def test_a_template_file_says_no_stack() -> None:
    bare = Stack(name=None, label="t.json", template={})
    with pytest.raises(InputError, match="does not contain its stack's name"):
        Deployed(Account().client).stacks([bare])
