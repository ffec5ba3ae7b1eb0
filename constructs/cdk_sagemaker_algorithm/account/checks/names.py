"""Check exact algorithm names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_sagemaker_algorithm.account.check import Check, CheckResult, Failed, Item, Passed, PlannedCall, Stage
from cdk_sagemaker_algorithm.account.reader import Reader
from cdk_sagemaker_algorithm.account.responses import RejectedError
from cdk_sagemaker_algorithm.account.target import Target, TargetDefinition, why_unresolved
from cdk_sagemaker_algorithm.assembly.unresolved import display
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import ADOPTER_TAG, RESOURCE_TAG, STACK_TAG, stack_name

_DOCUMENT: Final = "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateAlgorithm.html"


def _named(target: Target) -> Iterator[Item]:
    for definition in target.definitions:
        if definition.name:
            yield Item(
                value=display(definition.name),
                subject=definition.subject,
                path="AlgorithmName",
                unresolved=why_unresolved(definition.name),
                data=definition,
            )


def _check_name(item: Item, target: Target, reader: Reader) -> CheckResult:
    definition: TargetDefinition = item.data
    try:
        response = reader.ask("sagemaker:DescribeAlgorithm", AlgorithmName=item.value)
    except RejectedError as error:
        if error.is_missing:
            return Passed(detail="free")
        raise
    arn = response.required("AlgorithmArn")
    tags = {
        each.required("Key"): each.text("Value")
        for page in reader.pages("sagemaker:ListTags", "NextToken", ResourceArn=arn)
        for each in page.parts("Tags")
    }
    owner = tags.get(STACK_TAG, "")
    stack = definition.stack.name if definition.stack else None
    if stack and stack_name(owner) == stack and tags.get(RESOURCE_TAG) == definition.logical_id:
        return Passed(detail="belongs to this construct")
    if stack and tags.get(ADOPTER_TAG) == f"{stack}/{definition.logical_id}" and not owner:
        return Passed(detail="marked for this construct, which adopts it")
    whose = f"stack {stack_name(owner)}" if owner else "no stack of this library"
    return Failed(
        message=f"an algorithm with the name {item.value} exists already and belongs to {whose}",
        remedy=f"choose another name, or omit it; or let this construct adopt the algorithm: cdk-sagemaker-algorithm "
        f"adopt {item.value}",
        evidence=(f"{arn}: {response.text('AlgorithmStatus')}",),
        source=_DOCUMENT,
    )


def _ask(item: Item, target: Target) -> Iterator[PlannedCall]:
    yield "sagemaker:DescribeAlgorithm", {"AlgorithmName": item.value}
    yield "sagemaker:ListTags", {"ResourceArn": target.environment.arn("sagemaker", f"algorithm/{item.value.lower()}")}


CHECKS: Final = (
    Check(
        name="name-taken",
        requirement="an exact algorithm name must be free, or belong to this construct",
        reason="SageMaker rejects a second algorithm with the same name",
        stage=Stage.CREATION,
        items=_named,
        calls=_ask,
        examine=_check_name,
    ),
)
