"""Acknowledging rules, and findings in the CDK's hands."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cdk_sagemaker_algorithm.cdk.rule_findings import error_messages, warning_messages
from cdk_sagemaker_algorithm.rules import ID_PREFIX, RULES, AcknowledgementError, RuleLevel, acknowledgeable, check
from cdk_sagemaker_algorithm.rules import examples as ex

DUPLICATE = ex.completed(ex.channels(ex.channel(), ex.channel()))
UNRANGED = ex.completed(ex.hyper_parameters({"Name": "m", "Type": "Integer"}))


@pytest.mark.parametrize("rule_id", ["channel-duplicate", ID_PREFIX + "channel-duplicate"])
def test_an_acknowledged_rule_is_passed_over(rule_id: str) -> None:
    assert [each.rule for each in check(DUPLICATE, name_required=True)] == [ID_PREFIX + "channel-duplicate"]
    assert check(DUPLICATE, name_required=True, acknowledged={rule_id: "the service lets it through"}) == []


def test_only_that_rule_is_passed_over() -> None:
    reason = {"hyper-parameter-range-missing": "any number will do"}
    assert check(UNRANGED, name_required=True, acknowledged=reason) == []
    assert len(check(DUPLICATE, name_required=True, acknowledged=reason)) == 1


def test_a_downgraded_error_is_a_warning_with_the_reason() -> None:
    (found,) = check(DUPLICATE, name_required=True, downgraded={"channel-duplicate": "we asked support"})
    assert found.level is RuleLevel.WARNING
    assert found.message.endswith("acknowledged: we asked support")


def test_downgrading_a_warning_changes_nothing() -> None:
    plain = check(UNRANGED, name_required=True)
    assert check(UNRANGED, name_required=True, downgraded={"hyper-parameter-range-missing": "so"}) == plain


@pytest.mark.parametrize("option", ["acknowledged", "downgraded"])
@pytest.mark.parametrize("rule", [rule for rule in RULES.values() if rule.certain], ids=lambda rule: rule.name)
def test_what_the_service_certainly_refuses_cannot_be_acknowledged(rule: object, option: str) -> None:
    name = getattr(rule, "name", "")
    with pytest.raises(AcknowledgementError, match="SageMaker always rejects it"):
        check(DUPLICATE, **{option: {name: "please"}})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_acknowledging_needs_a_rule_and_a_reason() -> None:
    with pytest.raises(AcknowledgementError, match="did you mean 'channel-duplicate'"):
        check(DUPLICATE, acknowledged={"channel-duplicates": "x"})
    with pytest.raises(AcknowledgementError, match=r"docs/rules\.md"):
        acknowledgeable("zzz", "x")
    with pytest.raises(AcknowledgementError, match="requires a reason"):
        check(DUPLICATE, acknowledged={"channel-duplicate": " "})


def test_errors_and_warnings_go_separate_ways() -> None:
    request = DUPLICATE | {"AlgorithmName": "trees"}
    found = check(request)
    expected = (
        "training_specification.training_channels[1].name"
        ' (TrainingSpecification.TrainingChannels[1].Name): "train" is also the name of channel 0'
    )
    assert [(each.rule, text) for each, text in error_messages(found)] == [
        ("cdk-sagemaker-algorithm:channel-duplicate", expected)
    ]
    (warned,) = warning_messages(found)
    assert warned.id == "cdk-sagemaker-algorithm:algorithm-name-given"
    assert warned.message.startswith('algorithm_name (AlgorithmName): "trees" is an exact name')
    assert warned.id not in warned.message


def test_reading_a_definition_imports_neither_the_cdk_nor_boto() -> None:
    code = (
        "import sys; from cdk_sagemaker_algorithm.rules import check; check({});"
        "print(sorted({'aws_cdk', 'jsii', 'botocore', 'boto3', 'typer', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
