"""Check the environment of stacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

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
from cdk_sagemaker_algorithm.account.credentials import is_opt_in
from cdk_sagemaker_algorithm.account.reader import Reader
from cdk_sagemaker_algorithm.account.responses import ReadError, RejectedError
from cdk_sagemaker_algorithm.account.target import Target
from cdk_sagemaker_algorithm.assembly.intrinsics import Resolver
from cdk_sagemaker_algorithm.assembly.stack import Stack
from cdk_sagemaker_algorithm.model.arn import Arn
from cdk_sagemaker_algorithm.model.json_access import json_list, json_object
from cdk_sagemaker_algorithm.reporting import Level

_PARAMETER: Final = "bootstrapStackVersionSsmParameter"
_VERSION: Final = "requiresBootstrapStackVersion"
_POLICY_LENGTH: Final = 5_120
_POLICIES: Final = 10
#: CloudFormation and Step Functions add the ARN of a log group, its `:*` and JSON around it.
_ONE_LOG_GROUP: Final = 150
_DELIVERY_POLICY: Final = "AWSLogDeliveryWrite"
_SELLER_REGIONS: Final = (
    "https://docs.aws.amazon.com/marketplace/latest/userguide/ml-service-restrictions-and-limits.html"
)
_STATES: Final = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html"


def _stacks(target: Target) -> Iterator[Item]:
    for stack in target.stacks:
        yield Item(value=stack.name or stack.label, subject=stack.label, data=stack)


def _environment(target: Target) -> Iterator[Item]:
    subject = target.label
    yield Item(value=str(target.environment), subject=subject)


def _caller_account(target: Target) -> str:
    arn = Arn.parse(target.caller)
    return arn.account if arn else ""


def _check_identity(item: Item, target: Target, reader: Reader) -> CheckResult:
    account, region = target.environment.account, target.environment.region
    if _caller_account(target) != account:
        return Failed(
            message=f"the credentials belong to account {_caller_account(target)}, the deployment to {account}",
            remedy=f"choose a profile of account {account} with --profile",
            evidence=(f"the caller is {target.caller}",),
        )
    if target.asked_region and target.asked_region != region:
        return Failed(
            message=f"--region is {target.asked_region}, and the stack names {region}",
            remedy=f"omit --region, or set the stack's env to {target.asked_region}",
        )
    return Passed(detail=target.caller)


def _bootstrapped(target: Target) -> Iterator[Item]:
    """One item for each bootstrap parameter, with the highest version that a stack requires."""
    found: dict[str, tuple[int, Stack]] = {}
    for stack in target.stacks:
        parameter, version = stack.properties.get(_PARAMETER), stack.properties.get(_VERSION)
        if isinstance(parameter, str) and isinstance(version, int):
            known, _ = found.get(parameter, (0, stack))
            found[parameter] = (max(known, version), stack)
    for parameter, (version, stack) in found.items():
        yield Item(value=parameter, subject=stack.label, data=version)


def _check_bootstrap(item: Item, target: Target, reader: Reader) -> CheckResult:
    needed: int = item.data
    qualifier = item.value.strip("/").split("/")[1] if item.value.count("/") > 1 else ""
    remedy = f"cdk bootstrap {target.environment}"
    if qualifier and qualifier != "hnb659fds":
        remedy += f" --qualifier {qualifier}"
    text = service_errors.NOT_BOOTSTRAPPED
    try:
        value = reader.ask("ssm:GetParameter", Name=item.value).part("Parameter").required("Value")
    except RejectedError as error:
        if error.code not in ("ParameterNotFound", "ParameterVersionNotFound"):
            raise
        return Failed(
            message=f"{target.environment} is not bootstrapped",
            remedy=remedy,
            evidence=(f"CDK: {text.text(parameter=item.value)}",),
            source=text.source,
        )
    if not value.isdecimal():
        raise ReadError(f"the parameter {item.value} has the value {value!r}, which is no version")
    if int(value) >= needed:
        return Passed(detail=f"version {value}, {needed} needed")
    return Failed(
        message=f"the bootstrap stack has version {value}, and {needed} is needed", remedy=remedy, source=text.source
    )


def _check_state(item: Item, target: Target, reader: Reader) -> CheckResult:
    try:
        stacks = reader.ask("cloudformation:DescribeStacks", StackName=item.value).parts("Stacks")
    except RejectedError as error:
        if error.code == "ValidationError" and "does not exist" in error.message:
            return Passed(detail="not deployed yet")
        raise
    if not stacks:
        raise ReadError("the response of cloudformation:DescribeStacks has no stack")
    state = stacks[0].required("StackStatus")
    remedy = _state_remedy(state, item.value, target.environment.region)
    if not remedy:
        return Passed(detail=state)
    return Failed(
        message=f"stack {item.value} is in the state {state}, so it cannot be deployed", remedy=remedy, source=_STATES
    )


def _state_remedy(state: str, name: str, region: str) -> str:
    """Return what to do before the next deployment; empty if it can start."""
    command = f"aws cloudformation %s --stack-name {name} --region {region}"
    if state == "UPDATE_ROLLBACK_FAILED":
        return command % "continue-update-rollback"
    if state in ("ROLLBACK_FAILED", "DELETE_FAILED"):
        return command % "delete-stack"
    if state.endswith("_IN_PROGRESS") and state != "REVIEW_IN_PROGRESS":
        return f"wait for the operation in progress: {command % 'describe-stacks'}"
    return ""


def _log_groups(target: Target) -> Iterator[Item]:
    """Return the log groups of state machines that take part of the account's one resource policy."""
    for stack in target.stacks:
        resolver = Resolver(stack)
        found = {name: json_object(value) for name, value in json_object(stack.template.get("Resources")).items()}
        for name, resource in found.items():
            if resource.get("Type") != "AWS::StepFunctions::StateMachine":
                continue
            properties = json_object(resource.get("Properties"))
            for each in json_list(json_object(properties.get("LoggingConfiguration")).get("Destinations")):
                group = _group(json_object(json_object(each).get("CloudWatchLogsLogGroup")).get("LogGroupArn"), found)
                named: Any = resolver.resolve(json_object(group.get("Properties")).get("LogGroupName"))
                if not str(named or "").startswith("/aws/vendedlogs/"):
                    yield Item(value=f"{stack.label}/{name}", subject=stack.label)


def _group(value: Any, found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the log group of the template whose ARN a value is."""
    text = str(value)
    named = [resource for name, resource in found.items() if f"'{name}'" in text or f"{name}.Arn" in text]
    return named[0] if named else {}


def _check_logs(item: Item, target: Target, reader: Reader) -> CheckResult:
    policies = [
        each
        for page in reader.pages("logs:DescribeResourcePolicies", "nextToken")
        for each in page.parts("resourcePolicies")
    ]
    delivery = [each for each in policies if each.text("policyName").startswith(_DELIVERY_POLICY)]
    longest = max((len(each.required("policyDocument")) for each in delivery), default=0)
    if longest + _ONE_LOG_GROUP <= _POLICY_LENGTH and (delivery or len(policies) < _POLICIES):
        return Passed(detail=f"{longest} of {_POLICY_LENGTH} characters, {len(policies)} of {_POLICIES} policies")
    text = service_errors.LOGS_POLICY_FULL
    return Failed(
        message=f"the account's resource policy for log delivery has no room for another log group ({longest} of "
        f"{_POLICY_LENGTH} characters, {len(policies)} of {_POLICIES} policies)",
        remedy="give the state machine's log group a name that starts with /aws/vendedlogs/states/, or remove log "
        "groups that no longer exist (aws logs put-resource-policy)",
        evidence=(f"Step Functions: {text.text()}",),
        source=text.source,
    )


def _opt_in(target: Target) -> Iterator[Item]:
    region = target.environment.region
    if region != "*" and is_opt_in(region):
        yield Item(value=region, subject=target.label)


def _publishing(target: Target) -> Iterator[Item]:
    for definition in target.definitions:
        if definition.certified:
            yield Item(value=target.environment.region, subject=definition.subject, path="CertifyForMarketplace")


def _check_enabled(item: Item, target: Target, reader: Reader) -> CheckResult:
    # A region that is not enabled rejects all credentials, which is reported before this check.
    status = _status(item, target, reader) if target.region_enabled else "not enabled"
    if status in ("ENABLED", "ENABLED_BY_DEFAULT"):
        return Passed(detail=status)
    return Failed(
        message=f"region {item.value} is not enabled for the account (status {status})",
        remedy=f"aws account enable-region --region-name {item.value}",
        source="https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html",
    )


def _status(item: Item, target: Target, reader: Reader) -> str:
    if target.environment.partition != "aws":
        raise ReadError(f"partition {target.environment.partition} has no AWS Account Management API")
    return reader.ask("account:GetRegionOptStatus", region="us-east-1", RegionName=item.value).required(
        "RegionOptStatus"
    )


def _check_publishing(item: Item, target: Target, reader: Reader) -> CheckResult:
    if target.environment.partition != "aws":
        return Unknown(reason=f"AWS Marketplace has no sellers of algorithms in {target.environment.partition}")
    status = _status(item, target, reader)
    if status == "ENABLED_BY_DEFAULT":
        return Passed(detail=status)
    return Failed(
        level=Level.WARNING,
        message=f"algorithms for AWS Marketplace are published from regions that are enabled by default; "
        f"{item.value} is not (status {status})",
        remedy="deploy the certified algorithm to a region that is enabled by default, such as us-east-2",
        source=_SELLER_REGIONS,
    )


def _ask_bootstrap(item: Item, target: Target) -> Iterator[PlannedCall]:
    yield "ssm:GetParameter", {"Name": item.value}


def _ask_state(item: Item, target: Target) -> Iterator[PlannedCall]:
    yield "cloudformation:DescribeStacks", {"StackName": item.value}


def _ask_logs(item: Item, target: Target) -> Iterator[PlannedCall]:
    yield "logs:DescribeResourcePolicies", {}


def _ask_region(item: Item, target: Target) -> Iterator[PlannedCall]:
    if target.environment.partition == "aws":
        yield "account:GetRegionOptStatus", {}


#: Checked before all others: they would ask another account.
IDENTITY: Final = Check(
    name="identity",
    requirement="the credentials and --region must be those of the stack's environment",
    reason="the deployment goes to another account or region",
    stage=Stage.DEPLOYMENT,
    items=_environment,
    examine=_check_identity,
)

#: Checked before all others: a region that is not enabled rejects every call.
REGION_DISABLED: Final = Check(
    name="region-disabled",
    requirement="an opt-in region must be enabled for the account",
    reason="AWS rejects every call in the region",
    stage=Stage.DEPLOYMENT,
    items=_opt_in,
    calls=_ask_region,
    examine=_check_enabled,
)

CHECKS: Final = (
    IDENTITY,
    REGION_DISABLED,
    Check(
        name="bootstrap",
        requirement="the environment must be bootstrapped in the version that the stack requires",
        reason="cdk deploy stops at once",
        stage=Stage.DEPLOYMENT,
        items=_bootstrapped,
        calls=_ask_bootstrap,
        examine=_check_bootstrap,
    ),
    Check(
        name="stack-state",
        requirement="the stack must be in a state that allows a deployment",
        reason="CloudFormation rejects the deployment",
        stage=Stage.DEPLOYMENT,
        items=_stacks,
        calls=_ask_state,
        examine=_check_state,
    ),
    Check(
        name="logs-policy-full",
        requirement="the account's log delivery policy must have room for the state machine's log group",
        reason="the state machine cannot be created",
        stage=Stage.DEPLOYMENT,
        items=_log_groups,
        calls=_ask_logs,
        examine=_check_logs,
    ),
    Check(
        name="region-publish",
        requirement="a certified algorithm should be in a region that is enabled by default",
        reason="AWS Marketplace lists no algorithm from an opt-in region",
        stage=Stage.DEPLOYMENT,
        level=Level.WARNING,
        items=_publishing,
        calls=_ask_region,
        examine=_check_publishing,
    ),
)
