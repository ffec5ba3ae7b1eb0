"""Evaluate identity policies like IAM: explicit deny, then allow, otherwise implicit deny.

Only what a synthesized template of this project uses is implemented; anything else raises.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

from tests.support.stacks import as_list

Statement = Mapping[str, Any]
Context = Mapping[str, str | list[str]]

ACCOUNT: Final = "123456789012"
REGION: Final = "us-east-1"
STACK_NAME: Final = "Alpha"
STACK_ID: Final = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK_NAME}/0c5f6b60-0000-4000-8000-000000000000"
_PSEUDO: Final = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::StackName": STACK_NAME,
    "AWS::StackId": STACK_ID,
}
#: The ARNs of resources with generated names, which begin with the logical ID.
_ARNS: Final = {
    "AWS::ECR::Repository": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{{}}",
    "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{{}}",
    "AWS::KMS::Key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{{}}",
    "AWS::Lambda::Function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{}}",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{{}}:*",
    "AWS::S3::Bucket": "arn:aws:s3:::{}",
    "AWS::SQS::Queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{{}}",
    "AWS::StepFunctions::StateMachine": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{{}}",
    "Custom::SageMakerAlgorithm": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:algorithm/{{}}",
    "Custom::SageMakerAlgorithmValidation": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:algorithm/{{}}",
}
#: What these resources are when they are referred to by their ID, and not by their name.
_REFERRED_BY_ARN: Final = ("AWS::StepFunctions::StateMachine",)
_REFERENCES: Final = {"Ref", "Fn::GetAtt", "Fn::ImportValue", "Fn::Sub", "Fn::Join"}
_SUBSTITUTED: Final = re.compile(r"\$\{(AWS::[A-Za-z]+)\}")


class Account:
    """A template's resources as they exist once it is deployed: what its policies say with real ARNs."""

    def __init__(self, template: Mapping[str, Any], *, stack_name: str = STACK_NAME, **names: str) -> None:
        """Deploy a template.

        Args:
            template: The template.
            stack_name: The name of its stack.
            **names: Names of resources by their logical IDs, which are the default.
        """
        self._resources: Mapping[str, Any] = template["Resources"]
        self._pseudo = {**_PSEUDO, "AWS::StackName": stack_name}
        self._names = names

    def arn(self, logical_id: str) -> str:
        """The ARN of a resource."""
        kind = self._resources[logical_id]["Type"]
        return _ARNS[kind].format(self._names.get(logical_id, logical_id))

    def resolved(self, value: Any) -> Any:
        """A value of the template with its intrinsics resolved."""
        match value:
            case {"Fn::Join": [str(separator), list(parts)]}:  # pyright: ignore[reportUnknownVariableType]
                texts: list[Any] = parts  # pyright: ignore[reportUnknownVariableType]
                return separator.join(str(self.resolved(part)) for part in texts)
            case {"Fn::Sub": str(text)}:
                return _SUBSTITUTED.sub(lambda found: self._pseudo[found[1]], text)
            case dict() if value.keys() & _REFERENCES:
                reference: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
                return self._referred(reference)
            case dict():
                members: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
                return {key: self.resolved(child) for key, child in members.items()}
            case list():
                items: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
                return [self.resolved(child) for child in items]
            case _:
                return value

    def _referred(self, value: Mapping[str, Any]) -> str:
        match value:
            case {"Ref": str(name)} if name in self._pseudo:
                return self._pseudo[name]
            case {"Ref": str(name)} if self._resources[name]["Type"] in _REFERRED_BY_ARN:
                return self.arn(name)
            case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), "Name"]}:
                return self._names.get(name, name)
            case {"Fn::GetAtt": [str(name), "Arn" | "AlgorithmArn"]}:
                return self.arn(name)
            case {"Fn::ImportValue": str(name)} if "Repository" in name:
                return _ARNS["AWS::ECR::Repository"].format("imported")
            case _:
                raise NotImplementedError(value)

    def documents(self) -> dict[str, dict[str, Any]]:
        """All identity policies, by the logical ID and the position."""
        found: dict[str, dict[str, Any]] = {}
        for name, resource in self._resources.items():
            properties = resource.get("Properties", {})
            if resource["Type"] == "AWS::IAM::Role":
                inline = enumerate(properties.get("Policies", []))
                found |= {f"{name}.{number}": each["PolicyDocument"] for number, each in inline}
            elif resource["Type"] == "AWS::IAM::Policy":
                found[name] = properties["PolicyDocument"]
        return {name: self.resolved(document) for name, document in found.items()}

    def statements(self, role: str) -> list[dict[str, Any]]:
        """All statements of a role, inline and attached."""
        found: list[dict[str, Any]] = []
        for name, document in self.documents().items():
            resource = self._resources[name.partition(".")[0]]
            inline = name.partition(".")[0] == role
            if inline or {"Ref": role} in resource["Properties"].get("Roles", []):
                found += as_list(document["Statement"])
        return found


def is_allowed(statements: Sequence[Statement], action: str, resource: str, context: Context) -> bool:
    """Whether a request is allowed."""
    effects = {each["Effect"] for each in statements if _applies(each, action, resource, context)}
    return "Deny" not in effects and "Allow" in effects


def _applies(statement: Statement, action: str, resource: str, context: Context) -> bool:
    return (
        any(fnmatchcase(action.lower(), each.lower()) for each in as_list(statement["Action"]))
        and any(fnmatchcase(resource, each) for each in as_list(statement["Resource"]))
        and all(
            _holds(operator, key, as_list(values), context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _holds(operator: str, key: str, values: list[str], context: Context) -> bool:
    actual = context.get(key)
    match operator:
        case "Null":
            return (actual is None) == (values == ["true"])
        case "StringEquals" | "Bool":
            return actual in values
        case "StringLike" | "ArnLike":
            return isinstance(actual, str) and any(fnmatchcase(actual, each) for each in values)
        case "ForAnyValue:StringEquals":
            return bool(set(actual or []) & set(values))
        case _:
            raise NotImplementedError(operator)
