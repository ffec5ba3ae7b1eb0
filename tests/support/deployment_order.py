"""Several stacks of one account: what CloudFormation refuses when they are deployed in an order that it allows.

CloudFormation deploys one stack after the other. A stack that imports from another one comes after it, and other stacks
in any order. While a stack is updated, those after it still have their old templates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import Any, Final

from tests.support import creation_order
from tests.support.creation_order import Graph, Template, mentioned, missing
from tests.support.stacks import as_list

Stacks = Mapping[str, Template]

#: Properties whose change replaces a resource, so that what `Ref` and `GetAtt` return of it changes.
_REPLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "AWS::IAM::Role": ("Path", "RoleName"),
    "AWS::Lambda::Function": ("FunctionName", "PackageType"),
    "AWS::StepFunctions::StateMachine": ("StateMachineName", "StateMachineType"),
}


def problems(old: Stacks, new: Stacks, *, first: tuple[str, ...] = ()) -> list[str]:
    """All that is refused in some order of deployments that turns one set of stacks into another.

    Args:
        old: The deployed templates, by stack.
        new: The wanted ones.
        first: Stacks that a person deploys before all others.
    """
    found: dict[str, None] = {}
    for name in old.keys() & new.keys():
        found |= dict.fromkeys(f"{name}: {each}" for each in creation_order.update_problems(old[name], new[name]))
        found |= dict.fromkeys(f"{name}: {each}" for each in _service_tokens(name, old, new))
        found |= dict.fromkeys(f"{name}: {each}" for each in _shared_permissions(old[name], new[name]))
    for order in _orders(new, first):
        deployed = dict(old)
        for name in order:
            found |= dict.fromkeys(_exports_in_use(name, deployed, new[name]))
            absent = sorted(set(imports(new[name])) - {each for one in deployed.values() for each in exports(one)})
            found |= dict.fromkeys(f"{name}: there is no export {each} yet" for each in absent)
            deployed[name] = new[name]
    return list(found)


def _orders(new: Stacks, first: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The orders in which the stacks may be deployed."""
    exporters = {export: name for name, each in new.items() for export in exports(each)}
    before = {
        name: {exporters[each] for each in imports(content) if each in exporters} for name, content in new.items()
    }
    for order in permutations(sorted(new)):
        if order[: len(first)] != first:
            continue
        free = order[len(first) :]
        if all(not before[name] & set(free[position:]) for position, name in enumerate(free)):
            yield order


def exports(content: Template) -> dict[str, Any]:
    """The values that a stack exports, by the names of the exports."""
    outputs = content.get("Outputs", {}).values()
    return {each["Export"]["Name"]: each["Value"] for each in outputs if "Export" in each}


def imports(value: Any) -> Iterator[str]:
    """The names of the exports that a template imports."""
    match value:
        case {"Fn::ImportValue": str(name)}:
            yield name
        case dict():
            members: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
            for child in members.values():
                yield from imports(child)
        case list():
            items: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
            for child in items:
                yield from imports(child)
        case _:
            return


def _exports_in_use(name: str, deployed: Stacks, new: Template) -> Iterator[str]:
    """CloudFormation: 'Export … cannot be deleted as it is in use by …', and the same for 'updated'."""
    if name not in deployed:
        return
    before, after = exports(deployed[name]), exports(new)
    for user, content in deployed.items():
        for export in sorted(set(imports(content)) & before.keys()):
            if export not in after:
                yield f"{name}: export {export} cannot be deleted, because {user} uses it"
            elif before[export] != after[export] or any(_replaced(mentioned(after[export]), deployed[name], new)):
                yield f"{name}: export {export} cannot be updated, because {user} uses it"


def _replaced(names: Iterator[str], old: Template, new: Template) -> Iterator[bool]:
    for name in names:
        one, other = (content["Resources"].get(name, {}) for content in (old, new))
        properties = _REPLACES.get(one.get("Type", ""), ())
        yield any(one["Properties"].get(each) != other["Properties"].get(each) for each in properties)


def _custom_resources(content: Template) -> dict[str, Any]:
    return {
        name: each
        for name, each in content["Resources"].items()
        if each["Type"].startswith("Custom::SageMakerAlgorithm")
    }


def _service_tokens(name: str, old: Stacks, new: Stacks) -> Iterator[str]:
    """CloudFormation: 'Modifying service token is not allowed'."""
    before, after = _custom_resources(old[name]), _custom_resources(new[name])
    for each in before.keys() & after.keys():
        tokens = (content[each]["Properties"]["ServiceToken"] for content in (before, after))
        if len({str(token) for token in tokens}) > 1:
            yield f"the service token of {each} changes"


def _shared_permissions(old: Template, new: Template) -> Iterator[str]:
    """The shared handler deletes with what a policy of the stack allows, so the policy goes after the algorithm."""
    before, after = Graph(old), Graph(new)
    for name, each in _custom_resources(old).items():
        if name in new["Resources"] or each["Type"] != "Custom::SageMakerAlgorithm":
            continue
        if "Fn::ImportValue" not in each["Properties"]["ServiceToken"]:
            continue
        there = {*after.resources, *before.before(name)}
        policies = {**before.of_type("AWS::IAM::Policy"), **after.of_type("AWS::IAM::Policy")}
        # A provider whose role is given has no policies in other stacks.
        shared = {
            policy: content for policy, content in policies.items() if any(imports(content["Properties"]["Roles"]))
        }
        statements = [
            statement
            for policy, content in shared.items()
            if policy in there
            for statement in as_list(content["Properties"]["PolicyDocument"]["Statement"])
        ]
        if shared and missing(["sagemaker:DeleteAlgorithm"], statements):
            yield f"{name}: when it is deleted, the shared handler may no longer delete the algorithm"


# --- Names ---

#: Properties that fix a name which only one resource of the account and region can have.
_NAMES: Final[Mapping[str, str]] = {
    "AWS::Events::Rule": "Name",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::KMS::Alias": "AliasName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
}


def clashes(stacks: Stacks) -> list[str]:
    """Names that two resources of an account and region would have.

    Args:
        stacks: Templates by the names of the stacks that are made of them; a template can make several.
    """
    owners: dict[tuple[str, str], list[str]] = {}
    for number, (stack, content) in enumerate(stacks.items()):
        pseudo = {"AWS::StackName": stack, "AWS::StackId": f"arn:aws:cloudformation:r:1:stack/{stack}/{number:08}-4000"}
        for name, resource in content["Resources"].items():
            kind, properties = resource["Type"], resource.get("Properties", {})
            fixed = properties.get(_NAMES.get(kind, ""))
            if fixed is not None:
                owners.setdefault((kind, _text(fixed, pseudo)), []).append(f"{stack}/{name}")
            if kind == "AWS::IAM::Policy":
                # A role's policies have different names, whichever stack adds them.
                for role in properties.get("Roles", []):
                    where = f"{role}" if "Fn::ImportValue" in str(role) else f"{stack}:{role}"
                    policy = _text(properties["PolicyName"], pseudo)
                    owners.setdefault((kind, f"{where}/{policy}"), []).append(f"{stack}/{name}")
    return [f"{kind} {name}: {', '.join(those)}" for (kind, name), those in owners.items() if len(those) > 1]


def _text(value: Any, pseudo: Mapping[str, str]) -> str:
    match value:
        case {"Ref": str(name)} if name in pseudo:
            return pseudo[name]
        case {"Fn::Join": [str(separator), list(parts)]}:  # pyright: ignore[reportUnknownVariableType]
            texts: list[Any] = parts  # pyright: ignore[reportUnknownVariableType]
            return separator.join(_text(part, pseudo) for part in texts)
        case {"Fn::Select": [index, {"Fn::Split": [str(separator), text]}]}:
            return _text(text, pseudo).split(separator)[int(str(index))]
        case _:
            return str(value)
