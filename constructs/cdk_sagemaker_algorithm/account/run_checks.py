"""Run the checks of an account and report what they found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic, sleep
from typing import Any, Final

from cdk_sagemaker_algorithm.account.check import Check, CheckResult, Failed, Item, Passed, Stage, Unknown
from cdk_sagemaker_algorithm.account.checks.stacks import IDENTITY, REGION_DISABLED
from cdk_sagemaker_algorithm.account.credentials import is_opt_in
from cdk_sagemaker_algorithm.account.pool import Pool
from cdk_sagemaker_algorithm.account.read_operations import AwsEnvironment
from cdk_sagemaker_algorithm.account.reader import ClientFactory, Download, Reader
from cdk_sagemaker_algorithm.account.responses import (
    CredentialsError,
    DeniedError,
    InvalidValueError,
    NoResponseError,
    ReadError,
    TooLateError,
)
from cdk_sagemaker_algorithm.account.table import CHECKS, NOT_KNOWABLE, descriptions
from cdk_sagemaker_algorithm.account.target import Target, targets
from cdk_sagemaker_algorithm.assembly.stack import Stack
from cdk_sagemaker_algorithm.model.arn import Arn
from cdk_sagemaker_algorithm.model.regions import partition_of
from cdk_sagemaker_algorithm.reporting import Finding, FindingReport, Level, NotChecked
from cdk_sagemaker_algorithm_provider.contract.durations import duration

THREADS: Final = 8
DEFAULT_TIME_LIMIT: Final = 20.0
KIND: Final = "preflight"
#: The report's reason for no responses if the time limit came first.
TIME_LIMIT: Final = "time limit"

#: Hours from the start of a deployment to a failure, without the training before it. Estimates, for sorting only.
_HOURS: Final = {
    Stage.DEPLOYMENT: 0.05,
    Stage.CREATION: 0.1,
    Stage.IMAGE_SCAN: 0.3,
    Stage.TRAINING: 0.5,
    Stage.AFTER_TRAINING: 0.5,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """The result of one check on one item."""

    check: Check
    item: Item
    target: Target
    result: CheckResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The caller of the checks.

    Attributes:
        environment: The account of the credentials, and the requested region.
        arn: The ARN of the caller.
        region_enabled: Whether the region accepts the credentials.
    """

    environment: AwsEnvironment
    arn: str
    region_enabled: bool = True


def caller(clients: ClientFactory, region: str) -> Caller:
    """Return the caller.

    Args:
        clients: Returns boto3 clients.
        region: The region of the deployment.

    Raises:
        CredentialsError: The credentials cannot be used.
        ReadError: AWS gave no response.
    """
    try:
        return _caller(clients, region, region)
    except CredentialsError:
        if not is_opt_in(region):
            raise
    # A region that is not enabled rejects all credentials. If another region accepts them, a check reports it.
    return replace(_caller(clients, region, "us-east-1"), region_enabled=False)


def _caller(clients: ClientFactory, region: str, asked: str) -> Caller:
    environment = AwsEnvironment(account="*", region=region, partition=partition_of(region))
    response = Reader(clients, environment).ask("sts:GetCallerIdentity", region=asked)
    arn = Arn.parse(response.required("Arn"))
    if arn is None:
        raise ReadError("the response of sts:GetCallerIdentity has no usable field Arn")
    found = replace(environment, account=response.required("Account"), partition=arn.partition)
    return Caller(environment=found, arn=str(arn))


def check_account(  # noqa: PLR0913 - each is a setting of its own
    stacks: Iterable[Stack],
    clients: ClientFactory,
    region: str,
    *,
    asked_region: str = "",
    algorithm: str = "",
    only: Sequence[str] = (),
    ignored: Sequence[str] = (),
    time_limit: float = DEFAULT_TIME_LIMIT,
    download: Download | None = None,
    wait: Callable[[float], object] = sleep,
) -> FindingReport:
    """Check whether the algorithms of stacks can be validated in an account.

    Args:
        stacks: Stacks, or requests loaded as stacks. Those that name no environment take the caller's.
        clients: Returns boto3 clients.
        region: The region of stacks that name none.
        asked_region: The region that the user chose; must be that of every stack.
        algorithm: The construct path, or its end, of the only algorithm to check. Default: all algorithms.
        only: Names of the checks to run. Default: all.
        ignored: Names of checks not to run.
        time_limit: Seconds until the report is made of what is known.
        download: Returns the bytes at a pre-signed URL. Default: by HTTPS.
        wait: Waits for a number of seconds.

    Returns:
        The findings, sorted by level and by the hours that they save.

    Raises:
        CredentialsError: The credentials cannot be used.
        TooLateError: The caller's identity was not known within the time limit.
        ReadError: The caller's identity cannot be read.
    """
    deadline = monotonic() + time_limit
    (who,) = Pool([partial(caller, clients, region)], 1).run(time_limit)
    if who is None:
        raise TooLateError(f"sts:GetCallerIdentity gave no response within {time_limit:g} seconds")
    examined: list[Examined] = []
    for each in targets(stacks, who.environment, caller=who.arn, asked_region=asked_region, algorithm=algorithm):
        here = each.environment.region == region
        target = replace(each, region_enabled=who.region_enabled or not here)
        reader = Reader(clients, target.environment, deadline=deadline, download=download, wait=wait)
        examined += examine(target, reader, selected(only, ignored), seconds=max(0.0, deadline - monotonic()))
    return report(examined, who)


def selected(only: Sequence[str], ignored: Sequence[str]) -> list[Check]:
    """Return the checks to run; those of the credentials always run.

    Args:
        only: Names of the checks to run, or the beginnings of names, such as ``quota``. Default: all.
        ignored: Names of checks not to run.
    """
    chosen: list[Check] = []
    for check in CHECKS:
        wanted = (not only or _named(check, only)) and not _named(check, ignored)
        if wanted or check in (IDENTITY, REGION_DISABLED):
            chosen.append(check)
    return chosen


def _named(check: Check, names: Sequence[str]) -> bool:
    return any(check.is_named(name) for name in names)


def examine(target: Target, reader: Reader, checks: Iterable[Check], *, seconds: float) -> list[Examined]:
    """Run checks on one target.

    Args:
        target: The algorithms and stacks to check.
        reader: Reads the target's account.
        seconds: The time limit.

    Returns:
        One result for each item of each check.

    Raises:
        CredentialsError: The credentials cannot be used.
    """
    work = [(check, item) for check in checks for item in check.items(target)]
    if barred := _barred(target, reader, work):
        return barred
    tasks = [_task(check, item, target, reader) for check, item in work]
    outcomes = Pool(tasks, THREADS).run(seconds)
    late = Unknown(reason="no response within the time limit", late=True, no_response=True)
    return [
        Examined(check=check, item=item, target=target, result=late if result is None else result)
        for (check, item), result in zip(work, outcomes, strict=True)
    ]


def _barred(target: Target, reader: Reader, work: list[tuple[Check, Item]]) -> list[Examined]:
    """Return the outcomes if the target's account and region cannot be read; empty if they can."""
    first = {
        index: check.examine(item, target, reader)
        for index, (check, item) in enumerate(work)
        if check is IDENTITY or (check is REGION_DISABLED and not target.region_enabled)
    }
    failed = [result for result in first.values() if isinstance(result, Failed)]
    if not failed:
        return []
    unknown = Unknown(reason=failed[0].message)
    return [
        Examined(check=check, item=item, target=target, result=first.get(index, unknown))
        for index, (check, item) in enumerate(work)
    ]


def _task(check: Check, item: Item, target: Target, reader: Reader) -> Callable[[], CheckResult]:
    def run() -> CheckResult:
        if item.unresolved:
            return Unknown(reason=item.unresolved)
        try:
            return check.examine(item, target, reader)
        except InvalidValueError as error:
            return Failed(message=f"{item.value} is not a value that AWS accepts: {error}", remedy="correct the value")
        except ReadError as error:
            return Unknown(
                reason=str(error),
                late=isinstance(error, TooLateError),
                no_response=isinstance(error, NoResponseError),
                denied=isinstance(error, DeniedError),
            )

    return run


def report(examined: Sequence[Examined], who: Caller) -> FindingReport:
    """Return the report of outcomes.

    Args:
        examined: The outcomes.
        who: The caller.
    """
    causes = _causes(examined)
    consequences = _consequences(examined, causes)
    findings = [
        _finding(each, each.result, consequences.get((*_about(each), each.check.rule), []))
        for each in examined
        if isinstance(each.result, Failed)
    ]
    levels = list(Level)
    findings.sort(key=lambda finding: (levels.index(finding.level), -(finding.hours or 0.0)))
    passed = [each for each in examined if isinstance(each.result, Passed)]
    return FindingReport(
        kind=KIND,
        findings=tuple(findings),
        not_checked=tuple(_not_checked(examined, causes)),
        checked=tuple(_label(each) for each in passed),
        rules=descriptions(),
        data={
            "environment": str(who.environment),
            "caller": who.arn,
            "notKnowable": list(NOT_KNOWABLE),
            "no_response": _unanswered(examined) or None,
        },
    )


def _unanswered(examined: Iterable[Examined]) -> str:
    """Return why AWS responded to no call: ``time limit``, or a reason; empty if it responded to one."""
    reasons: list[str] = []
    for each in examined:
        if each.item.unresolved or not _asks(each):
            continue
        if not isinstance(each.result, Unknown) or not each.result.no_response:
            return ""
        reasons.append(TIME_LIMIT if each.result.late else each.result.reason)
    return TIME_LIMIT if TIME_LIMIT in reasons else next(iter(reasons), "")


def _asks(each: Examined) -> bool:
    return each.check not in (IDENTITY, REGION_DISABLED) and any(each.check.calls(each.item, each.target))


def _causes(examined: Iterable[Examined]) -> dict[tuple[str, str], Check]:
    """Return the first check that found an error in a value, by environment and value."""
    causes: dict[tuple[str, str], Check] = {}
    for each in examined:
        if isinstance(each.result, Failed) and each.result.level is Level.ERROR:
            causes.setdefault(_about(each), each.check)
    return causes


def _about(each: Examined) -> tuple[str, str]:
    return str(each.target.environment), each.item.value


def _cause(each: Examined, causes: Mapping[tuple[str, str], Check]) -> Check | None:
    """Return the check whose finding made this check impossible."""
    result = each.result
    if not isinstance(result, Unknown) or result.no_response or result.denied or each.item.unresolved:
        return None
    return causes.get(_about(each))


def _not_checked(examined: Sequence[Examined], causes: Mapping[tuple[str, str], Check]) -> Iterator[NotChecked]:
    """Yield one entry for each check and reason, with all values that it concerns."""
    grouped: dict[tuple[str, str, str], list[Item]] = {}
    for each in examined:
        if isinstance(each.result, Unknown):
            check = _cause(each, causes)
            key = (each.check.rule, each.result.reason, check.rule if check else "")
            grouped.setdefault(key, []).append(each.item)
    for (rule, reason, cause), items in grouped.items():
        values = ", ".join(dict.fromkeys(item.value for item in items))
        yield NotChecked(check=rule, reason=f"{values}: {reason}", subject=items[0].subject, follows_from=cause)


def _consequences(examined: Sequence[Examined], causes: Mapping[tuple[str, str], Check]) -> dict[Any, list[str]]:
    """Return the checks that each finding made impossible, by value and rule."""
    found: dict[Any, list[str]] = {}
    for each in examined:
        if cause := _cause(each, causes):
            found.setdefault((*_about(each), cause.rule), []).append(each.check.rule)
    return found


def _label(examined: Examined) -> str:
    detail = examined.result.detail if isinstance(examined.result, Passed) else ""
    return f"{examined.check.rule}: {examined.item.value}" + (f" ({detail})" if detail else "")


def _finding(examined: Examined, failed: Failed, consequences: Sequence[str]) -> Finding:
    item = examined.item
    stage = item.stage or examined.check.stage
    hours = _HOURS[stage] + (item.training_hours if stage is Stage.AFTER_TRAINING else 0.0)
    said = [f"SageMaker: {failed.error}"] if failed.error else []
    also = [f"also named by {', '.join(item.also)}"] if item.also else []
    if stage is Stage.AFTER_TRAINING:
        also.append(f"without preflight, this is noticed after training: after up to {duration(hours * 3600)}")
    if consequences:
        also.append(f"not checked for this reason: {', '.join(dict.fromkeys(consequences))}")
    return Finding(
        rule=examined.check.rule,
        level=failed.level,
        message=failed.message,
        subject=item.subject,
        path=item.path,
        evidence=(*said, *failed.evidence, *also),
        remedy=failed.remedy,
        source=failed.source,
        hours=hours,
        details={"stage": stage.value, "environment": str(examined.target.environment)},
    )
