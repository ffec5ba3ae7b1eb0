"""Check the KMS keys that encrypt outputs and volumes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_sagemaker_algorithm.account.check import Check, CheckResult, Failed, Item, Passed, PlannedCall, Stage, Unknown
from cdk_sagemaker_algorithm.account.reader import Reader
from cdk_sagemaker_algorithm.account.responses import ReadError, RejectedError, Response
from cdk_sagemaker_algorithm.account.target import Target
from cdk_sagemaker_algorithm.account.uses import needs
from cdk_sagemaker_algorithm.model.arn import Arn

_DOCUMENT: Final = "https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html"
_USAGE: Final = "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_OutputDataConfig.html"


def _keys(target: Target) -> Iterator[Item]:
    yield from (use.item() for use in needs(target, "encrypt", "volume"))


def _arns(target: Target) -> Iterator[Item]:
    yield from (item for item in _keys(target) if item.unresolved or _region(item))


def _region(item: Item) -> str:
    """Return the region of an ARN; empty for a key ID or an alias."""
    arn = Arn.parse(item.value)
    return arn.region if arn else ""


def _metadata(item: Item, reader: Reader) -> Response:
    try:
        return reader.ask("kms:DescribeKey", KeyId=item.value).part("KeyMetadata")
    except RejectedError as error:
        if error.code == "NotFoundException":
            raise ReadError("the key does not exist") from error
        raise


def _check_state(item: Item, target: Target, reader: Reader) -> CheckResult:
    if (region := _region(item)) not in ("", target.environment.region):
        return Unknown(reason=f"the KMS key {item.value} is in {region}, not in the algorithm's region")
    try:
        metadata = reader.ask("kms:DescribeKey", KeyId=item.value).part("KeyMetadata")
    except RejectedError as error:
        if error.code != "NotFoundException":
            raise
        return Failed(
            message=f"the KMS key {item.value} does not exist in {target.environment.region}",
            remedy="aws kms list-aliases, and name a key of the algorithm's region in the definition",
            evidence=(str(error),),
            source=_DOCUMENT,
        )
    state = metadata.required("KeyState")
    if state == "Enabled":
        return Passed(detail="enabled")
    arn = metadata.text("Arn") or item.value
    remedy = f"aws kms enable-key --key-id {arn}"
    if state == "PendingDeletion":
        remedy = f"aws kms cancel-key-deletion --key-id {arn} && {remedy}"
    return Failed(message=f"the KMS key {item.value} is not enabled (state {state})", remedy=remedy, source=_DOCUMENT)


def _check_usage(item: Item, target: Target, reader: Reader) -> CheckResult:
    metadata = _metadata(item, reader)
    usage, spec = metadata.required("KeyUsage"), metadata.required("KeySpec")
    if (usage, spec) == ("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT"):
        return Passed(detail="symmetric, for encryption")
    return Failed(
        message=f"the KMS key {item.value} is of the kind {spec} for {usage}; S3 and EBS encrypt with symmetric "
        "keys only",
        remedy="name a symmetric encryption key in the definition (aws kms create-key)",
        source=_USAGE,
    )


def _check_region(item: Item, target: Target, reader: Reader) -> CheckResult:
    region = _region(item)
    if region == target.environment.region:
        return Passed(detail=region)
    return Failed(
        message=f"the KMS key {item.value} is in {region}, the algorithm in {target.environment.region}",
        remedy=f"name a key of {target.environment.region} in the definition",
        source=_USAGE,
    )


def _ask(item: Item, target: Target) -> Iterator[PlannedCall]:
    yield "kms:DescribeKey", {"KeyId": item.value}


CHECKS: Final = (
    Check(
        name="key-state",
        requirement="a KMS key must exist and be enabled",
        reason="the job cannot encrypt its volume or its output",
        stage=Stage.TRAINING,
        items=_keys,
        calls=_ask,
        examine=_check_state,
    ),
    Check(
        name="key-usage",
        requirement="a KMS key must be symmetric and for encryption",
        reason="S3 and EBS reject other keys",
        stage=Stage.TRAINING,
        items=_keys,
        calls=_ask,
        examine=_check_usage,
    ),
    Check(
        name="key-region",
        requirement="a KMS key must be in the algorithm's region",
        reason="KMS keys cannot be used from another region",
        stage=Stage.TRAINING,
        items=_arns,
        examine=_check_region,
    ),
)
