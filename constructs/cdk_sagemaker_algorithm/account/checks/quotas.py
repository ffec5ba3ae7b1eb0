"""Check the quotas for the instances of validation jobs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cdk_sagemaker_algorithm.account import quota_codes, service_errors
from cdk_sagemaker_algorithm.account.check import (
    Check,
    CheckResult,
    Failed,
    Item,
    Passed,
    PlannedCall,
    Stage,
)
from cdk_sagemaker_algorithm.account.reader import Reader
from cdk_sagemaker_algorithm.account.responses import ReadError, RejectedError, Response
from cdk_sagemaker_algorithm.account.target import Target, TargetDefinition, why_unresolved
from cdk_sagemaker_algorithm.assembly.unresolved import display
from cdk_sagemaker_algorithm.model.json_access import Tree, child, elements, text_of
from cdk_sagemaker_algorithm.reporting import Level

_SERVICE: Final = "sagemaker"
_OPEN: Final = frozenset({"PENDING", "CASE_OPENED"})
_USAGE_DOCUMENT: Final = "https://docs.aws.amazon.com/servicequotas/latest/userguide/configure-cloudwatch.html"
_PERIOD: Final = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """A quota, and the value that a validation needs.

    Attributes:
        name: The quota's name.
        needed: Instances that a job needs.
        metric: The resource in CloudWatch's usage metrics.
    """

    name: str
    needed: int
    metric: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _JobInstances:
    """Instances of a job, where the definition names them."""

    definition: TargetDefinition
    path: str
    instance_type: str
    count: str
    warm: bool = False


def _training(definition: TargetDefinition) -> Iterator[_JobInstances]:
    for path, profile in definition.profiles:
        at = f"{path}.TrainingJobDefinition.ResourceConfig"
        resources = child(profile, "TrainingJobDefinition", "ResourceConfig")
        warm = text_of(child(resources, "KeepAlivePeriodInSeconds"), "0") != "0"
        groups = elements(child(resources, "InstanceGroups"))
        if not groups:
            yield from _instances(definition, at, resources, warm=warm)
        for index, group in enumerate(groups):
            yield from _instances(definition, f"{at}.InstanceGroups[{index}]", group, warm=warm)


def _transform(definition: TargetDefinition) -> Iterator[_JobInstances]:
    for path, profile in definition.profiles:
        node = child(profile, "TransformJobDefinition", "TransformResources")
        yield from _instances(definition, f"{path}.TransformJobDefinition.TransformResources", node)


def _instances(
    definition: TargetDefinition, path: str, node: Tree | None, *, warm: bool = False
) -> Iterator[_JobInstances]:
    instance_type = text_of(child(node, "InstanceType"))
    if instance_type:
        count = text_of(child(node, "InstanceCount"), "1")
        yield _JobInstances(
            definition=definition, path=f"{path}.InstanceType", instance_type=instance_type, count=count, warm=warm
        )


def _usages(target: Target, *, transform: bool) -> Iterator[tuple[str, _JobInstances]]:
    for definition in target.definitions:
        for each in _transform(definition) if transform else _training(definition):
            yield quota_codes.TRANSFORM if transform else quota_codes.TRAINING, each
            if each.warm:
                yield quota_codes.WARM_POOL, each


def _type_items(target: Target, *, transform: bool) -> Iterator[Item]:
    found: dict[str, list[_JobInstances]] = {}
    for usage, each in _usages(target, transform=transform):
        found.setdefault(quota_codes.name_of(each.instance_type, usage), []).append(each)
    kind = "transform-job" if transform else "training-job"
    for name, uses in found.items():
        yield _item(name, uses, f"{kind}/{uses[0].instance_type}", transform=transform)


def _all_items(target: Target) -> Iterator[Item]:
    for transform, name in ((False, quota_codes.ALL_TRAINING), (True, quota_codes.ALL_TRANSFORM)):
        uses = [
            each for definition in target.definitions for each in (_transform if transform else _training)(definition)
        ]
        if uses:
            kind = "transform-job" if transform else "training-job"
            yield _item(name, uses, f"{kind}/total_instance_count", transform=transform)


def _item(name: str, uses: list[_JobInstances], metric: str, *, transform: bool) -> Item:
    """Return the item of one quota; jobs run one after the other, so the largest job counts."""
    first, *others = dict.fromkeys(use.definition.subject for use in uses)
    unresolved = next(
        (why for use in uses for why in (why_unresolved(use.instance_type), why_unresolved(use.count)) if why), ""
    )
    counts = [int(use.count) for use in uses if use.count.isdecimal()]
    return Item(
        value=display(name),
        subject=first,
        path=uses[0].path,
        also=tuple(others),
        unresolved=unresolved,
        stage=Stage.AFTER_TRAINING if transform else Stage.TRAINING,
        training_hours=max(use.definition.training_hours for use in uses),
        data=Quota(name=name, needed=max(counts, default=1), metric=metric),
    )


def _training_items(target: Target) -> Iterator[Item]:
    return _type_items(target, transform=False)


def _transform_items(target: Target) -> Iterator[Item]:
    return _type_items(target, transform=True)


def _every_item(target: Target) -> Iterator[Item]:
    yield from _training_items(target)
    yield from _transform_items(target)
    yield from _all_items(target)


def _quota(item: Item) -> Quota:
    quota: Quota = item.data
    return quota


def _applied(name: str, reader: Reader) -> Response:
    """Return the quota of the account: by the table's code if the response has the same name, otherwise by name."""
    if code := quota_codes.codes().get(name):
        try:
            found = reader.ask("service-quotas:GetServiceQuota", ServiceCode=_SERVICE, QuotaCode=code).part("Quota")
        except RejectedError as error:
            if error.code != "NoSuchResourceException":
                raise
        else:
            if found.text("QuotaName") == name:
                return found
    for page in reader.pages("service-quotas:ListServiceQuotas", "NextToken", ServiceCode=_SERVICE, MaxResults=100):
        for quota in page.parts("Quotas"):
            if quota.text("QuotaName") == name:
                return quota
    raise ReadError(f"AWS lists no quota of the name '{name}' with a value for this account")


def _check_quota(item: Item, target: Target, reader: Reader) -> CheckResult:
    quota = _quota(item)
    found = _applied(quota.name, reader)
    value = found.number("Value")
    if value >= quota.needed:
        return Passed(detail=f"{value:g}, {quota.needed} needed")
    text = service_errors.QUOTA_EXCEEDED
    job = "transform" if "transform" in quota.name else "training"
    return Failed(
        message=f"the quota '{quota.name}' is {value:g}, and the {job} job needs {quota.needed}",
        remedy=_remedy(found, quota, target, reader),
        error=text.error(quota=quota.name, limit=f"{value:g}", used=0, requested=quota.needed),
        source=text.source,
    )


def _remedy(found: Response, quota: Quota, target: Target, reader: Reader) -> str:
    code = found.required("QuotaCode")
    command = (
        f"aws service-quotas request-service-quota-increase --service-code {_SERVICE} --quota-code {code} "
        f"--desired-value {quota.needed} --region {target.environment.region}"
    )
    try:
        requested = [
            each
            for page in reader.pages(
                "service-quotas:ListRequestedServiceQuotaChangeHistoryByQuota",
                "NextToken",
                ServiceCode=_SERVICE,
                QuotaCode=code,
            )
            for each in page.parts("RequestedQuotas")
            if each.text("Status") in _OPEN
        ]
    except ReadError:
        # Without the history, an open request may be repeated; AWS rejects the second one.
        return command
    for each in requested:
        if each.number("DesiredValue") >= quota.needed:
            created = each.raw().get("Created")
            when = f" on {created:%Y-%m-%d}" if isinstance(created, datetime) else ""
            return f"wait for the open request for {each.number('DesiredValue'):g}{when} (status {each.text('Status')})"
    return command


def _check_in_use(item: Item, target: Target, reader: Reader) -> CheckResult:
    quota = _quota(item)
    found = _applied(quota.name, reader)
    value = found.number("Value")
    if value < quota.needed:
        raise ReadError("the quota is too low in any case")
    used = _in_use(quota.metric, reader)
    if used is None:
        raise ReadError("CloudWatch has no usage metric of the quota for the last day")
    if value - used >= quota.needed:
        return Passed(detail=f"{used:g} of {value:g} in use")
    job = "transform" if "transform" in quota.name else "training"
    return Failed(
        level=Level.WARNING,
        message=f"of the quota '{quota.name}' ({value:g}), {used:g} were in use in the last hour with data; the job "
        f"needs {quota.needed}",
        remedy=f"wait for the jobs that use them: aws sagemaker list-{job}-jobs --status-equals InProgress",
        source=_USAGE_DOCUMENT,
    )


def _in_use(metric: str, reader: Reader) -> float | None:
    """Return the last maximum of the day; None without data. AWS publishes it about every 20 minutes."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    dimensions = {"Service": "SageMaker", "Class": "None", "Type": "Resource", "Resource": metric}
    response = reader.ask(
        "cloudwatch:GetMetricData",
        MetricDataQueries=[
            {
                "Id": "usage",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/Usage",
                        "MetricName": "ResourceCount",
                        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
                    },
                    "Period": _PERIOD,
                    "Stat": "Maximum",
                },
            }
        ],
        StartTime=now - timedelta(days=1),
        EndTime=now,
        ScanBy="TimestampDescending",
    )
    for result in response.parts("MetricDataResults"):
        values = result.values("Values")
        if values and isinstance(values[0], int | float):
            return float(values[0])
    return None


def _ask_quota(item: Item, target: Target) -> Iterator[PlannedCall]:
    yield "service-quotas:GetServiceQuota", {}
    yield "service-quotas:ListServiceQuotas", {}
    yield "service-quotas:ListRequestedServiceQuotaChangeHistoryByQuota", {}


def _ask_usage(item: Item, target: Target) -> Iterator[PlannedCall]:
    yield "service-quotas:GetServiceQuota", {}
    yield "service-quotas:ListServiceQuotas", {}
    yield "cloudwatch:GetMetricData", {}


CHECKS: Final = (
    Check(
        name="quota-transform",
        requirement="the quota of the transform job's instances must be high enough",
        reason="the validation fails after training",
        stage=Stage.AFTER_TRAINING,
        items=_transform_items,
        calls=_ask_quota,
        examine=_check_quota,
    ),
    Check(
        name="quota-training",
        requirement="the quota of the training job's instances must be high enough",
        reason="the training job is rejected",
        stage=Stage.TRAINING,
        items=_training_items,
        calls=_ask_quota,
        examine=_check_quota,
    ),
    Check(
        name="quota-all",
        requirement="the quota of all training or transform jobs together must be high enough",
        reason="the job is rejected",
        stage=Stage.TRAINING,
        items=_all_items,
        calls=_ask_quota,
        examine=_check_quota,
    ),
    Check(
        name="quota-in-use",
        requirement="other jobs should leave enough of a quota free",
        reason="the job is rejected while they run",
        stage=Stage.TRAINING,
        level=Level.WARNING,
        items=_every_item,
        calls=_ask_usage,
        examine=_check_in_use,
    ),
)
