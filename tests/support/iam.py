"""Identity policies as IAM decides on them: an explicit deny wins, then one allow suffices, else it is denied.

Only what a synthesized template of this project uses is implemented; anything else raises.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

from tests.support.stacks import as_list

Statement = Mapping[str, Any]
Context = Mapping[str, str | list[str]]

ACCOUNT: Final = "111122223333"
REGION: Final = "eu-west-1"
STACK_NAME: Final = "Forest"
STACK_ID: Final = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK_NAME}/0c5f6b60-0000-4000-8000-000000000000"
_PSEUDO: Final = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::StackName": STACK_NAME,
    "AWS::StackId": STACK_ID,
}


def resolved(value: Any) -> Any:
    """A value of a template with its intrinsics resolved; resources get ARNs by their logical IDs."""
    match value:
        case {"Ref": str(name)}:
            return _PSEUDO.get(name, arn_of(name))
        case {"Fn::GetAtt": [str(name), "Arn"]}:
            return arn_of(name)
        case {"Fn::GetAtt": [str(name), "Name"]}:
            return name
        case {"Fn::Join": [str(separator), list(parts)]}:
            return separator.join(resolved(part) for part in parts)
        case dict():
            return {key: resolved(child) for key, child in value.items()}
        case list():
            return [resolved(child) for child in value]
        case _:
            return value


def arn_of(logical_id: str) -> str:
    """The ARN of a resource of the template."""
    if "Logs" in logical_id:
        return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{logical_id}:*"
    if "Role" in logical_id:
        return f"arn:aws:iam::{ACCOUNT}:role/{logical_id}"
    if "Handler" in logical_id:
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{logical_id}"
    return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{logical_id}"


def statements_of(template: Mapping[str, Any], role: str) -> list[dict[str, Any]]:
    """All statements of a role, inline and attached."""
    found: list[dict[str, Any]] = []
    for policy in template["Resources"][role]["Properties"].get("Policies", []):
        found += as_list(policy["PolicyDocument"]["Statement"])
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::IAM::Policy" and {"Ref": role} in resource["Properties"]["Roles"]:
            found += as_list(resource["Properties"]["PolicyDocument"]["Statement"])
    return [resolved(each) for each in found]


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
