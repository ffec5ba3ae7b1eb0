"""Check the validation role: it exists, trusts SageMaker, and has the permissions of the jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from cdk_sagemaker_algorithm.account import service_errors
from cdk_sagemaker_algorithm.account.check import (
    Check,
    CheckResult,
    Failed,
    Item,
    Passed,
    PlannedCall,
    Stage,
    Unknown,
)
from cdk_sagemaker_algorithm.account.policy_documents import names_action, statements, texts
from cdk_sagemaker_algorithm.account.reader import Reader
from cdk_sagemaker_algorithm.account.responses import ReadError, RejectedError, Response
from cdk_sagemaker_algorithm.account.service_errors import AwsError
from cdk_sagemaker_algorithm.account.target import (
    Target,
    TargetDefinition,
    own_resource,
    resolved,
    resources,
    why_unresolved,
)
from cdk_sagemaker_algorithm.account.uses import Use, roles
from cdk_sagemaker_algorithm.assembly.unresolved import is_decided, tree
from cdk_sagemaker_algorithm.model.arn import Arn
from cdk_sagemaker_algorithm.model.ecr_image import EcrImage
from cdk_sagemaker_algorithm.model.json_access import json_list, json_object
from cdk_sagemaker_algorithm.model.required_access import needs_of_validation
from cdk_sagemaker_algorithm.model.s3_uri import split_s3_uri
from cdk_sagemaker_algorithm.reporting import Level
from cdk_sagemaker_algorithm_provider.contract.canonical import canonical

_SAGEMAKER: Final = "sagemaker.amazonaws.com"
_ROLES: Final = "https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html"
_ROLE_TYPE: Final = "AWS::IAM::Role"
_PULL: Final = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
_SHOWN_ACTIONS: Final = 5


def _use(item: Item) -> Use:
    use: Use = item.data
    return use


def _own_role(item: Item) -> str:
    """Return the logical ID of the role, if the template of its first definition creates it."""
    use = _use(item)
    return own_resource(use.value, use.definitions[0], _ROLE_TYPE)


def _roles(target: Target) -> Iterator[Item]:
    """Return the roles; one that the deployment creates is known by its template."""
    for use in roles(target):
        item = use.item()
        own = own_resource(use.value, use.definitions[0], _ROLE_TYPE)
        yield item if not own else _known(item, own)


def _known(item: Item, logical_id: str) -> Item:
    return Item(
        value=logical_id,
        subject=item.subject,
        path=item.path,
        also=item.also,
        stage=item.stage,
        data=item.data,
    )


def _role_arn(text: str) -> Arn | None:
    arn = Arn.parse(text)
    return arn if arn and arn.is_a("iam", "role") else None


def _name(role: Arn) -> str:
    """Return a role's name; its ID in the ARN starts with the path."""
    return role.id.rpartition("/")[2]


def _role(item: Item, target: Target, reader: Reader) -> Response | str:
    """Return the role, or why it cannot be used."""
    arn = _use(item).value
    parts = _role_arn(arn)
    if parts is None:
        return f"{arn} is not the ARN of an IAM role"
    if parts.account != target.environment.account:
        return f"role {arn} belongs to account {parts.account}; SageMaker can use roles of its own account only"
    try:
        role = reader.ask("iam:GetRole", RoleName=_name(parts)).part("Role")
    except RejectedError as error:
        if error.code != "NoSuchEntity":
            raise
        return f"role {arn} does not exist"
    found = role.required("Arn")
    return role if found == arn else f"role {arn} does not exist; the role of that name is {found}"


def _present(item: Item, target: Target, reader: Reader) -> Response:
    found = _role(item, target, reader)
    if isinstance(found, str):
        raise ReadError(found)
    return found


def _not_assumed(item: Item) -> AwsError:
    return service_errors.ROLE_NOT_ASSUMED.error(role=_use(item).value)


def _check_missing(item: Item, target: Target, reader: Reader) -> CheckResult:
    if _own_role(item):
        return Passed(detail="created by this deployment")
    found = _role(item, target, reader)
    if isinstance(found, Response):
        return Passed(detail=found.required("Arn"))
    existing = found.rpartition("the role of that name is ")[2] if "the role of that name is" in found else ""
    remedy = (
        f"name {existing} in the definition"
        if existing
        else "omit the role, so that the construct creates it, or name the ARN of an existing role, path included "
        "(aws iam get-role --role-name NAME --query Role.Arn)"
    )
    return Failed(message=found, remedy=remedy, error=_not_assumed(item), source=service_errors.ROLE_NOT_ASSUMED.source)


def _check_trust(item: Item, target: Target, reader: Reader) -> CheckResult:
    if own := _own_role(item):
        definition = _use(item).definitions[0]
        properties = json_object(resources(definition)[own].get("Properties"))
        document: Any = resolved(definition, properties.get("AssumeRolePolicyDocument"))
    else:
        document = _document(_present(item, target, reader).raw().get("AssumeRolePolicyDocument"))
    found = [each for each in statements(document) if _trusts(each)]
    if any(each.get("Effect") == "Deny" for each in found):
        return Unknown(reason="the trust policy has a Deny statement, which depends on conditions")
    allowing = [each for each in found if each.get("Effect") == "Allow"]
    foreign = [
        each
        for each in allowing
        if (own_accounts := _accounts(each)) and target.environment.account not in own_accounts
    ]
    if allowing and len(foreign) < len(allowing):
        return Passed(detail=f"trusts {_SAGEMAKER}")
    message = f"the trust policy of the role does not let {_SAGEMAKER} assume it"
    if foreign:
        message += f": its condition on aws:SourceAccount does not name {target.environment.account}"
    text = service_errors.ROLE_NOT_ASSUMED
    return Failed(
        message=message,
        remedy="add to the role's trust policy (aws iam update-assume-role-policy):\n" + _trust_statement(target),
        error=_not_assumed(item),
        source=text.source,
    )


def _document(value: object) -> Any:
    """Return a policy document; boto3 decodes it, other tools leave it as URL-encoded JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(unquote(value))
    except ValueError as error:
        raise ReadError("the role's trust policy is not JSON") from error


def _trusts(statement: Mapping[str, Any]) -> bool:
    services = texts(json_object(statement.get("Principal")).get("Service"))
    if statement.get("Principal") == "*":
        services.append(_SAGEMAKER)
    return _SAGEMAKER in services and names_action(statement, "sts:AssumeRole")


def _accounts(statement: Mapping[str, Any]) -> list[str]:
    """Return the accounts that a statement's condition on the source names; empty without such a condition."""
    for operator, keys in json_object(statement.get("Condition")).items():
        if not operator.lower().startswith("stringequals"):
            continue
        for key, value in json_object(keys).items():
            if key.lower() == "aws:sourceaccount":
                return texts(value)
    return []


def _trust_statement(target: Target) -> str:
    return json.dumps(
        {
            "Effect": "Allow",
            "Principal": {"Service": _SAGEMAKER},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": target.environment.account}},
        },
        indent=2,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Permission:
    """Actions on a resource that the jobs need, with values for conditions."""

    actions: tuple[str, ...]
    resource: str
    context: tuple[tuple[str, str], ...] = ()


def _permissions(definition: TargetDefinition, target: Target) -> Iterator[_Permission]:
    """Return the permissions that the validation jobs need; deploy-time values are omitted."""
    region = ("aws:RequestedRegion", target.environment.region)
    for need in needs_of_validation(definition.content):
        if why_unresolved(need.value):
            continue
        if need.purpose == "pull" and (image := EcrImage.parse(need.value)):
            arn = target.environment.arn("ecr", f"repository/{image.repository}", account=image.account)
            yield _Permission(actions=_PULL, resource=arn, context=(region,))
        if need.purpose in ("read", "write") and need.value.startswith("s3://"):
            bucket, prefix = split_s3_uri(need.value)
            arn = target.environment.arn("s3", bucket, account="", region="")
            action = "s3:GetObject" if need.purpose == "read" else "s3:PutObject"
            yield _Permission(actions=(action,), resource=f"{arn}/{prefix}*", context=(region,))
            if need.purpose == "read":
                listing = (region, ("s3:prefix", prefix))
                yield _Permission(actions=("s3:ListBucket",), resource=arn, context=listing)
        if need.purpose in ("encrypt", "volume") and (key := Arn.parse(need.value)) and key.is_a("kms", "key"):
            action = "kms:GenerateDataKey" if need.purpose == "encrypt" else "kms:CreateGrant"
            via = ("kms:ViaService", f"s3.{target.environment.region}.amazonaws.com")
            yield _Permission(actions=(action,), resource=need.value, context=(region, via))


def _permitted(target: Target) -> Iterator[Item]:
    for item in _roles(target):
        if item.unresolved or any(_permissions(each, target) for each in _use(item).definitions):
            yield item


def _check_denied(item: Item, target: Target, reader: Reader) -> CheckResult:
    use = _use(item)
    wanted = dict.fromkeys(each for definition in use.definitions for each in _permissions(definition, target))
    if not wanted:
        return Unknown(reason="known at deploy time only: all that the jobs read and write")
    policies, whole = _template_policies(item)
    if not _own_role(item):
        _present(item, target, reader)
    denied: list[tuple[str, str]] = []
    unclear: list[str] = []
    for permission in wanted:
        for result in _simulated(item, permission, policies, reader):
            if result.required("EvalDecision") == "allowed":
                continue
            action = result.required("EvalActionName")
            if doubt := _doubt(result, whole=whole):
                unclear.append(f"{action}: {doubt}")
            else:
                denied.append((action, permission.resource))
    if denied:
        return _denied(denied)
    if unclear:
        return Unknown(reason="; ".join(dict.fromkeys(unclear)))
    return Passed(detail=f"the simulator allows {sum(len(each.actions) for each in wanted)} actions")


def _doubt(result: Response, *, whole: bool) -> str:
    """Return why a denial of the simulator can be wrong; empty if there is no reason."""
    organization = result.part("OrganizationsDecisionDetail")
    if organization.has("AllowedByOrganizations") and not organization.flag("AllowedByOrganizations"):
        return "the simulator may misjudge the conditions of the organization's policies"
    if missing := result.values("MissingContextValues"):
        return f"depends on {', '.join(map(str, missing))}"
    return "" if whole else "a policy of the role has deploy-time values or is managed elsewhere"


def _denied(denied: list[tuple[str, str]]) -> CheckResult:
    listed = ", ".join(dict.fromkeys(action for action, _ in denied))
    grouped: dict[str, list[str]] = {}
    for action, resource in denied:
        grouped.setdefault(resource, []).append(action)
    added = [{"Effect": "Allow", "Action": sorted(set(actions)), "Resource": arn} for arn, actions in grouped.items()]
    policy = {"Version": "2012-10-17", "Statement": added}
    return Failed(
        level=Level.WARNING,
        message=f"IAM's policy simulator denies the role {listed}",
        remedy="unless a condition or a resource policy allows it, give the role this policy:\n"
        + json.dumps(policy, indent=2),
        evidence=tuple(f"{action} on {resource}" for action, resource in denied[:_SHOWN_ACTIONS]),
        source="https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html",
    )


def _simulated(item: Item, permission: _Permission, policies: list[str], reader: Reader) -> list[Response]:
    parameters: dict[str, Any] = {
        "ActionNames": list(permission.actions),
        "ResourceArns": [permission.resource],
        "ContextEntries": [
            {"ContextKeyName": name, "ContextKeyValues": [value], "ContextKeyType": "string"}
            for name, value in permission.context
        ],
    }
    if _own_role(item):
        response = reader.ask("iam:SimulateCustomPolicy", PolicyInputList=policies, **parameters)
    else:
        response = reader.ask("iam:SimulatePrincipalPolicy", PolicySourceArn=_use(item).value, **parameters)
    results = response.parts("EvaluationResults")
    if {each.text("EvalActionName") for each in results} != set(permission.actions):
        raise ReadError("the policy simulator returned no result for an action")
    return results


def _template_policies(item: Item) -> tuple[list[str], bool]:
    """Return the policy documents of a role of the template, and whether they are complete."""
    own = _own_role(item)
    if not own:
        return [], True
    definition = _use(item).definitions[0]
    role = json_object(resources(definition)[own].get("Properties"))
    documents = [json_object(each).get("PolicyDocument") for each in json_list(role.get("Policies"))]
    for resource in resources(definition).values():
        properties = json_object(resource.get("Properties"))
        attached = {str(each.get("Ref")) for each in map(json_object, json_list(properties.get("Roles")))}
        if resource.get("Type") in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy") and own in attached:
            documents.append(properties.get("PolicyDocument"))
    whole = not role.get("ManagedPolicyArns") and not role.get("PermissionsBoundary")
    known: list[str] = []
    for document in documents:
        kept = [each for each in statements(resolved(definition, document)) if is_decided(tree(canonical(each)))]
        whole = whole and len(kept) == len(statements(document))
        if kept:
            known.append(json.dumps({"Version": "2012-10-17", "Statement": kept}))
    return known, whole and bool(known)


def _ask_role(item: Item, target: Target) -> Iterator[PlannedCall]:
    arn = _role_arn(_use(item).value)
    if arn and not _own_role(item):
        name = _name(arn)
        path = arn.id.removesuffix(name)
        yield "iam:GetRole", {"RoleName": name, "PathPrefix": path}
        if path:
            yield "iam:GetRole", {"RoleName": name}


def _ask_simulator(item: Item, target: Target) -> Iterator[PlannedCall]:
    if _own_role(item):
        yield "iam:SimulateCustomPolicy", {}
    elif _role_arn(_use(item).value):
        yield from _ask_role(item, target)
        yield "iam:SimulatePrincipalPolicy", {"PolicySourceArn": _use(item).value}


CHECKS: Final = (
    Check(
        name="role-missing",
        requirement="the validation role must exist in the algorithm's account",
        reason="SageMaker cannot assume it",
        stage=Stage.CREATION,
        items=_roles,
        calls=_ask_role,
        examine=_check_missing,
    ),
    Check(
        name="role-trust",
        requirement="the validation role must trust SageMaker",
        reason="SageMaker cannot assume it",
        stage=Stage.CREATION,
        items=_roles,
        calls=_ask_role,
        examine=_check_trust,
    ),
    Check(
        name="role-denied",
        requirement="the validation role should have the permissions that the validation jobs need",
        reason="a job fails in the middle",
        stage=Stage.TRAINING,
        level=Level.WARNING,
        items=_permitted,
        calls=_ask_simulator,
        examine=_check_denied,
    ),
)
