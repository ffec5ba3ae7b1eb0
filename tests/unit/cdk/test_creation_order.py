"""Whichever order CloudFormation chooses, each resource finds what its service checks."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_sqs as sqs

from cdk_sagemaker_algorithm import AlgorithmProvider
from stacks.decision_trees.stack import DecisionTreesStack
from tests.support import creation_order, snippets
from tests.support.given_roles import declared_roles
from tests.support.stacks import algorithm, as_list, new_stack, template, users_role, validation

Template = dict[str, Any]


def served(stack: cdk.Stack, **options: Any) -> Template:
    provider = AlgorithmProvider(stack, "Provider", **options)
    algorithm(stack, provider=provider, validation_specification=validation())
    return template(stack)


def isolated() -> Template:
    stack = new_stack()
    subnets = [ec2.SubnetConfiguration(name="isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)]
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=subnets)
    selection = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
    provider = AlgorithmProvider(stack, "Provider", vpc=vpc, vpc_subnets=selection)
    algorithm(stack, provider=provider, validation_specification=validation())
    # Declared after all that needs them.
    vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
    for name, service in (
        ("SageMaker", ec2.InterfaceVpcEndpointAwsService.SAGEMAKER_API),
        ("States", ec2.InterfaceVpcEndpointAwsService.STEP_FUNCTIONS),
        ("Events", ec2.InterfaceVpcEndpointAwsService.EVENTBRIDGE),
    ):
        endpoint = vpc.add_interface_endpoint(name, service=service, open=False)
        endpoint.connections.allow_from(provider.connections, ec2.Port.tcp(443))
    return template(stack)


def nat() -> Template:
    stack = new_stack()
    return served(stack, vpc=ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1))


def own_group() -> Template:
    """A group of the user's, which lets out only what is allowed after the provider is declared."""
    stack = new_stack()
    subnets = [ec2.SubnetConfiguration(name="isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)]
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=subnets)
    group = ec2.SecurityGroup(stack, "Group", vpc=vpc, allow_all_outbound=False)
    selection = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
    provider = AlgorithmProvider(stack, "Provider", vpc=vpc, vpc_subnets=selection, security_groups=[group])
    algorithm(stack, provider=provider, validation_specification=validation())
    endpoint = vpc.add_interface_endpoint("SageMaker", service=ec2.InterfaceVpcEndpointAwsService.SAGEMAKER_API)
    provider.connections.allow_to(endpoint, ec2.Port.tcp(443))
    return template(stack)


def with_given_roles() -> Template:
    stack = new_stack()
    return served(stack, **declared_roles(stack))


def with_imported_roles() -> Template:
    stack = new_stack()
    arns = {each: f"arn:aws:iam::123456789012:role/{each}" for each in ("handler_role", "waiter_role")}
    return served(stack, **{each: iam.Role.from_role_arn(stack, each, arn) for each, arn in arns.items()})


def with_key() -> Template:
    stack = new_stack()
    return served(stack, encryption_key=kms.Key(stack, "Key"))


def with_destination() -> Template:
    stack = new_stack()
    return served(stack, on_failure=destinations.SqsDestination(sqs.Queue(stack, "Queue")))


def users_validation_role() -> Template:
    stack = new_stack()
    algorithm(stack, validation_specification=validation(), validation_role=users_role(stack, "Role"))
    return template(stack)


def nested() -> Template:
    stack = new_stack()
    nested = cdk.NestedStack(stack, "Nested")
    algorithm(nested, validation_specification=validation())
    app = stack.node.root
    assert isinstance(app, cdk.App)
    folder = Path(app.synth().directory)
    (path,) = folder.glob("*.nested.template.json")
    found: Template = json.loads(path.read_text())
    return found


def sharing() -> Template:
    app = cdk.App()
    provider = AlgorithmProvider(cdk.Stack(app, "Shared"), "Provider")
    stack = cdk.Stack(app, "Sharing")
    algorithm(stack, provider=provider, validation_specification=validation())
    return template(stack)


def example() -> Template:
    return template(DecisionTreesStack(cdk.App(), "DecisionTrees"))


STACKS: dict[str, Callable[[], Template]] = {
    "example": example,
    "isolated": isolated,
    "nat": nat,
    "own_group": own_group,
    "given_roles": with_given_roles,
    "imported_roles": with_imported_roles,
    "key": with_key,
    "destination": with_destination,
    "users_validation_role": users_validation_role,
    "nested": nested,
    "sharing": sharing,
}


@cache
def synthesized(name: str) -> Template:
    return STACKS[name]()


@pytest.mark.parametrize("name", STACKS)
def test_stack_holds_in_every_order(name: str) -> None:
    assert creation_order.problems(synthesized(name)) == []


@pytest.mark.parametrize("name", snippets.NAMES)
def test_snippet_holds_in_every_order(name: str) -> None:
    found = [each for content in snippets.templates(name).values() for each in creation_order.problems(content)]

    assert found == []


# --- Each check has a template that fails by it, and by nothing else ---


def of_type(content: Template, kind: str, part: str = "") -> dict[str, Any]:
    (found,) = (each for name, each in content["Resources"].items() if each["Type"] == kind and part in name)
    return found  # type: ignore[no-any-return]


def drop_statements(content: Template, action: str) -> None:
    for resource in content["Resources"].values():
        properties = resource.get("Properties", {})
        documents = [each["PolicyDocument"] for each in properties.get("Policies", [])]
        documents += [properties["PolicyDocument"]] if resource["Type"] == "AWS::IAM::Policy" else []
        for document in documents:
            document["Statement"] = [each for each in document["Statement"] if action not in as_list(each["Action"])]


def log_delivery_in_a_late_policy(content: Template) -> None:
    drop_statements(content, "logs:CreateLogDelivery")
    statement = {"Effect": "Allow", "Action": "logs:CreateLogDelivery", "Resource": "*"}
    of_type(content, "AWS::IAM::Policy", "WaiterPolicy")["Properties"]["PolicyDocument"]["Statement"].append(statement)


def no_dependency_on_the_settings(content: Template) -> None:
    for name, resource in content["Resources"].items():
        if resource["Type"] == "Custom::SageMakerAlgorithm":
            policy = next(other for other in content["Resources"] if "WaiterPolicy" in other)
            resource["DependsOn"] = [each for each in resource["DependsOn"] if "Invocation" not in each] + [policy]
            assert name


def no_dependency_on_role_policies(content: Template) -> None:
    algorithm_ = of_type(content, "Custom::SageMakerAlgorithm")
    algorithm_["DependsOn"] = [each for each in algorithm_["DependsOn"] if "DefaultPolicy" not in each]


def no_dependency_on_the_vpc(content: Template) -> None:
    settings = of_type(content, "AWS::Lambda::EventInvokeConfig")
    settings["DependsOn"] = [each for each in settings["DependsOn"] if "Vpc" not in each]
    function = of_type(content, "AWS::Lambda::Function", "Handler")
    function["DependsOn"] = [each for each in function["DependsOn"] if "Vpc" not in each]


def key_for_the_account_only(content: Template) -> None:
    policy = of_type(content, "AWS::KMS::Key")["Properties"]["KeyPolicy"]
    policy["Statement"] = [each for each in policy["Statement"] if "Service" not in each["Principal"]]


def no_dependency_on_permissions(content: Template) -> None:
    algorithm_ = of_type(content, "Custom::SageMakerAlgorithm")
    algorithm_["DependsOn"] = [each for each in algorithm_["DependsOn"] if "Permissions" not in each]


def generated_log_group_name(content: Template) -> None:
    del of_type(content, "AWS::Logs::LogGroup", "WaiterLogs")["Properties"]["LogGroupName"]


def fixed_log_group_name(content: Template) -> None:
    of_type(content, "AWS::Logs::LogGroup", "WaiterLogs")["Properties"]["LogGroupName"] = (
        "/aws/vendedlogs/states/forest"
    )


MUTATIONS: dict[str, tuple[str, Callable[[Template], None]]] = {
    "log delivery": ("example", log_delivery_in_a_late_policy),
    "tracing": ("example", lambda content: drop_statements(content, "xray:PutTraceSegments")),
    "pass role": ("example", lambda content: drop_statements(content, "iam:PassRole")),
    "validation role": ("example", no_dependency_on_role_policies),
    "invocation settings": ("example", no_dependency_on_the_settings),
    "waiter invokes": ("example", lambda content: drop_statements(content, "lambda:InvokeFunction")),
    "way out": ("nat", no_dependency_on_the_vpc),
    "shared provider": ("sharing", no_dependency_on_permissions),
    "key policies": ("key", key_for_the_account_only),
    "failure destination": ("destination", lambda content: drop_statements(content, "sqs:SendMessage")),
    "log policy size": ("example", generated_log_group_name),
    "log group names": ("example", fixed_log_group_name),
}


@pytest.mark.parametrize("check", creation_order.CHECKS, ids=lambda check: check.name)
def test_each_check_fails_for_the_template_that_lacks_it(check: creation_order.Check) -> None:
    name, mutate = MUTATIONS[check.name]
    content = copy.deepcopy(synthesized(name))
    mutate(content)

    found = creation_order.problems(content)

    assert found
    assert {each.split(":")[0] for each in found} == {check.name}
    assert check.source


def test_no_check_is_lost() -> None:
    assert {check.name for check in creation_order.CHECKS} == set(MUTATIONS)


# --- Updates, and their rollbacks ---


def vpc_of(stack: cdk.Stack) -> dict[str, Any]:
    return {"vpc": ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)}


def key_of(stack: cdk.Stack) -> dict[str, Any]:
    return {"encryption_key": kms.Key(stack, "Key")}


def queue_of(stack: cdk.Stack) -> dict[str, Any]:
    queue: Any = sqs.Queue(stack, "Queue", encryption=sqs.QueueEncryption.KMS)
    return {"on_failure": destinations.SqsDestination(queue)}


def provided(
    *,
    algorithms: int = 1,
    prefix: str = "forest",
    made: Callable[[cdk.Stack], dict[str, Any]] = lambda _: {},
    **options: Any,
) -> Template:
    """A stack with a provider, which stays when the last algorithm goes; `made` are options with resources."""
    stack = new_stack()
    options |= made(stack)
    provider = AlgorithmProvider(stack, "Provider", **options)
    for number in range(algorithms):
        algorithm(
            stack,
            f"Forest{number}",
            provider=provider,
            validation_specification=validation(output=f"s3://models/{prefix}"),
        )
    return template(stack)


def without_provider() -> Template:
    stack = new_stack()
    sqs.Queue(stack, "Queue")
    return template(stack)


def with_users_role() -> Template:
    stack = new_stack()
    provider = AlgorithmProvider(stack, "Provider")
    role = users_role(stack, "Role")
    algorithm(stack, "Forest0", provider=provider, validation_specification=validation(), validation_role=role)
    return template(stack)


UPDATES: dict[str, Callable[[], tuple[Template, Template]]] = {
    "function": lambda: (provided(), provided(runtime=lambda_.Runtime.PYTHON_3_12)),
    "role": lambda: (provided(), with_users_role()),
    "vpc": lambda: (provided(), provided(made=vpc_of)),
    "key": lambda: (provided(), provided(made=key_of)),
    "failure destination": lambda: (provided(), provided(made=queue_of)),
    "given roles": lambda: (provided(), provided(made=declared_roles)),
    "path of the roles": lambda: (provided(), provided(role_path="/service/")),
    "other options": lambda: (
        provided(),
        provided(reserved_concurrent_executions=5, log_level="WARN", log_retention_days=365),
    ),
    "replacement": lambda: (provided(), provided(prefix="trees")),
    "another algorithm": lambda: (provided(), provided(algorithms=2)),
    "last algorithm": lambda: (provided(), provided(algorithms=0)),
    "last algorithm with its provider": lambda: (example(), without_provider()),
}


@pytest.mark.parametrize("name", UPDATES)
def test_update_and_its_rollback_hold_in_every_order(name: str) -> None:
    old, new = UPDATES[name]()

    assert old != new
    assert creation_order.update_problems(old, new) == []


def other_function(_: Template, new: Template) -> None:
    handler = next(name for name, each in new["Resources"].items() if each["Type"] == "AWS::Lambda::Function")
    new["Resources"][handler]["Properties"]["FunctionName"] = "handler"


def permissions_go_with_the_algorithm(_: Template, new: Template) -> None:
    drop_statements(new, "sagemaker:DeleteAlgorithm")


def invocation_goes_with_the_algorithm(_: Template, new: Template) -> None:
    drop_statements(new, "lambda:InvokeFunction")


def interfaces_go_with_the_role(old: Template, new: Template) -> None:
    """The rollback of what has put the function into a VPC."""
    assert old
    group = of_type(new, "AWS::EC2::SecurityGroup")
    group["DependsOn"] = [each for each in as_list(group["DependsOn"]) if "NetworkPolicy" not in each]


UPDATE_MUTATIONS: dict[str, tuple[str, Callable[[Template, Template], None]]] = {
    "service token": ("replacement", other_function),
    "deletion": ("last algorithm", permissions_go_with_the_algorithm),
    "waiter invokes to the end": ("last algorithm", invocation_goes_with_the_algorithm),
    "network interfaces": ("vpc", interfaces_go_with_the_role),
}


@pytest.mark.parametrize("check", creation_order.UPDATE_CHECKS, ids=lambda check: check.name)
def test_each_check_of_an_update_fails_for_the_one_that_lacks_it(check: creation_order.UpdateCheck) -> None:
    name, mutate = UPDATE_MUTATIONS[check.name]
    old, new = UPDATES[name]()
    mutate(old, new)

    found = creation_order.update_problems(old, new)

    assert found
    assert {each.split(":")[0] for each in found} == {check.name}
    assert check.source


def test_a_provider_that_may_go_before_its_last_algorithm_is_found() -> None:
    old, new = copy.deepcopy(UPDATES["last algorithm with its provider"]())
    for resource in old["Resources"].values():
        if resource["Type"].startswith("Custom::SageMakerAlgorithm"):
            resource["DependsOn"] = [
                each for each in as_list(resource.get("DependsOn", [])) if "Invocation" not in each
            ]

    found = creation_order.update_problems(old, new)

    assert {each.split(":")[0] for each in found} == {"waiter invokes to the end"}


def test_no_check_of_an_update_is_lost() -> None:
    assert {check.name for check in creation_order.UPDATE_CHECKS} == set(UPDATE_MUTATIONS)


def test_a_circular_dependency_is_found() -> None:
    content = {
        "Resources": {
            "A": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "B"}}},
            "B": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::Sub": "${A.Name}-x"}}},
        }
    }

    with pytest.raises(AssertionError, match="circular dependency: A -> B -> A"):
        creation_order.problems(content)


# --- Names that a deployed stack depends on ---


def test_logical_ids_of_the_provider_are_pinned() -> None:
    stack = new_stack()
    algorithm(stack)

    ids = [name for name in template(stack)["Resources"] if name.startswith("SageMakerAlgorithmProvider")]

    # Another ID of the handler is another service token, which CloudFormation refuses to change.
    assert sorted(ids) == [
        "SageMakerAlgorithmProviderHandlerBA7F221E",
        "SageMakerAlgorithmProviderHandlerInvocationFE77928C",
        "SageMakerAlgorithmProviderHandlerLogsC17CD1FB",
        "SageMakerAlgorithmProviderHandlerRole780B7844",
        "SageMakerAlgorithmProviderWaiter1BC6B7F8",
        "SageMakerAlgorithmProviderWaiterLogs4BA3F747",
        "SageMakerAlgorithmProviderWaiterPolicy3876976D",
        "SageMakerAlgorithmProviderWaiterRole918A18F7",
    ]


def test_logical_ids_of_an_algorithm_are_pinned() -> None:
    stack = new_stack()
    algorithm(stack, validation_timeout=cdk.Duration.hours(1))

    ids = [name for name in template(stack)["Resources"] if name.startswith("Forest")]

    assert ids == ["Forest4AAAFCA9", "ForestValidationWait1E37E20AD", "ForestValidationWait2A6FD3024"]
