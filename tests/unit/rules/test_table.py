"""Every rule: an example that fails by it alone, at the expected place, and a twin that passes."""

from __future__ import annotations

import re

import pytest

from cdk_sagemaker_algorithm.rules import ID_PREFIX, RULES, Level, Rule, check
from cdk_sagemaker_algorithm.rules.examples import completed

JOB = "ValidationSpecification.ValidationProfiles[0].TrainingJobDefinition"
TRANSFORM = "ValidationSpecification.ValidationProfiles[0].TransformJobDefinition"
PARAMETER = "TrainingSpecification.SupportedHyperParameters[0]"

EXPECTED = {
    "required-member": "TrainingSpecification.TrainingChannels[0].SupportedInputModes",
    "unknown-member": "TrainingSpecification.SupportDistributedTraining",
    "wrong-type": "TrainingSpecification.SupportedTrainingInstanceTypes",
    "null-value": "TrainingSpecification.SupportedTrainingInstanceTypes[1]",
    "string-length": "AlgorithmName",
    "string-pattern": "AlgorithmName",
    "number-range": f"{JOB}.StoppingCondition.MaxRuntimeInSeconds",
    "item-count": "TrainingSpecification.TrainingChannels",
    "enum-value": "TrainingSpecification.SupportedTuningJobObjectiveMetrics[0].Type",
    "instance-type-form": "TrainingSpecification.SupportedTrainingInstanceTypes[1]",
    "instance-type-unknown": "TrainingSpecification.SupportedTrainingInstanceTypes[1]",
    "hyper-parameter-duplicate": "TrainingSpecification.SupportedHyperParameters[1].Name",
    "hyper-parameter-range-kind": f"{PARAMETER}.Range",
    "hyper-parameter-free-text-range": f"{PARAMETER}.Range",
    "hyper-parameter-range-bound": f"{PARAMETER}.Range.IntegerParameterRangeSpecification.MinValue",
    "hyper-parameter-range-finite": f"{PARAMETER}.Range.ContinuousParameterRangeSpecification.MaxValue",
    "hyper-parameter-range-order": f"{PARAMETER}.Range.IntegerParameterRangeSpecification.MinValue",
    "hyper-parameter-default-range": f"{PARAMETER}.DefaultValue",
    "hyper-parameter-default-category": f"{PARAMETER}.DefaultValue",
    "hyper-parameter-default-form": f"{PARAMETER}.DefaultValue",
    "hyper-parameter-tunable-range": f"{PARAMETER}.Range",
    "hyper-parameter-range-missing": f"{PARAMETER}.Range",
    "metric-duplicate": "TrainingSpecification.MetricDefinitions[1].Name",
    "metric-regex": "TrainingSpecification.MetricDefinitions[0].Regex",
    "metric-regex-group": "TrainingSpecification.MetricDefinitions[0].Regex",
    "objective-metric-undeclared": "TrainingSpecification.SupportedTuningJobObjectiveMetrics[0].MetricName",
    "objective-metric-without-definitions": ("TrainingSpecification.SupportedTuningJobObjectiveMetrics[0].MetricName"),
    "channel-duplicate": "TrainingSpecification.TrainingChannels[1].Name",
    "channel-fast-file": "TrainingSpecification.TrainingChannels[0].SupportedInputModes[1]",
    "profile-instance-type": f"{JOB}.ResourceConfig.InstanceType",
    "profile-instance-missing": f"{JOB}.ResourceConfig.InstanceType",
    "profile-distributed": f"{JOB}.ResourceConfig.InstanceCount",
    "profile-channel": f"{JOB}.InputDataConfig[1].ChannelName",
    "profile-channel-duplicate": f"{JOB}.InputDataConfig[1].ChannelName",
    "profile-channel-missing": f"{JOB}.InputDataConfig",
    "profile-input-mode": f"{JOB}.TrainingInputMode",
    "profile-compression": f"{JOB}.InputDataConfig[0].CompressionType",
    "profile-content-type": f"{JOB}.InputDataConfig[0].ContentType",
    "profile-hyper-parameter": f'{JOB}.HyperParameters["max_dept"]',
    "profile-hyper-parameter-reserved": f'{JOB}.HyperParameters["sagemaker_program"]',
    "profile-hyper-parameter-missing": f"{JOB}.HyperParameters",
    "profile-hyper-parameter-value": f'{JOB}.HyperParameters["max_depth"]',
    "profile-max-wait": f"{JOB}.StoppingCondition.MaxWaitTimeInSeconds",
    "profile-max-pending": f"{JOB}.StoppingCondition.MaxPendingTimeInSeconds",
    "transform-instance-type": f"{TRANSFORM}.TransformResources.InstanceType",
    "transform-content-type": f"{TRANSFORM}.TransformInput.ContentType",
    "transform-accept": f"{TRANSFORM}.TransformOutput.Accept",
    "transform-without-inference": "InferenceSpecification",
    "certify-without-profile": "ValidationSpecification",
    "certify-without-inference": "InferenceSpecification",
    "certify-without-transform": TRANSFORM,
    "certify-data-visible": "ValidationSpecification.ValidationProfiles",
    "image-repository": "TrainingSpecification.TrainingImage",
    "additional-s3-data-source-form": "TrainingSpecification.AdditionalS3DataSource.S3DataType",
    "additional-s3-data-source-container": "InferenceSpecification.Containers[1].AdditionalS3DataSource",
    "tag-duplicate": "Tags[1].Key",
    "tag-reserved": "Tags[0].Key",
    "tag-count": "Tags",
    "algorithm-name-given": "AlgorithmName",
    "request-size": "(the request)",
}

OF_DEFINITIONS = [rule for rule in RULES.values() if isinstance(rule.fails, dict)]


def _named(rule: Rule) -> str:
    return rule.name


def test_every_rule_of_definitions_is_tested_here() -> None:
    assert {rule.name for rule in OF_DEFINITIONS} == set(EXPECTED)


@pytest.mark.parametrize("rule", OF_DEFINITIONS, ids=_named)
def test_example_fails_by_this_rule_alone_at_the_expected_place(rule: Rule) -> None:
    assert isinstance(rule.fails, dict)
    found = check(completed(rule.fails), name_required=not rule.constructs_only)
    if rule.level is Level.ERROR:
        found = [each for each in found if each.level is Level.ERROR]
    assert [(each.rule, each.level, each.api_path) for each in found] == [
        (ID_PREFIX + rule.name, rule.level, EXPECTED[rule.name])
    ]


@pytest.mark.parametrize("rule", OF_DEFINITIONS, ids=_named)
def test_mended_twin_passes(rule: Rule) -> None:
    assert isinstance(rule.mended, dict)
    request = completed(rule.mended)
    if rule.constructs_only and not rule.mended:
        del request["AlgorithmName"]
    found = check(request, name_required=not rule.constructs_only)
    assert rule.id not in {each.rule for each in found}
    assert not [each for each in found if each.level is Level.ERROR]


@pytest.mark.parametrize("rule", RULES.values(), ids=_named)
def test_names_and_sentences_keep_one_style(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    for sentence in filter(None, (rule.sentence, rule.why)):
        assert not sentence.endswith(".")
        assert sentence[0].islower() or sentence[0].isdigit() or re.match(r"[A-Z]{2}|SageMaker", sentence)


@pytest.mark.parametrize("rule", OF_DEFINITIONS, ids=_named)
def test_findings_read_as_errors_for_people(rule: Rule) -> None:
    assert isinstance(rule.fails, dict)
    found = check(completed(rule.fails), name_required=not rule.constructs_only)
    for each in found:
        text = str(each)
        assert text.startswith(f"{each.python_path}: ")
        assert "\n" not in text
        assert not text.endswith(".")
        assert len(text) < 600


def test_only_errors_can_be_certain() -> None:
    assert all(rule.level is Level.ERROR for rule in RULES.values() if rule.certain)
