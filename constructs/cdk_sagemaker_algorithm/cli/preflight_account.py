"""Implement the account checks of ``preflight``: options, clients and notes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cdk_sagemaker_algorithm.account.check import PREFIX
from cdk_sagemaker_algorithm.account.read_operations import AwsEnvironment
from cdk_sagemaker_algorithm.account.responses import CredentialsError, ReadError, TooLateError
from cdk_sagemaker_algorithm.account.run_checks import DEFAULT_TIME_LIMIT, KIND, check_account, selected
from cdk_sagemaker_algorithm.account.run_checks import TIME_LIMIT as ACCOUNT_TIME_LIMIT
from cdk_sagemaker_algorithm.account.table import CHECKS, unknown_rules
from cdk_sagemaker_algorithm.assembly.load import load
from cdk_sagemaker_algorithm.cli import completion
from cdk_sagemaker_algorithm.cli.errors import CliError
from cdk_sagemaker_algorithm.cli.exit_statuses import TIME_LIMIT, USAGE
from cdk_sagemaker_algorithm.cli.option_values import positive
from cdk_sagemaker_algorithm.model.display_text import counted, printable
from cdk_sagemaker_algorithm.reporting import FindingReport, NotChecked
from cdk_sagemaker_algorithm.rules.rule_finding import nearest

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.account.reader import ClientFactory
    from cdk_sagemaker_algorithm.assembly.stack import Stack
    from cdk_sagemaker_algorithm.cli.shared_options import Options

_PANEL = "The account"
_LONGER = "set a longer --time-limit"

OnlyAccount = Annotated[
    bool, typer.Option("--account", help="Check the AWS account only; run no container.", rich_help_panel=_PANEL)
]
OnlyContainers = Annotated[
    bool,
    typer.Option("--containers", help="Run containers only; do not check the AWS account.", rich_help_panel=_PANEL),
]
OnlyChecks = Annotated[
    list[str],
    typer.Option(
        "--only",
        metavar="CHECK",
        help="Run this check of the account only, or this group, such as quota.",
        rich_help_panel=_PANEL,
        autocompletion=completion.preflight_rule_names,
    ),
]
TimeLimit = Annotated[
    float,
    typer.Option(
        "--time-limit",
        metavar="SECONDS",
        help="Time limit of the account checks; later checks are reported as not checked.",
        rich_help_panel=_PANEL,
    ),
]
PrintPolicy = Annotated[
    bool,
    typer.Option(
        "--policy",
        help="Print the IAM policy that the account checks need, without calling AWS.",
        rich_help_panel=_PANEL,
    ),
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Also list the account checks that passed.", rich_help_panel=_PANEL)
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOptions:
    """Options of the account checks.

    Attributes:
        source: Assembly, template or request.
        stack: Label or name of the only stack; None for all.
        algorithm: Construct path, or its end, of the only algorithm; None for all.
        only: The checks to run; all if empty.
        ignored: Checks not to run.
        time_limit: Seconds.
    """

    source: Path
    stack: str | None = None
    algorithm: str | None = None
    only: Sequence[str] = ()
    ignored: Sequence[str] = ()
    time_limit: float = DEFAULT_TIME_LIMIT

    def stacks(self) -> list[Stack]:
        """Load the stacks to check.

        Raises:
            CliError: An option names a stack, algorithm or check that does not exist.
            InputError: The source cannot be read.
        """
        if unknown := unknown_rules((*self.only, *self.ignored)):
            names = dict.fromkeys(part for check in CHECKS for part in (check.name.partition("-")[0], check.name))
            close = nearest(unknown[0].removeprefix(PREFIX), names)
            hint = f"did you mean {close}? " if close else ""
            raise CliError(
                f"{unknown[0]} is not a check of the account; {hint}allowed: {', '.join(names)}", exit_status=USAGE
            )
        positive("--time-limit", self.time_limit)
        found = [each for each in load(self.source) if self.stack in (None, each.label, each.name)]
        if not found:
            raise CliError(f"{self.source}: no stack {self.stack or ''}".rstrip(), exit_status=USAGE)
        return found


def account_report(options: AccountOptions, shared: Options) -> FindingReport:
    """Check the account.

    Args:
        options: Options of the checks.
        shared: The options of every command.

    Raises:
        CliError: The credentials cannot be used, no region is known, or the time limit ended before any check.
        InputError: The source cannot be read.
    """
    stacks = options.stacks()
    clients, region = _clients(shared)
    region = region or next((stack.region for stack in stacks if stack.region), None)
    if region is None:
        raise CliError("no AWS region is known; choose one with --region or AWS_REGION", exit_status=USAGE)
    try:
        return check_account(
            stacks,
            clients,
            region,
            asked_region=shared.region or "",
            algorithm=options.algorithm or "",
            only=options.only,
            ignored=options.ignored,
            time_limit=options.time_limit,
        )
    except TooLateError as error:
        raise CliError(f"{error}; {_LONGER}", exit_status=TIME_LIMIT) from error
    except (CredentialsError, ReadError) as error:
        raise CliError(str(error)) from error


def stop_if_unanswered(report: FindingReport, seconds: float) -> None:
    """Exit with the status of a failure or of the time limit, if AWS did not respond to any call.

    Args:
        report: The account's report.
        seconds: The time limit.

    Raises:
        CliError: AWS did not respond to any call.
    """
    reason = report.data.get("no_response")
    if reason == ACCOUNT_TIME_LIMIT:
        raise CliError(f"AWS did not respond within {seconds:g} seconds; {_LONGER}", exit_status=TIME_LIMIT)
    if reason:
        raise CliError(f"AWS did not respond: {reason}; check the network and --endpoint-url, or try again later")


def account_report_if_possible(options: AccountOptions, shared: Options) -> FindingReport:
    """Check the account; without usable credentials or a region, report it as not checked.

    Args:
        options: Options of the checks.
        shared: The options of every command.

    Raises:
        CliError: An option names a stack, algorithm or check that does not exist.
        InputError: The source cannot be read.
    """
    options.stacks()
    try:
        return account_report(options, shared)
    except CliError as error:
        return FindingReport(kind=KIND, not_checked=(NotChecked(check="account", reason=str(error)),))


def account_policy(options: AccountOptions, shared: Options) -> str:
    """Return the IAM policy that the checks need, as JSON, without calling AWS.

    Args:
        options: Options of the checks.
        shared: The options of every command.

    Raises:
        InputError: The source cannot be read.
    """
    from cdk_sagemaker_algorithm.account.policy import policy  # noqa: PLC0415 - start-up time
    from cdk_sagemaker_algorithm.model.regions import partition_of  # noqa: PLC0415 - start-up time

    region = shared.region or "*"
    environment = AwsEnvironment(account="*", region=region, partition=partition_of(region))
    checks = selected(options.only, options.ignored)
    document = policy(options.stacks(), environment, checks=checks, algorithm=options.algorithm or "")
    return json.dumps(document, indent=2)


def account_notes(report: FindingReport, *, verbose: bool) -> list[str]:
    """Return the notes below the findings: passed checks, and the limits of all checks.

    Args:
        report: The account's report.
        verbose: Whether to list passed checks.
    """
    if "caller" not in report.data:
        return []
    lines = [f"right: {printable(each)}" for each in report.checked] if verbose else []
    lines.append(
        f"asked {report.data['environment']} as {printable(str(report.data['caller']))}: "
        f"{counted(len(report.checked), 'check')} passed, {counted(len(report.findings), 'finding')}, "
        f"{len(report.own_not_checked)} not checked"
    )
    lines.append(f"not knowable from here: {'; '.join(report.data['notKnowable'])}")
    return lines


def joined(account: FindingReport, containers: FindingReport) -> FindingReport:
    """Return both reports as one, the account first.

    Args:
        account: The account's report.
        containers: The containers' report.
    """
    return FindingReport(
        kind=KIND,
        findings=(*account.findings, *containers.findings),
        not_checked=(*account.not_checked, *containers.not_checked),
        checked=(*account.checked, *containers.checked),
        rules=(*account.rules, *containers.rules),
        data={**containers.data, "account": account.data},
    )


def _clients(shared: Options) -> tuple[ClientFactory, str | None]:
    """Return a factory of read-only boto3 clients, and the region of the user's configuration."""
    from botocore.config import Config  # noqa: PLC0415 - start-up time

    from cdk_sagemaker_algorithm.account.reader import CLIENT_SETTINGS, guard  # noqa: PLC0415 - start-up time
    from cdk_sagemaker_algorithm.cli.clients import session  # noqa: PLC0415 - start-up time

    # As Any: boto3's stubs type `client` by some four hundred overloads, most of them unknown here.
    aws: Any = session(shared)
    made: dict[tuple[str, str], Any] = {}

    def client(service: str, region: str) -> Any:
        if (service, region) not in made:
            config = Config(**CLIENT_SETTINGS)
            made[service, region] = guard(
                aws.client(service, region_name=region, endpoint_url=shared.endpoint_url, config=config)
            )
        return made[service, region]

    return client, aws.region_name
