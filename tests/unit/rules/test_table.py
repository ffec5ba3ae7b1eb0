"""Every rule: an example that fails by it alone, at the expected place, and a twin that passes."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from cdk_sagemaker_algorithm.rules import ID_PREFIX, RULES, NoValue, Rule, RuleFinding, RuleLevel, check
from cdk_sagemaker_algorithm.rules import examples as ex
from cdk_sagemaker_algorithm.rules.deployment import Deployment
from cdk_sagemaker_algorithm.rules.examples import Fragment, completed

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
    "hyper-parameter-default-integer": f"{PARAMETER}.DefaultValue",
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
    "profile-instance-count": f"{JOB}.ResourceConfig.InstanceCount",
    "profile-volume-key-alias": f"{JOB}.ResourceConfig.VolumeKmsKeyId",
    "profile-record-wrapper-mode": f"{JOB}.InputDataConfig[0].RecordWrapperType",
    "profile-data-source": f"{JOB}.InputDataConfig[0].DataSource",
    "profile-attribute-names": f"{JOB}.InputDataConfig[0].DataSource.S3DataSource.AttributeNames",
    "objective-metric-not-tunable": "TrainingSpecification.SupportedTuningJobObjectiveMetrics",
    "transform-model-data-source": "InferenceSpecification.Containers[0].ModelDataSource",
    "s3-bucket-name": f"{JOB}.OutputDataConfig.S3OutputPath",
    "model-data-prefix": "InferenceSpecification.Containers[0].ModelDataSource.S3DataSource.S3Uri",
    "arn-region": f"{JOB}.ResourceConfig.VolumeKmsKeyId",
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
    "profile-file-system": f"{JOB}.InputDataConfig[0].DataSource.FileSystemDataSource",
    "profile-augmented-manifest": f"{JOB}.InputDataConfig[0].DataSource.S3DataSource.S3DataType",
    "profile-compression-mode": f"{JOB}.InputDataConfig[0].CompressionType",
    "profile-instance-preferences": f"{JOB}.ResourceConfig.InstancePreferences",
    "profile-instance-group": f"{JOB}.InputDataConfig[0].DataSource.S3DataSource.InstanceGroupNames[0]",
    "profile-volume-size": f"{JOB}.ResourceConfig.VolumeSizeInGB",
    "profile-volume-key": f"{JOB}.ResourceConfig.VolumeKmsKeyId",
    "profile-output-key": f"{JOB}.OutputDataConfig.KmsKeyId",
    "profile-max-runtime": f"{JOB}.StoppingCondition.MaxRuntimeInSeconds",
    "profile-validation-timeout": f"{JOB}.StoppingCondition.MaxRuntimeInSeconds",
    "validation-role-account": "ValidationSpecification.ValidationRole",
    "transform-payload": f"{TRANSFORM}.MaxPayloadInMB",
    "transform-instance-count": f"{TRANSFORM}.TransformResources.InstanceCount",
    "transform-volume-key": f"{TRANSFORM}.TransformResources.VolumeKmsKeyId",
    "transform-augmented-manifest": f"{TRANSFORM}.TransformInput.DataSource.S3DataSource.S3DataType",
    "transform-batch-strategy": f"{TRANSFORM}.BatchStrategy",
    "image-not-in-ecr": "TrainingSpecification.TrainingImage",
    "image-region": "TrainingSpecification.TrainingImage",
    "image-account": "TrainingSpecification.TrainingImage",
    "image-digest": "TrainingSpecification.TrainingImageDigest",
    "model-data-archive": "InferenceSpecification.Containers[0].ModelDataUrl",
    "container-environment-count": "InferenceSpecification.Containers[0].Environment",
    "inference-instance-types": "InferenceSpecification.SupportedRealtimeInferenceInstanceTypes",
    "certify-image-account": "TrainingSpecification.TrainingImage",
    "certify-region": "CertifyForMarketplace",
    "certify-max-wait": f"{JOB}.StoppingCondition.MaxWaitTimeInSeconds",
    "certify-model-data-source": "InferenceSpecification.Containers[0].ModelDataSource",
    "certify-deletes": "CertifyForMarketplace",
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


def findings(rule: Rule, part: Fragment, deployment: Deployment) -> list[RuleFinding]:
    request = completed(part)
    if rule.constructs_only and "AlgorithmName" not in part:
        del request["AlgorithmName"]
    return check(request, name_required=not rule.constructs_only, deployment=deployment)


@pytest.mark.parametrize("rule", OF_DEFINITIONS, ids=_named)
def test_example_fails_by_this_rule_alone_at_the_expected_path(rule: Rule) -> None:
    assert isinstance(rule.fails, dict)
    assert isinstance(rule.passes, dict)
    passed = {(each.rule, each.path) for each in findings(rule, rule.passes, rule.passes_in)}
    found = findings(rule, rule.fails, rule.fails_in)
    if rule.level is RuleLevel.ERROR:
        found = [each for each in found if each.level is RuleLevel.ERROR]
    else:
        found = [each for each in found if (each.rule, each.path) not in passed]
    assert [(each.rule, each.level, each.api_path) for each in found] == [
        (ID_PREFIX + rule.name, rule.level, EXPECTED[rule.name])
    ]


@pytest.mark.parametrize("rule", OF_DEFINITIONS, ids=_named)
def test_corrected_example_passes(rule: Rule) -> None:
    assert isinstance(rule.passes, dict)
    found = findings(rule, rule.passes, rule.passes_in)
    assert rule.id not in {each.rule for each in found}
    assert not [each for each in found if each.level is RuleLevel.ERROR]


@pytest.mark.parametrize("rule", OF_DEFINITIONS, ids=_named)
def test_a_rule_skips_tokens(rule: Rule) -> None:
    """No rule takes a token for the value that broke it."""
    assert isinstance(rule.fails, dict)
    request = completed(rule.fails)
    if rule.constructs_only and "AlgorithmName" not in rule.fails:
        del request["AlgorithmName"]
    for each in findings(rule, rule.fails, rule.fails_in):
        if each.rule != rule.id or isinstance(each.value, NoValue) or each.value == (each.path and each.path[-1]):
            continue
        masked = copy.deepcopy(request)
        node: Any = masked
        for step in each.path[:-1]:
            node = node[step]
        node[each.path[-1]] = "${Token[TOKEN.7]}"
        found = check(masked, name_required=not rule.constructs_only, deployment=rule.fails_in)
        assert (rule.id, each.path) not in [(other.rule, other.path) for other in found]


def test_what_the_service_documents_has_a_source() -> None:
    assert all(rule.source.startswith("https://docs.aws.amazon.com/") for rule in RULES.values() if rule.source)
    assert len([rule for rule in RULES.values() if rule.source]) > 25


@pytest.mark.parametrize("rule", RULES.values(), ids=_named)
def test_names_and_sentences_keep_one_style(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    for sentence in filter(None, (rule.sentence, rule.why)):
        assert not sentence.endswith(".")
        assert (
            sentence[0].islower()
            or sentence[0].isdigit()
            or re.match(r"[A-Z]{2}|[A-Z][a-z]+[A-Z]|Marketplace", sentence)
        )


@pytest.mark.parametrize("rule", OF_DEFINITIONS, ids=_named)
def test_findings_read_as_errors_for_people(rule: Rule) -> None:
    assert isinstance(rule.fails, dict)
    for each in findings(rule, rule.fails, rule.fails_in):
        text = str(each)
        assert text.startswith(f"{each.python_path}: ")
        assert "\n" not in text
        assert not text.endswith(".")
        assert len(text) < 600


def test_only_errors_can_be_certain() -> None:
    assert all(rule.level is RuleLevel.ERROR for rule in RULES.values() if rule.certain)


def test_certain_rules_follow_from_the_definition_or_from_known_accounts() -> None:
    assert {rule.name for rule in RULES.values() if rule.certain} == {
        "json-syntax",
        "wrong-type",
        "null-value",
        "image-digest",
        "validation-role-account",
    }


def test_a_complete_and_right_definition_has_no_finding() -> None:
    request = completed(
        ex.inference()
        | ex.profile(TransformJobDefinition=ex.transform_job())
        | ex.hyper_parameters(ex.integer(DefaultValue="6", IsRequired=True, IsTunable=True))
    )
    deployment = Deployment(account=ex.ACCOUNT, region="us-east-1", validation_timeout=14_400, deletes=True)
    del request["AlgorithmName"]
    assert check(request, deployment=deployment) == []
