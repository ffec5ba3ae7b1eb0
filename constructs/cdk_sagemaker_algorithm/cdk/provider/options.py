"""The options of `AlgorithmProvider`, and the checks of their values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

import aws_cdk as cdk

from cdk_sagemaker_algorithm.cdk.arguments import USE_ROLE_OBJECT, Arguments, Phrase

if TYPE_CHECKING:
    from aws_cdk import aws_ec2, aws_iam, aws_kms, aws_lambda

LogLevel = Literal["DEBUG", "INFO", "WARN", "ERROR"]

#: Days of retention that CloudWatch Logs offers, and the CDK's names of them.
RETENTION: Final[Mapping[int, str]] = {
    1: "ONE_DAY", 3: "THREE_DAYS", 5: "FIVE_DAYS", 7: "ONE_WEEK", 14: "TWO_WEEKS", 30: "ONE_MONTH", 60: "TWO_MONTHS",
    90: "THREE_MONTHS", 120: "FOUR_MONTHS", 150: "FIVE_MONTHS", 180: "SIX_MONTHS", 365: "ONE_YEAR",
    400: "THIRTEEN_MONTHS", 545: "EIGHTEEN_MONTHS", 731: "TWO_YEARS", 1096: "THREE_YEARS", 1827: "FIVE_YEARS",
    2192: "SIX_YEARS", 2557: "SEVEN_YEARS", 2922: "EIGHT_YEARS", 3288: "NINE_YEARS", 3653: "TEN_YEARS",
}  # fmt: skip
_RUNTIME: Final = re.compile(r"python3\.(1[2-9]|[2-9]\d)")
#: The form that IAM requires.
_ROLE_PATH: Final = re.compile(r"/|/[\x21-\x7f]+/")
#: Options that are objects of the CDK: an attribute that they have, what they are, and what to write.
_OBJECTS: Final[Mapping[str, tuple[str, str, str]]] = {
    "encryption_key": ("key_arn", "a KMS key", "use an object such as kms.Key.from_key_arn(…)"),
    "permissions_boundary": ("managed_policy_arn", "a managed policy", "use its ARN"),
    "handler_role": ("role_arn", "an IAM role", USE_ROLE_OBJECT),
    "waiter_role": ("role_arn", "an IAM role", USE_ROLE_OBJECT),
    "vpc": ("vpc_id", "a VPC", "use an object such as ec2.Vpc.from_lookup(…)"),
    "vpc_subnets": ("subnet_type", "a selection of subnets", "use ec2.SubnetSelection(…)"),
    "code_signing_config": (
        "code_signing_config_arn",
        "a code signing configuration",
        "use lambda_.CodeSigningConfig(…)",
    ),
    "on_failure": ("bind", "a destination", "use a class of aws_lambda_destinations, such as SqsDestination"),
    "architecture": ("docker_platform", "an architecture", "use lambda_.Architecture.ARM_64"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderOptions:
    """The options of `AlgorithmProvider`; see there."""

    log_retention_days: int = 90
    log_level: str = "INFO"
    encryption_key: aws_kms.IKey | None = None
    permissions_boundary: aws_iam.IManagedPolicy | str | None = None
    role_path: str | None = None
    handler_role: aws_iam.IRole | None = None
    waiter_role: aws_iam.IRole | None = None
    vpc: aws_ec2.IVpc | None = None
    vpc_subnets: aws_ec2.SubnetSelection | None = None
    security_groups: Sequence[aws_ec2.ISecurityGroup] | None = None
    reserved_concurrent_executions: int | None = None
    code_signing_config: aws_lambda.ICodeSigningConfig | None = None
    on_failure: aws_lambda.IDestination | None = None
    runtime: aws_lambda.Runtime | None = None
    architecture: aws_lambda.Architecture | None = None


def checked(path: str, options: ProviderOptions) -> Arguments:
    """Return the problems of options.

    Args:
        path: Path of the provider.
        options: Values as the user wrote them, of any type.
    """
    arguments = Arguments(path)
    arguments.choice("log_retention_days", options.log_retention_days, RETENTION)
    arguments.choice("log_level", options.log_level, get_args(LogLevel))
    for name, (attribute, noun, remedy) in _OBJECTS.items():
        value: object = getattr(options, name)
        if not (name == "permissions_boundary" and isinstance(value, str)):
            arguments.having(name, value, attribute, noun, remedy)
    _check_texts(arguments, options)
    _check_security_groups(arguments, options.security_groups)
    _check_reserved(arguments, options.reserved_concurrent_executions)
    if options.vpc is None and (options.vpc_subnets is not None or options.security_groups is not None):
        arguments.fail("vpc_subnets and security_groups require vpc; set vpc, or remove them")
    if options.handler_role and options.waiter_role and (options.permissions_boundary or options.role_path):
        arguments.fail("permissions_boundary and role_path have no effect if both roles are given; remove them")
    return arguments


def _check_texts(arguments: Arguments, options: ProviderOptions) -> None:
    path = arguments.text("role_path", options.role_path)
    if path is not None and not cdk.Token.is_unresolved(path) and not _ROLE_PATH.fullmatch(path):
        arguments.reject("role_path", "a path that starts and ends with a slash", path)
    if options.runtime is not None:
        name: object = getattr(options.runtime, "name", None)
        if not isinstance(name, str) or not _RUNTIME.fullmatch(name):
            given = Phrase(name) if isinstance(name, str) else options.runtime
            arguments.reject("runtime", "Python 3.12 or newer", given, "use lambda_.Runtime.PYTHON_3_13")


def _check_security_groups(arguments: Arguments, groups: object) -> None:
    if groups is None:
        return
    if not isinstance(groups, list | tuple):
        arguments.reject("security_groups", "a list", groups, "put it in brackets")
        return
    for index, group in enumerate(groups):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        use = "use an object such as ec2.SecurityGroup.from_security_group_id(…)"
        arguments.having(f"security_groups[{index}]", group, "security_group_id", "a security group", use)  # pyright: ignore[reportUnknownArgumentType]


def _check_reserved(arguments: Arguments, given: object) -> None:
    if given is None or (isinstance(given, int) and not isinstance(given, bool) and given >= 1):
        return
    why = "with 0 Lambda never invokes the handler, and each deployment waits for an hour" if given == 0 else ""
    arguments.reject("reserved_concurrent_executions", "an integer of 1 or more", given, why)
