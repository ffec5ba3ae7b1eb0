"""Derive the orders that CloudFormation can choose, and the checks of services at each resource.

CloudFormation creates a resource as soon as all that it depends on exists, and independent ones in any order. So a
check that a service makes when a resource is created holds in every order only if what it needs is among the
resource's dependencies, transitively. Deletion is the reverse: what a resource needs while it is deleted must be among
its dependencies, too, because those outlive it. An update keeps both orders: changed resources before their dependents,
removed ones after all changes.

Each `Check` has its source, what it looks at, and what must be among the dependencies.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from tests.support.stacks import as_list

Template = Mapping[str, Any]
Resource = Mapping[str, Any]

_SUB: Final = re.compile(r"\$\{([^!}.]+)")
_ALGORITHM: Final = "Custom::SageMakerAlgorithm"


class Graph:
    """The resources of a template and what each depends on."""

    def __init__(self, template: Template) -> None:
        self.resources: dict[str, Resource] = dict(template["Resources"])
        self._direct = {name: set(self._references(each)) for name, each in self.resources.items()}
        self._closed: dict[str, frozenset[str]] = {}

    def _references(self, resource: Resource) -> Iterator[str]:
        yield from as_list(resource.get("DependsOn", []))
        yield from (name for name in mentioned(resource.get("Properties", {})) if name in self.resources)

    def direct(self, name: str) -> set[str]:
        return self._direct[name]

    def before(self, name: str) -> frozenset[str]:
        """All resources that exist when this one is created, in every order, and when it is deleted."""
        if name not in self._closed:
            self._closed[name] = frozenset(self._walk(name, ()))
        return self._closed[name]

    def _walk(self, name: str, path: tuple[str, ...]) -> set[str]:
        if name in path:
            raise AssertionError(f"circular dependency: {' -> '.join((*path, name))}")
        found: set[str] = set()
        for other in self._direct[name]:
            found |= {other} | (set(self._closed[other]) if other in self._closed else self._walk(other, (*path, name)))
        return found

    def of_type(self, *kinds: str) -> dict[str, Resource]:
        return {name: each for name, each in self.resources.items() if each["Type"] in kinds}


def mentioned(value: Any) -> Iterator[str]:
    match value:
        case {"Ref": str(name)}:
            yield name
        case {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case {"Fn::GetAtt": str(name)}:
            yield name.split(".")[0]
        case {"Fn::Sub": argument}:
            text: str
            substitutions: dict[str, Any]
            text, substitutions = (argument, {}) if isinstance(argument, str) else argument
            yield from (name for name in _SUB.findall(text) if name not in substitutions)
            yield from mentioned(substitutions)
        case dict():
            members: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
            for child in members.values():
                yield from mentioned(child)
        case list():
            items: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
            for child in items:
                yield from mentioned(child)
        case _:
            return


def role_of(value: Any) -> str:
    """The logical ID of the role whose ARN or name a property holds; empty for a role of another place."""
    return next(iter(mentioned(value)), "")


def permissions(graph: Graph, role: str, known: frozenset[str]) -> list[Mapping[str, Any]]:
    """What a role allows when only `known` resources exist: its inline policies, and policies among them.

    Nothing is known of a role that the template does not have.
    """
    found: list[Mapping[str, Any]] = []
    if role not in graph.resources:
        return found
    for policy in graph.resources[role]["Properties"].get("Policies", []):
        found += as_list(policy["PolicyDocument"]["Statement"])
    for name, policy in graph.of_type("AWS::IAM::Policy").items():
        if name in known and role in (role_of(each) for each in policy["Properties"].get("Roles", [])):
            found += as_list(policy["Properties"]["PolicyDocument"]["Statement"])
    return found


def missing(needed: Iterable[str], statements: list[Mapping[str, Any]]) -> list[str]:
    """The actions that no statement allows."""
    allowed = [action for each in statements if each["Effect"] == "Allow" for action in as_list(each["Action"])]
    return sorted(action for action in needed if not any(fnmatchcase(action, pattern) for pattern in allowed))


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check that a service makes, or a need that the handler has, when a resource is created or deleted.

    Attributes:
        name: What is checked.
        source: Where that is documented or was observed.
        problems: Yields what is missing in a graph.
    """

    name: str
    source: str
    problems: Callable[[Graph], Iterator[str]]


def _log_delivery(graph: Graph) -> Iterator[str]:
    needed = {"logs:CreateLogDelivery", "logs:PutResourcePolicy", "logs:DescribeLogGroups"}
    for name, machine in graph.of_type("AWS::StepFunctions::StateMachine").items():
        role = role_of(machine["Properties"]["RoleArn"])
        if role and machine["Properties"].get("LoggingConfiguration", {}).get("Level", "OFF") != "OFF":
            late = missing(needed, permissions(graph, role, graph.before(name)))
            if role in graph.resources and late:
                yield f"{name}: its role may not yet {', '.join(late)}"


def _tracing(graph: Graph) -> Iterator[str]:
    machines = graph.of_type("AWS::StepFunctions::StateMachine", "AWS::Lambda::Function")
    for name, each in machines.items():
        properties = each["Properties"]
        traced = properties.get("TracingConfiguration", {}).get("Enabled") or properties.get("TracingConfig")
        role = role_of(properties.get("RoleArn", properties.get("Role")))
        late = missing(["xray:PutTraceSegments"], permissions(graph, role, graph.before(name)))
        if traced and role and late:
            yield f"{name}: its role may not yet xray:PutTraceSegments"


def _custom_resources(graph: Graph) -> dict[str, Resource]:
    return {name: each for name, each in graph.resources.items() if each["Type"].startswith(_ALGORITHM)}


def _served(graph: Graph) -> Iterator[tuple[str, Resource, str]]:
    for name, resource in _custom_resources(graph).items():
        function = role_of(resource["Properties"]["ServiceToken"])
        if function in graph.resources:
            yield name, resource, function


def _pass_role(graph: Graph) -> Iterator[str]:
    for name, resource, function in _served(graph):
        specification = resource["Properties"].get("ValidationSpecification")
        if not specification or "ValidationRole" not in specification:
            continue
        known = graph.before(name)
        specification_role = str(specification["ValidationRole"])
        role = role_of(graph.resources[function]["Properties"]["Role"])
        passed = [
            each
            for each in permissions(graph, role, known)
            if not missing(["iam:PassRole"], [each])
            and {specification_role, "*"} & {str(resource) for resource in as_list(each["Resource"])}
        ]
        if role and not passed:
            yield f"{name}: the handler may not yet pass its validation role"


def _validation_role(graph: Graph) -> Iterator[str]:
    for name, resource in graph.of_type(_ALGORITHM).items():
        role = role_of(resource["Properties"].get("ValidationSpecification", {}).get("ValidationRole"))
        attached = [
            policy
            for policy, each in graph.of_type("AWS::IAM::Policy").items()
            if role in (role_of(other) for other in each["Properties"].get("Roles", []))
        ]
        late = sorted(set(attached) - graph.before(name))
        if role and late:
            yield f"{name}: policies of its validation role may come later: {', '.join(late)}"


def _invocation(graph: Graph) -> Iterator[str]:
    for name, _, function in _served(graph):
        settings = [
            other
            for other, each in graph.of_type("AWS::Lambda::EventInvokeConfig").items()
            if role_of(each["Properties"]["FunctionName"]) == function
        ]
        if not set(settings) & graph.before(name):
            yield f"{name}: the settings of the asynchronous invocation may come later"


def _waiter_invokes(graph: Graph) -> Iterator[str]:
    for name, _, function in _served(graph):
        machine = role_of(graph.resources[function]["Properties"]["Environment"]["Variables"]["STATE_MACHINE_ARN"])
        role = role_of(graph.resources[machine]["Properties"]["RoleArn"])
        statements = permissions(graph, role, graph.before(name)) if role in graph.resources else []
        if role in graph.resources and missing(["lambda:InvokeFunction"], statements):
            yield f"{name}: the state machine may not yet invoke the handler"


_WAY_OUT: Final = (
    "AWS::EC2::Route",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::NatGateway",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::EC2::VPCEndpoint",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::NetworkAclEntry",
    "AWS::EC2::SubnetNetworkAclAssociation",
)


def _way_out(graph: Graph) -> Iterator[str]:
    for name, _, function in _served(graph):
        if "VpcConfig" not in graph.resources[function]["Properties"]:
            continue
        late = sorted(set(graph.of_type(*_WAY_OUT)) - graph.before(name))
        if late:
            yield f"{name}: the handler's way out of the VPC may come later: {', '.join(late)}"


def _shared_provider(graph: Graph) -> Iterator[str]:
    policies = {
        name
        for name, each in graph.of_type("AWS::IAM::Policy").items()
        if any(role_of(role) not in graph.resources for role in each["Properties"].get("Roles", []))
    }
    for name, resource in _custom_resources(graph).items():
        if role_of(resource["Properties"]["ServiceToken"]) in graph.resources:
            continue
        # A provider whose role is given has no policies in other stacks.
        if policies and not policies & graph.before(name):
            yield f"{name}: the permissions of the shared provider on this stack may come later"


def _keys(graph: Graph) -> Iterator[str]:
    for name, group in graph.of_type("AWS::Logs::LogGroup").items():
        key = role_of(group["Properties"].get("KmsKeyId"))
        if not key:
            continue
        principals = [
            str(each.get("Principal", {}).get("Service"))
            for each in graph.resources[key]["Properties"]["KeyPolicy"]["Statement"]
        ]
        if not any("logs." in each for each in principals):
            yield f"{name}: the policy of its key does not let CloudWatch Logs use it"


_SENDS: Final = {"AWS::SQS::Queue": "sqs:SendMessage", "AWS::SNS::Topic": "sns:Publish"}


def _destination(graph: Graph) -> Iterator[str]:
    for name, settings in graph.of_type("AWS::Lambda::EventInvokeConfig").items():
        destination: Any = settings["Properties"].get("DestinationConfig", {}).get("OnFailure")
        function = role_of(settings["Properties"]["FunctionName"])
        role = role_of(graph.resources[function]["Properties"]["Role"])
        target = role_of(destination and destination["Destination"])
        if target not in graph.resources or role not in graph.resources:
            continue
        if missing([_SENDS[graph.resources[target]["Type"]]], permissions(graph, role, graph.before(name))):
            yield f"{name}: the handler may not yet send to the failure destination"


def _log_group_names(graph: Graph) -> Iterator[str]:
    for name, machine in graph.of_type("AWS::StepFunctions::StateMachine").items():
        for destination in machine["Properties"].get("LoggingConfiguration", {}).get("Destinations", []):
            group = role_of(destination["CloudWatchLogsLogGroup"]["LogGroupArn"])
            if group in graph.resources and not _is_vended(graph.resources[group]["Properties"].get("LogGroupName")):
                yield f"{name}: its log group takes room in the account's resource policy of 5,120 characters"


def _is_vended(name: Any) -> bool:
    match name:
        case str():
            return name.startswith("/aws/vendedlogs/")
        case {"Fn::Join": ["", [str(first), *_]]}:
            return first.startswith("/aws/vendedlogs/")
        case _:
            return False


def _unique_log_groups(graph: Graph) -> Iterator[str]:
    for name, group in graph.of_type("AWS::Logs::LogGroup").items():
        given = group["Properties"].get("LogGroupName")
        if _is_vended(given) and "AWS::StackId" not in str(given):
            yield f"{name}: another stack's log group, or a deleted one's, can have its name"


CHECKS: Final = (
    Check(
        name="log delivery",
        source="go-to-k/cdkd#2783; aws/aws-cdk#33332: CreateStateMachine validates that the role can deliver logs",
        problems=_log_delivery,
    ),
    Check(
        name="tracing",
        source="Lambda CreateFunction: the role must be allowed PutTraceSegments on XRAY",
        problems=_tracing,
    ),
    Check(
        name="pass role",
        source="IAM guide, id_roles_use_passrole: the caller of CreateAlgorithm needs iam:PassRole at that moment",
        problems=_pass_role,
    ),
    Check(
        name="validation role",
        source="aws/aws-cdk#10064: SageMaker tries the role as soon as it gets it",
        problems=_validation_role,
    ),
    Check(
        name="invocation settings",
        source="Lambda guide, invocation-async: without EventInvokeConfig an event is retried for 6 hours",
        problems=_invocation,
    ),
    Check(
        name="waiter invokes",
        source="Step Functions guide, connect-lambda: the state machine's role invokes the function",
        problems=_waiter_invokes,
    ),
    Check(
        name="way out",
        source="aws/aws-cdk#21348, PR #21495: routes go first on deletion, and the handler cannot respond",
        problems=_way_out,
    ),
    Check(
        name="shared provider",
        source="Lambda guide, lambda-intro-execution-role: the handler has what its role allows when it is invoked",
        problems=_shared_provider,
    ),
    Check(
        name="key policies",
        source="CloudWatch Logs guide, encrypt-log-data-kms: CreateLogGroup checks that the service may use the key",
        problems=_keys,
    ),
    Check(
        name="failure destination",
        source="Lambda PutFunctionEventInvokeConfig: the execution role must have permissions for the destination",
        problems=_destination,
    ),
    Check(
        name="log policy size",
        source="Step Functions guide, bp-cwl; aws/aws-cdk#28577: an account's resource policy has 5,120 characters",
        problems=_log_group_names,
    ),
    Check(
        name="log group names",
        source="CloudWatch Logs CreateLogGroup: ResourceAlreadyExistsException",
        problems=_unique_log_groups,
    ),
)


def problems(template: Template, checks: tuple[Check, ...] = CHECKS) -> list[str]:
    """All that can fail in some order that CloudFormation may choose."""
    graph = Graph(template)
    for name in graph.resources:
        graph.before(name)
    return [f"{check.name}: {problem}" for check in checks for problem in check.problems(graph)]


# --- Updates and rollbacks ---


class Update:
    """An update of a stack, which is also the rollback of the opposite one.

    Resources are created and changed in the order of the new template. What is no longer in it is deleted after all
    changes, in the reverse order of the old template
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks.html).
    """

    def __init__(self, old: Template, new: Template) -> None:
        self.old = Graph(old)
        self.new = Graph(new)

    def removed(self) -> Iterator[tuple[str, Resource, str]]:
        """The custom resources that are deleted, with the function that deletes them."""
        return ((name, each, function) for name, each, function in _served(self.old) if name not in self.new.resources)

    def there_for(self, name: str) -> frozenset[str]:
        """What exists while a removed resource is deleted, in every order: what stays, and what is deleted after it."""
        return frozenset(self.new.resources) | self.old.before(name)

    def role(self, function: str) -> str:
        """The role of a function while resources are deleted; empty for one of another place."""
        graph = self.new if function in self.new.resources else self.old
        return role_of(graph.resources[function]["Properties"]["Role"])

    def statements(self, role: str, name: str) -> list[Mapping[str, Any]]:
        """What a role allows while a removed resource is deleted."""
        known = self.there_for(name)
        graph = Graph({"Resources": {**self.old.resources, **self.new.resources}})
        return permissions(graph, role, known) if role in known else []


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateCheck:
    """A check that a service makes, or a need that the handler has, when a stack is updated or rolled back.

    Attributes:
        name: What is checked.
        source: Where that is documented or was observed.
        problems: Yields what is missing in an update.
    """

    name: str
    source: str
    problems: Callable[[Update], Iterator[str]]


_REPLACES_A_FUNCTION: Final = ("FunctionName", "PackageType")


def _service_token(update: Update) -> Iterator[str]:
    new = {name: function for name, _, function in _served(update.new)}
    for name, _, function in _served(update.old):
        if name not in new:
            continue
        before, after = (graph.resources.get(function, {}).get("Properties", {}) for graph in (update.old, update.new))
        replaced = any(before.get(each) != after.get(each) for each in _REPLACES_A_FUNCTION)
        if new[name] != function or replaced:
            yield f"{name}: its service token changes from {function}"


def _deletes(update: Update) -> Iterator[str]:
    for name, each, function in update.removed():
        needed = {"states:StartExecution"}
        if each["Type"] == _ALGORITHM:
            needed.add("sagemaker:DeleteAlgorithm")
        role = update.role(function)
        gone = missing(needed, update.statements(role, name))
        if role and gone:
            yield f"{name}: when it is deleted, the handler may no longer {', '.join(gone)}"


def _invokes_to_the_end(update: Update) -> Iterator[str]:
    for name, _, function in update.removed():
        graph = update.new if function in update.new.resources else update.old
        machine = role_of(graph.resources[function]["Properties"]["Environment"]["Variables"]["STATE_MACHINE_ARN"])
        role = role_of(graph.resources[machine]["Properties"]["RoleArn"])
        if role and missing(["lambda:InvokeFunction"], update.statements(role, name)):
            yield f"{name}: when it is deleted, the state machine may no longer invoke the handler"


def _network_interfaces(update: Update) -> Iterator[str]:
    """A function leaves its VPC: until Lambda has deleted its interfaces, no security group of them can be deleted."""
    for function, each in update.old.of_type("AWS::Lambda::Function").items():
        stays = update.new.resources.get(function)
        if stays is None or "VpcConfig" not in each["Properties"] or "VpcConfig" in stays["Properties"]:
            continue
        for group in update.old.of_type("AWS::EC2::SecurityGroup").keys() - update.new.resources.keys():
            of_function = group in mentioned(each["Properties"]["VpcConfig"])
            role = update.role(function)
            if of_function and role and missing(["ec2:DeleteNetworkInterface"], update.statements(role, group)):
                yield f"{group}: when it is deleted, Lambda may no longer delete the interfaces of {function}"


UPDATE_CHECKS: Final = (
    UpdateCheck(
        name="service token",
        source="CloudFormation: 'Modifying service token is not allowed'; cloudformation-coverage-roadmap#802",
        problems=_service_token,
    ),
    UpdateCheck(
        name="deletion",
        source="CloudFormation guide, crpg-ref-requesttypes-delete: the handler gets a Delete for what is removed",
        problems=_deletes,
    ),
    UpdateCheck(
        name="waiter invokes to the end",
        source="Step Functions guide, connect-lambda: the state machine's role invokes the function",
        problems=_invokes_to_the_end,
    ),
    UpdateCheck(
        name="network interfaces",
        source="Lambda guide, configuration-vpc: Lambda deletes them with the execution role; aws/aws-cdk#34400",
        problems=_network_interfaces,
    ),
)


def update_problems(old: Template, new: Template, checks: tuple[UpdateCheck, ...] = UPDATE_CHECKS) -> list[str]:
    """All that can fail in some order of an update and of its rollback."""
    found = problems(new)
    for kind, update in (("update", Update(old, new)), ("rollback", Update(new, old))):
        found += [f"{check.name}: {kind}: {each}" for check in checks for each in check.problems(update)]
    return found
