"""Real definitions that rules must accept, and similar definitions with mistakes."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_algorithm.rules import ID_PREFIX, RuleFinding, RuleLevel, check
from cdk_sagemaker_algorithm.rules import examples as ex
from tests.support.request_files import INVALID, VALID
from tests.support.rich_request import ACKNOWLEDGED, rich_request


def levels(part: dict[str, Any]) -> dict[str, RuleLevel]:
    return {each.rule.removeprefix(ID_PREFIX): each.level for each in check(ex.completed(part), name_required=True)}


def numeric(kind: str, default: str, *, ranged: bool = True, **members: object) -> dict[str, Any]:
    bounds = ex.integer_range("1", "100") if kind == "Integer" else ex.continuous_range("1e-5", "1.0")
    specification: dict[str, Any] = {"Name": "x", "Type": kind, "DefaultValue": default} | members
    return ex.hyper_parameters(specification | ({"Range": bounds} if ranged else {}))


M5 = {"InstanceType": "ml.m5.large", "InstanceCount": 1}
PLAN = "arn:aws:sagemaker:us-east-1:123456789012:training-plan/plan"


def preferences(listed: list[dict[str, Any]], **resources: object) -> dict[str, Any]:
    whole = {"InstancePreferences": listed, "VolumeSizeInGB": 10} | resources
    return ex.profile(ex.training_job(ResourceConfig=whole))


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_valid_request_files_have_no_error(path: Path) -> None:
    found = check(json.loads(path.read_text(encoding="utf-8")), name_required=True)
    assert not [str(each) for each in found if each.level is RuleLevel.ERROR]


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_invalid_request_files_have_an_error(path: Path) -> None:
    found = check(json.loads(path.read_text(encoding="utf-8")), name_required=True)
    assert [each for each in found if each.level is RuleLevel.ERROR]


@pytest.mark.parametrize(
    "part",
    [
        numeric("Integer", "100"),
        numeric("Integer", "+5"),
        numeric("Continuous", "1E-5"),
        numeric("Continuous", ".5"),
        numeric("Continuous", "1."),
        numeric("Continuous", " 0.5 "),
        numeric("Integer", "5", IsRequired=True),
        ex.hyper_parameters({"Name": "t", "Type": "FreeText", "DefaultValue": "", "IsRequired": True}),
        ex.hyper_parameters({"Name": "t", "Type": "FreeText", "Range": {}}),
        ex.hyper_parameters({"Name": "c", "Type": "Categorical", "Range": ex.categories("", "a"), "DefaultValue": ""}),
        ex.channels(ex.channel(SupportedContentTypes=[])),
        ex.channels(ex.channel(SupportedContentTypes=[], SupportedCompressionTypes=[])) | ex.profile(),
        ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(ContentType="text/csv; charset=utf-8")])),
        ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(ContentType="")])),
        ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(CompressionType="None")])),
        ex.profile(ex.training_job(HyperParameters={})),
        ex.profile(ex.training_job(OutputDataConfig={"S3OutputPath": "s3://bucket", "KmsKeyId": ""})),
        ex.profile(ex.training_job(TrainingInputMode="Pipe", InputDataConfig=[ex.input_channel(InputMode="File")])),
        ex.profile(ex.training_job(StoppingCondition={})),
        ex.channels(ex.channel(SupportedContentTypes=["text/*"]))
        | ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(ContentType="text/csv")])),
        ex.inference(SupportedContentTypes=[], SupportedResponseMIMETypes=[])
        | ex.profile(TransformJobDefinition=ex.transform_job()),
        ex.training(MetricDefinitions=[]),
        {"CertifyForMarketplace": False},
        {"Tags": []},
        ex.training(TrainingImage="123456789012.dkr-ecr.us-east-1.on.aws/team/trees:1"),
        ex.training(TrainingImage="123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/trees"),
        ex.training(TrainingImage="123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/trees@sha256:" + "0" * 64),
        ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job(MaxConcurrentTransforms=16)),
        ex.training(SupportedTrainingInstanceTypes=["ml.g5.xlarge"])
        | ex.profile(ex.training_job(ResourceConfig={"InstanceType": "ml.g5.xlarge", "InstanceCount": 1})),
        ex.profile(
            ex.training_job(
                ResourceConfig={"InstancePreferences": [{"InstanceType": "ml.m5.large"}], "InstanceCount": 1}
                | {"VolumeSizeInGB": 5}
            )
        ),
    ],
    ids=lambda part: json.dumps(part)[-70:],
)
def test_this_is_fine(part: dict[str, Any]) -> None:
    assert levels(part) == {}


@pytest.mark.parametrize(
    ("part", "rule"),
    [
        (numeric("Integer", ""), "hyper-parameter-default-form"),
        (numeric("Integer", "5.0"), "hyper-parameter-default-form"),
        (numeric("Integer", "1e1"), "hyper-parameter-default-form"),
        (numeric("Continuous", ""), "hyper-parameter-default-form"),
        (
            ex.hyper_parameters({"Name": "c", "Type": "Categorical", "Range": ex.categories("a"), "DefaultValue": ""}),
            "hyper-parameter-default-form",
        ),
        (
            ex.hyper_parameters({"Name": "c", "Type": "Continuous", "Range": ex.continuous_range("nan", "Infinity")}),
            "hyper-parameter-range-finite",
        ),
        (ex.hyper_parameters({"Name": "m", "Type": "Integer"}), "hyper-parameter-range-missing"),
        (
            ex.profile(ex.training_job(HyperParameters={"_tuning_objective_metric": "loss"})),
            "profile-hyper-parameter-reserved",
        ),
        (ex.training(SupportedTrainingInstanceTypes=["ml.zz9.128xlarge", "ml.m5.large"]), "instance-type-unknown"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_this_is_doubtful(part: dict[str, Any], rule: str) -> None:
    assert levels(part) == {rule: RuleLevel.WARNING}


@pytest.mark.parametrize(
    ("part", "rule"),
    [
        (numeric("Integer", "101"), "hyper-parameter-default-range"),
        (
            numeric(
                "Integer",
                "101.0",
            ),
            "hyper-parameter-default-range",
        ),
        (numeric("Integer", "None"), "hyper-parameter-default-range"),
        (numeric("Continuous", "0.000009"), "hyper-parameter-default-range"),
        (numeric("Continuous", "high"), "hyper-parameter-default-range"),
        (ex.hyper_parameters(ex.integer(Range=ex.integer_range("1.0", "2"))), "hyper-parameter-range-bound"),
        (ex.hyper_parameters(ex.integer(Range=ex.integer_range("1e3", "9999"))), "hyper-parameter-range-bound"),
        (ex.hyper_parameters(ex.integer(Range=ex.integer_range("", "9"))), "hyper-parameter-range-bound"),
        (
            ex.hyper_parameters({"Name": "c", "Type": "Continuous", "Range": ex.continuous_range("a", "1")}),
            "hyper-parameter-range-bound",
        ),
        (ex.hyper_parameters(ex.integer(Range=ex.categories("1", "2"))), "hyper-parameter-range-kind"),
        (
            ex.hyper_parameters(ex.integer(Range=ex.integer_range("1", "2") | ex.categories("1"))),
            "hyper-parameter-range-kind",
        ),
        (ex.hyper_parameters({"Name": "t", "Type": "FreeText", "IsTunable": True}), "hyper-parameter-tunable-range"),
        (ex.hyper_parameters(ex.integer(Range={}, IsTunable=True)), "hyper-parameter-tunable-range"),
        (
            ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(InputMode="Pipe")])),
            "profile-input-mode",
        ),
        (ex.profile(ex.training_job(TrainingInputMode="FastFile")), "profile-input-mode"),
        (
            ex.channels(ex.channel(SupportedCompressionTypes=["Gzip"]))
            | ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(CompressionType="None")])),
            "profile-compression",
        ),
        (
            ex.profile(
                ex.training_job(
                    ResourceConfig={
                        "VolumeSizeInGB": 10,
                        "InstanceGroups": [
                            {"InstanceType": "ml.m5.large", "InstanceCount": 1, "InstanceGroupName": name}
                            for name in ("a", "b")
                        ],
                    }
                )
            ),
            "profile-distributed",
        ),
        (
            ex.profile(
                ex.training_job(
                    ResourceConfig={
                        "VolumeSizeInGB": 10,
                        "InstanceGroups": [
                            {"InstanceType": "ml.m5.24xlarge", "InstanceCount": 1, "InstanceGroupName": "a"}
                        ],
                    }
                )
            ),
            "profile-instance-type",
        ),
        (
            ex.hyper_parameters(ex.integer()) | ex.profile(ex.training_job(HyperParameters={"max_depth": "deep"})),
            "profile-hyper-parameter-value",
        ),
        (
            ex.hyper_parameters(ex.integer()) | ex.profile(ex.training_job(HyperParameters={"max_depth": "3.5"})),
            "profile-hyper-parameter-value",
        ),
        (
            ex.hyper_parameters({"Name": "c", "Type": "Categorical", "Range": ex.categories("a", "b")})
            | ex.profile(ex.training_job(HyperParameters={"c": "A"})),
            "profile-hyper-parameter-value",
        ),
        (
            ex.training(
                AdditionalS3DataSource={"S3DataType": "S3Object", "S3Uri": "s3://b/k"},
            ),
            "additional-s3-data-source-form",
        ),
        ({"Tags": [{"Key": "cdk-sagemaker-algorithm:stack", "Value": ""}]}, "tag-reserved"),
        ({"Tags": [{"Key": "AWS:x", "Value": ""}]}, "tag-reserved"),
        (numeric("Integer", "5.5"), "hyper-parameter-default-integer"),
        (ex.training(TrainingImage="public.ecr.aws/docker/library/python:3.13"), "image-not-in-ecr"),
        (ex.training(TrainingImage=f"https://{ex.IMAGE}"), "image-not-in-ecr"),
        (ex.training(TrainingImage="trees:1"), "image-not-in-ecr"),
        (ex.training(TrainingImage="123456789012.dkr.ecr.cn-north-1.amazonaws.com/trees:1"), "image-not-in-ecr"),
        (ex.inference(Containers=[{"Image": ex.IMAGE.replace("us-east-1", "eu-west-1")}]), "image-region"),
        (
            ex.inference(
                Containers=[{"Image": f"{ex.REPOSITORY}@sha256:{'0' * 64}", "ImageDigest": "sha256:" + "1" * 64}]
            ),
            "image-digest",
        ),
        (
            ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job(MaxConcurrentTransforms=17)),
            "transform-payload",
        ),
        (
            ex.inference()
            | ex.profile(TransformJobDefinition=ex.transform_job(MaxConcurrentTransforms=2, MaxPayloadInMB=51)),
            "transform-payload",
        ),
        (preferences([{"InstanceType": "ml.m5.large"}]), "profile-instance-preferences"),
        (preferences([M5, M5]), "profile-instance-preferences"),
        (preferences([M5], InstanceCount=1), "profile-instance-preferences"),
        (preferences([M5 | {"TrainingPlanArns": [PLAN]}], TrainingPlanArn=PLAN), "profile-instance-preferences"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_this_is_wrong(part: dict[str, Any], rule: str) -> None:
    assert levels(part) == {rule: RuleLevel.ERROR}


@pytest.mark.parametrize(
    ("regex", "rule"),
    [
        (r"loss=(\p{Nd}+)", None),
        (r"(?<loss>[0-9]+)", None),
        (r"\Q(\E([0-9]+)", None),
        (r"[[:digit:]]+=(.*)", None),
        (r"(?U)loss=([0-9]+)", None),
        (r"loss=(?>[0-9]+)([0-9])", None),
        (r"a++([0-9]+)", None),
        (r"[a-z&&[^b]]=([0-9])", None),
        (r"(?<=a{1,3})([0-9])", None),
        (r"loss=(?:[0-9]+)", "metric-regex-group"),
        (r"loss=\([0-9]+\)", "metric-regex-group"),
        (r"loss=([0-9]+", "metric-regex"),
        (r"loss=[0-9]+)", "metric-regex"),
        (r"loss=([0-9+)", "metric-regex"),
        (r"*loss=(.*)", "metric-regex"),
        (r"loss=([9-0])", "metric-regex"),
        ("loss=(.*)\\", "metric-regex"),
    ],
)
def test_regular_expressions_are_judged_only_where_all_dialects_agree(regex: str, rule: str | None) -> None:
    part = ex.training(MetricDefinitions=[{"Name": "loss", "Regex": regex}])
    assert levels(part) == ({} if rule is None else {rule: RuleLevel.ERROR})


def test_all_findings_of_a_definition_come_at_once() -> None:
    request = rich_request()
    training = request["TrainingSpecification"]
    training["SupportedHyperParameters"][0]["DefaultValue"] = "1000"
    training["SupportedHyperParameters"].append(copy.deepcopy(training["SupportedHyperParameters"][1]))
    training["TrainingChannels"][0]["SupportedInputModes"] = ["FastFile", 7]
    request["Tags"].append({"Key": "team", "Value": None})
    found = [each.api_path for each in check(request, acknowledged=ACKNOWLEDGED) if each.level is RuleLevel.ERROR]
    assert found == [
        "TrainingSpecification.TrainingChannels[0].SupportedInputModes[1]",
        "Tags[2].Value",
        "TrainingSpecification.SupportedHyperParameters[4].Name",
        "TrainingSpecification.SupportedHyperParameters[0].DefaultValue",
        "TrainingSpecification.TrainingChannels[0].SupportedInputModes[0]",
        "Tags[2].Key",
    ]


def finding(part: dict[str, Any]) -> RuleFinding:
    (found,) = (each for each in check(ex.completed(part), name_required=True) if each.level is RuleLevel.ERROR)
    return found


def test_a_finding_names_the_path_the_value_and_the_fix() -> None:
    found = finding(ex.hyper_parameters(ex.integer(), ex.integer(Name="other", DefaultValue="11")))
    assert str(found) == (
        'training_specification.supported_hyper_parameters[1].default_value: "11" is outside the range of'
        " Integer other; allowed: 1 to 10;"
        " SageMaker would reject training jobs that omit the hyperparameter"
    )
    assert (found.value, found.allowed, found.suggestion) == ("11", ("1 to 10",), None)


def test_the_nearest_spelling_is_suggested() -> None:
    part = ex.training(SupportedTrainingInstanceTypes=["ml.m5.large", "ml.m5.12large"])
    (found,) = check(ex.completed(part), name_required=True)
    assert found.suggestion == '"ml.m5.12xlarge"'
    assert 'did you mean "ml.m5.12xlarge"?' in found.message
    assert "allowed: " not in found.message
    assert finding(ex.training(SupportedTrainingInstanceTypes=["m5.large"])).suggestion == '"ml.m5.large"'


def test_values_of_environments_are_never_shown() -> None:
    secret = "hunter2" * 300
    for part in (
        ex.inference(Containers=[{"Environment": {"A": secret}}]),
        ex.inference(Containers=[{"Environment": {"A": 4242}}]),
        ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job(Environment={"A": secret * 5})),
    ):
        found = finding(part)
        assert "Environment" in found.api_path
        assert "hunter2" not in repr(found)
        assert "4242" not in repr(found)


def test_hyper_parameters_that_sound_like_secrets_are_not_shown() -> None:
    named = {"Name": "wandb-api-key", "Type": "Categorical", "Range": ex.categories("a")}
    declared = finding(ex.hyper_parameters(named | {"DefaultValue": "hunter2"}))
    used = finding(
        ex.hyper_parameters(named) | ex.profile(ex.training_job(HyperParameters={"wandb-api-key": "hunter2"}))
    )
    assert "hunter2" not in repr(declared) + repr(used)
    tokens = ex.integer(Name="max_tokens") | {"DefaultValue": "4096"}
    assert "4096" in str(finding(ex.hyper_parameters(tokens)))


def test_long_values_are_cut() -> None:
    assert len(str(finding({"AlgorithmDescription": "x" * 5000}))) < 300


def test_lengths_count_characters() -> None:
    assert levels({"AlgorithmDescription": "🙂" * 1024}) == {}
    assert levels({"AlgorithmDescription": "🙂" * 1025}) == {"string-length": RuleLevel.ERROR}


@pytest.mark.parametrize("text", ["two\nlines", "two\rlines", "two\u2028lines", "two\x85lines"])
def test_javas_dot_stops_at_every_line_end(text: str) -> None:
    part = ex.hyper_parameters({"Name": "t", "Type": "FreeText", "DefaultValue": text})
    assert levels(part) == {"string-pattern": RuleLevel.ERROR}
    assert levels(ex.inference(Containers=[{"Environment": {"A": text}}])) == {}


def test_a_request_of_much_text_beyond_ascii_counts_as_it_travels() -> None:
    part = ex.hyper_parameters(
        *({"Name": f"p{index}", "Type": "FreeText", "Description": "漢" * 300} for index in range(90))
    )
    assert levels(part) == {"request-size": RuleLevel.ERROR}
