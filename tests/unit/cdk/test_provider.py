"""The provider: its options, what it may do, and sharing it."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

from cdk_sagemaker_algorithm import AlgorithmProvider
from tests.support.stacks import (
    ALGORITHM,
    PROVIDER_TYPES,
    ROLE,
    Resource,
    algorithm,
    new_stack,
    only,
    resources,
    template,
    text,
    validation,
)

STACK_ID = "arn:${AWS::Partition}:cloudformation:${AWS::Region}:${AWS::AccountId}:stack/${AWS::StackName}/*"
TAG = "cdk-sagemaker-algorithm:stack-id"


def role_named(stack: cdk.Stack, name: str) -> Resource:
    (role,) = (each for key, each in resources(stack, "AWS::IAM::Role").items() if name in key)
    return role


def handler_statements(stack: cdk.Stack) -> list[dict[str, Any]]:
    policies: list[dict[str, Any]] = role_named(stack, "HandlerRole")["Properties"]["Policies"]
    return [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]


def allowing(statements: list[dict[str, Any]], action: str) -> list[dict[str, Any]]:
    return [each for each in statements if action in each["Action"]]


def test_it_is_eight_resources() -> None:
    stack = new_stack()
    AlgorithmProvider(stack, "Provider")

    kinds = [each["Type"] for each in template(stack)["Resources"].values()]

    assert {kind: kinds.count(kind) for kind in kinds} == PROVIDER_TYPES
    assert len(kinds) == 8


def test_only_algorithms_of_the_stack_can_be_made_tagged_and_deleted() -> None:
    stack = new_stack()
    algorithm(stack)
    found = handler_statements(stack)

    (create,) = allowing(found, "sagemaker:CreateAlgorithm")
    assert text(create["Condition"]["StringLike"][f"aws:RequestTag/{TAG}"]) == STACK_ID
    for action in ("sagemaker:DeleteAlgorithm", "sagemaker:DeleteTags"):
        change = allowing(found, action)[0]
        assert text(change["Condition"]["StringLike"][f"aws:ResourceTag/{TAG}"]) == STACK_ID
    at_creation, later, adopted, denied = allowing(found, "sagemaker:AddTags")
    assert at_creation["Condition"]["Null"] == {"sagemaker:TaggingAction": "false"}
    assert text(at_creation["Condition"]["StringLike"][f"aws:RequestTag/{TAG}"]) == STACK_ID
    assert denied["Effect"] == "Deny"
    assert text(adopted["Condition"]["StringLike"]["aws:ResourceTag/cdk-sagemaker-algorithm:adopter"]) == (
        "${AWS::StackName}/*"
    )
    assert text(later["Condition"]["StringLike"][f"aws:ResourceTag/{TAG}"]) == STACK_ID


def test_what_has_no_narrower_resource_is_lists_and_tracing_alone() -> None:
    stack = new_stack()
    algorithm(stack)

    anywhere = [each["Action"] for each in handler_statements(stack) if each["Resource"] == "*"]

    assert anywhere == [
        ["sagemaker:ListAlgorithms", "sagemaker:ListTrainingJobs", "sagemaker:ListTransformJobs"],
        ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
    ]


def test_only_the_handlers_own_event_can_be_put() -> None:
    stack = new_stack()
    algorithm(stack)

    (put,) = allowing(handler_statements(stack), "events:PutEvents")

    assert text(put["Resource"]).endswith(":event-bus/default")
    assert put["Condition"] == {
        "StringEquals": {
            "events:source": "cdk-sagemaker-algorithm",
            "events:detail-type": "SageMaker Algorithm Validation",
        }
    }


def test_no_retention_that_cloudwatch_logs_does_not_offer() -> None:
    with pytest.raises(
        ValueError, match=r"^Stack/Provider: log_retention_days: expected an allowed value, got 2; use one of 1, 3, 5"
    ):
        AlgorithmProvider(new_stack(), "Provider", log_retention_days=2)


def test_the_retention_is_that_of_both_logs() -> None:
    stack = new_stack()
    AlgorithmProvider(stack, "Provider", log_retention_days=365)

    found = [each["Properties"]["RetentionInDays"] for each in resources(stack, "AWS::Logs::LogGroup").values()]

    assert found == [365, 365]


@pytest.mark.parametrize("as_object", [True, False])
def test_a_permissions_boundary_bounds_both_roles(as_object: bool) -> None:
    arn = "arn:aws:iam::123456789012:policy/developers"
    stack = new_stack()
    boundary = iam.ManagedPolicy.from_managed_policy_arn(stack, "Boundary", arn) if as_object else arn
    AlgorithmProvider(stack, "Provider", permissions_boundary=boundary)

    found = [each["Properties"]["PermissionsBoundary"] for each in resources(stack, "AWS::IAM::Role").values()]

    assert found == [arn, arn]


def test_cdks_own_boundary_of_a_scope_bounds_every_role() -> None:
    stack = new_stack()
    algorithm(stack, validation_specification=validation())
    arn = "arn:aws:iam::123456789012:policy/developers"
    iam.PermissionsBoundary.of(stack).apply(iam.ManagedPolicy.from_managed_policy_arn(stack, "Boundary", arn))

    found = [each["Properties"]["PermissionsBoundary"] for each in resources(stack, "AWS::IAM::Role").values()]

    assert found == [arn, arn, arn]


def in_vpc(stack: cdk.Stack, **options: Any) -> AlgorithmProvider:
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-1",
        availability_zones=["eu-west-1a"],
        private_subnet_ids=["subnet-private"],
        isolated_subnet_ids=["subnet-isolated"],
    )
    return AlgorithmProvider(stack, "Provider", vpc=vpc, **options)


def test_in_a_vpc_the_function_has_a_group_and_may_make_interfaces() -> None:
    stack = new_stack()
    provider = in_vpc(stack)

    (group,) = resources(stack, "AWS::EC2::SecurityGroup")
    assert only(stack, "AWS::Lambda::Function")["Properties"]["VpcConfig"] == {
        "SubnetIds": ["subnet-private"],
        "SecurityGroupIds": [{"Fn::GetAtt": [group, "GroupId"]}],
    }
    assert allowing(handler_statements(stack), "ec2:CreateNetworkInterface") == []
    (policy,) = (name for name in resources(stack, "AWS::IAM::Policy") if "NetworkPolicy" in name)
    (network,) = resources(stack, "AWS::IAM::Policy")[policy]["Properties"]["PolicyDocument"]["Statement"]
    assert network["Resource"] == "*"
    # Lambda deletes the interfaces with this policy, and only then can the group be deleted.
    assert policy in resources(stack, "AWS::EC2::SecurityGroup")[group]["DependsOn"]
    assert len(template(stack)["Resources"]) == 10
    assert len(provider.connections.security_groups) == 1


def test_subnets_and_groups_can_be_chosen() -> None:
    stack = new_stack()
    group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1")
    in_vpc(
        stack,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
        security_groups=[group],
    )

    assert only(stack, "AWS::Lambda::Function")["Properties"]["VpcConfig"] == {
        "SubnetIds": ["subnet-isolated"],
        "SecurityGroupIds": ["sg-1"],
    }


def test_outside_of_a_vpc_there_are_no_connections() -> None:
    with pytest.raises(ValueError, match=r"^Stack/Provider: the provider is in no VPC"):
        _ = AlgorithmProvider(new_stack(), "Provider").connections
    with pytest.raises(ValueError, match=r"^Stack/Provider: vpc_subnets and security_groups"):
        AlgorithmProvider(new_stack(), "Provider", security_groups=[])


def test_a_shared_provider_gets_its_permissions_from_each_stack_and_depends_on_none() -> None:
    app = cdk.App()
    shared = cdk.Stack(app, "Shared")
    provider = AlgorithmProvider(shared, "Provider")
    users = [cdk.Stack(app, name) for name in ("One", "Two")]
    for stack in users:
        for name in ("A", "B"):
            algorithm(stack, name, provider=provider, validation_specification=validation())
    template(shared)

    assert shared.dependencies == []
    for stack in users:
        assert [each.node.path for each in stack.dependencies] == ["Shared"]
        assert resources(stack, "AWS::Lambda::Function") == {}
        policies = resources(stack, "AWS::IAM::Policy")
        (policy,) = (name for name in policies if "SageMakerAlgorithmPermissions" in name)
        statements = policies[policy]["Properties"]["PolicyDocument"]["Statement"]
        (pass_role,) = allowing(statements, "iam:PassRole")
        assert len(pass_role["Resource"]) == 2
        (change,) = allowing(statements, "sagemaker:DeleteAlgorithm")
        assert text(change["Condition"]["StringLike"][f"aws:ResourceTag/{TAG}"]) == STACK_ID
        assert all(policy in each["DependsOn"] for each in resources(stack, ALGORITHM).values())


def test_the_stack_of_a_shared_provider_uses_it_without_another_policy() -> None:
    stack = new_stack()
    provider = AlgorithmProvider(stack, "Provider")
    algorithm(stack, provider=provider, validation_specification=validation(), validation_role=ROLE)

    (pass_role,) = allowing(handler_statements(stack), "iam:PassRole")

    assert pass_role["Resource"] == ROLE
    assert len(resources(stack, "AWS::IAM::Policy")) == 1


def test_a_nested_stack_can_use_the_provider_of_its_parent() -> None:
    stack = new_stack()
    provider = AlgorithmProvider(stack, "Provider")
    nested = cdk.NestedStack(stack, "Nested")
    algorithm(nested, provider=provider)

    assert len(resources(stack, "AWS::Lambda::Function")) == 1
    assert resources(stack, "AWS::CloudFormation::Stack")


@pytest.mark.parametrize("other", [("111111111111", "eu-west-2"), ("222222222222", "eu-west-1")])
def test_a_provider_serves_its_own_environment_only(other: tuple[str, str]) -> None:
    app = cdk.App()
    shared = cdk.Stack(app, "Shared", env=cdk.Environment(account="111111111111", region="eu-west-1"))
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(account=other[0], region=other[1]))
    provider = AlgorithmProvider(shared, "Provider")

    with pytest.raises(ValueError, match="serves the stacks of its own account and region"):
        algorithm(stack, provider=provider)


@jsii.implements(cdk.IAspect)
class ShortLogs:
    def visit(self, node: Any) -> None:
        if isinstance(node, cdk.CfnResource) and node.cfn_resource_type == "AWS::Logs::LogGroup":
            node.add_property_override("RetentionInDays", 1)


def test_aspects_and_overrides_reach_its_resources() -> None:
    stack = new_stack()
    algorithm(stack)
    function = AlgorithmProvider.of_stack(stack).node.find_child("Handler").node.default_child
    assert isinstance(function, cdk.CfnResource)
    function.add_property_override("MemorySize", 512)
    cdk.Aspects.of(stack).add(ShortLogs())

    assert only(stack, "AWS::Lambda::Function")["Properties"]["MemorySize"] == 512
    found = [each["Properties"]["RetentionInDays"] for each in resources(stack, "AWS::Logs::LogGroup").values()]
    assert found == [1, 1]


@jsii.implements(cdk.IPropertyInjector)
class Described:
    @property
    def construct_unique_id(self) -> str:
        return iam.Role.PROPERTY_INJECTION_ID

    def inject(self, original_props: Any, *, id: str, scope: Any) -> Any:  # noqa: ARG002 - CDK's names
        return {**original_props, "description": "injected"}


def test_property_injectors_reach_the_role_that_is_made() -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Stack", property_injectors=[Described()])
    algorithm(stack, validation_specification=validation())

    assert role_named(stack, "ValidationRole")["Properties"]["Description"] == "injected"
