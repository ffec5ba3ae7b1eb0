"""Each kind of change: its words, its class and what it cites."""
# ruff: noqa: E501, RUF001 - a row of the tables is a line, and the dashes are the output's

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cdk_sagemaker_algorithm.diff import Change, Impact
from cdk_sagemaker_algorithm.diff.classify.definition import compare_definitions
from cdk_sagemaker_algorithm_provider.contract.canonical import canonical, content
from tests.support.templates import channel, definition, hyperparameter

Json = Any
Edit = Callable[[dict[str, Json]], object]
Rows = list[tuple[Edit, str, Impact, str]]

BREAKING, BEHAVIOR, COMPATIBLE = Impact.BREAKING, Impact.BEHAVIOR, Impact.COMPATIBLE
DOCUMENTATION, VALIDATION, NONE = Impact.DOCUMENTATION, Impact.VALIDATION, Impact.NONE


def changed(edit: Edit, start: Edit | None = None) -> list[Change]:
    before, after = definition(), definition()
    if start is not None:
        start(before)
        start(after)
    edit(after)
    return compare_definitions(canonical(content(before)), canonical(content(after)))


def parameter(name: str, **members: Json) -> Callable[[dict[str, Json]], None]:
    """Set members of a hyperparameter; None takes one away."""

    def edit(request: dict[str, Json]) -> None:
        found = hyperparameter(request, name)
        found |= members
        for member in [member for member, value in members.items() if value is None]:
            del found[member]

    return edit


def on_channel(name: str, **members: Json) -> Callable[[dict[str, Json]], None]:
    def edit(request: dict[str, Json]) -> None:
        found = channel(request, name)
        found |= members
        for member in [member for member, value in members.items() if value is None]:
            del found[member]

    return edit


def training(**members: Json) -> Callable[[dict[str, Json]], None]:
    return lambda request: request["TrainingSpecification"].update(members)


def inference(**members: Json) -> Callable[[dict[str, Json]], None]:
    return lambda request: request["InferenceSpecification"].update(members)


def container(**members: Json) -> Callable[[dict[str, Json]], None]:
    return lambda request: request["InferenceSpecification"]["Containers"][0].update(members)


def profile(*path: str, value: Json) -> Callable[[dict[str, Json]], None]:
    def edit(request: dict[str, Json]) -> None:
        found = request["ValidationSpecification"]["ValidationProfiles"][0]
        for name in path[:-1]:
            found = found[name]
        found[path[-1]] = value

    return edit


def add(member: str, element: Json) -> Callable[[dict[str, Json]], None]:
    return lambda request: request["TrainingSpecification"][member].append(element)


def drop(member: str, index: int = 0) -> Callable[[dict[str, Json]], None]:
    return lambda request: request["TrainingSpecification"][member].pop(index)


def integer(low: str, high: str) -> Json:
    return {"IntegerParameterRangeSpecification": {"MinValue": low, "MaxValue": high}}


def real(low: str, high: str) -> Json:
    return {"ContinuousParameterRangeSpecification": {"MinValue": low, "MaxValue": high}}


def choices(*values: str) -> Json:
    return {"CategoricalParameterRangeSpecification": {"Values": list(values)}}


REFUSED = "requests without it were accepted and are rejected now"

HYPERPARAMETERS: Rows = [
    (parameter("max_depth", Range=integer("1", "16")), "range 1–32 -> 1–16", BREAKING, "max_depth=32"),
    (parameter("max_depth", Range=integer("2", "64")), "range 1–32 -> 2–64", BREAKING, "max_depth=1"),
    (parameter("max_depth", Range=integer("1", "64")), "range 1–32 -> 1–64", COMPATIBLE, ""),
    (parameter("max_depth", Range=integer("1", "32.0")), "range 1–32 -> 1–32.0", NONE, ""),
    (parameter("max_depth", Range=None), "range 1–32 -> any", COMPATIBLE, ""),
    (parameter("comment", Type="Categorical", Range=choices("a")), "type FreeText -> Categorical a", BREAKING, "comment=any-text"),
    (parameter("eta", Range=real("0", "0.5")), "range 0–1 -> 0–0.5", BREAKING, "eta=1"),
    (parameter("objective", Range=choices("linear")), "categories logistic, linear -> linear", BREAKING, "objective=logistic"),
    (parameter("objective", Range=choices("logistic", "linear", "tweedie")), "categories logistic, linear -> logistic, linear, tweedie", COMPATIBLE, ""),
    (parameter("objective", Range=choices("linear", "logistic")), "categories logistic, linear -> linear, logistic", NONE, ""),
    (parameter("objective", Type="FreeText", Range=None), "type Categorical logistic, linear -> FreeText", COMPATIBLE, ""),
    (parameter("eta", Type="Integer", Range=integer("0", "1")), "type Continuous 0–1 -> Integer 0–1", BREAKING, "eta=0.5"),
    (parameter("max_depth", Type="Continuous", Range=real("1", "32"), IsTunable=False), "type Integer 1–32 -> Continuous 1–32", BREAKING, "tuning max_depth"),
    (parameter("max_depth", IsTunable=False), "no longer tunable", BREAKING, "tuning max_depth"),
    (parameter("eta", IsTunable=True), "tunable now", COMPATIBLE, ""),
    (parameter("comment", IsTunable="False"), "tunable absent -> False", NONE, ""),
    (parameter("comment", IsRequired=True), "required now, and without default", BREAKING, "no comment"),
    (parameter("max_depth", IsRequired=True), "required now", COMPATIBLE, ""),
    (parameter("eta", IsRequired=False), "no longer required", COMPATIBLE, ""),
    (parameter("max_depth", DefaultValue="8"), "default '6' -> '8'", BEHAVIOR, ""),
    (parameter("max_depth", DefaultValue=None), "default '6' removed", BEHAVIOR, ""),
    (parameter("eta", DefaultValue="0.3"), "default '0.3' added", COMPATIBLE, ""),
    (parameter("comment", DefaultValue="-"), "default '-' added", BEHAVIOR, ""),
    (parameter("max_depth", Description="Levels"), "description Depth of a tree -> Levels", DOCUMENTATION, ""),
    (drop("SupportedHyperParameters"), "removed", BREAKING, "max_depth=32"),
    (add("SupportedHyperParameters", {"Name": "seed", "Type": "Integer"}), "added, optional", COMPATIBLE, ""),
    (add("SupportedHyperParameters", {"Name": "seed", "Type": "Integer", "IsRequired": True}), "added, required and without default", BREAKING, "no seed"),
    (add("SupportedHyperParameters", {"Name": "seed", "Type": "Integer", "IsRequired": True, "DefaultValue": "1"}), "added, with a default", COMPATIBLE, ""),
]  # fmt: skip

CHANNELS: Rows = [
    (on_channel("validation", IsRequired=True), "channel validation: required now", BREAKING, "no channel validation"),
    (on_channel("train", IsRequired=False), "channel train: no longer required", COMPATIBLE, ""),
    (on_channel("validation", IsRequired="False"), "channel validation: required absent -> False", NONE, ""),
    (on_channel("train", SupportedInputModes=["File"]), "channel train: input mode withdrawn: Pipe", BREAKING, "channel train InputMode=Pipe"),
    (on_channel("validation", SupportedInputModes=["File", "Pipe"]), "channel validation: input mode added: Pipe", COMPATIBLE, ""),
    (on_channel("train", SupportedContentTypes=["text/csv"]), "channel train: content type withdrawn: application/x-parquet", BREAKING, "channel train ContentType=application/x-parquet"),
    (on_channel("train", SupportedContentTypes=[]), "channel train: content types application/x-parquet, text/csv -> any", COMPATIBLE, ""),
    (on_channel("train", SupportedCompressionTypes=["None"]), "channel train: compression type withdrawn: Gzip", BREAKING, "channel train CompressionType=Gzip"),
    (on_channel("train", SupportedCompressionTypes=None), "channel train: compression type withdrawn: Gzip", BREAKING, "channel train CompressionType=Gzip"),
    (on_channel("validation", SupportedCompressionTypes=["None"]), "channel validation: compression types absent -> None", NONE, ""),
    (on_channel("validation", SupportedCompressionTypes=["None", "Gzip"]), "channel validation: compression type added: Gzip", COMPATIBLE, ""),
    (on_channel("train", Description="Rows"), "channel train: description Rows to learn from -> Rows", DOCUMENTATION, ""),
    (drop("TrainingChannels", 1), "channel validation: removed", BREAKING, "channel validation"),
    (add("TrainingChannels", {"Name": "test", "SupportedContentTypes": [], "SupportedInputModes": ["File"]}), "channel test: added, optional", COMPATIBLE, ""),
    (add("TrainingChannels", {"Name": "test", "IsRequired": True, "SupportedContentTypes": [], "SupportedInputModes": ["File"]}), "channel test: added, required", BREAKING, "no channel test"),
]  # fmt: skip

DIGEST = f"sha256:{'ab' * 32}"

TRAINING: Rows = [
    (training(TrainingImage="example.org/trees:2"), "training: image 123456789012.dkr.ecr.eu-west-1.amazonaws.com/trees:1 -> example.org/trees:2", BEHAVIOR, ""),
    (training(TrainingImageDigest=DIGEST), f"training: image digest added: {DIGEST}", BEHAVIOR, ""),
    (training(SupportedTrainingInstanceTypes=["ml.m5.large"]), "training: instance type withdrawn: ml.m5.xlarge", BREAKING, "InstanceType=ml.m5.xlarge"),
    (training(SupportedTrainingInstanceTypes=["ml.m5.large", "ml.m5.xlarge", "ml.m5.large"]), "training: instance types ml.m5.large, ml.m5.xlarge -> ml.m5.large, ml.m5.large, ml.m5.xlarge", NONE, ""),
    (training(SupportsDistributedTraining=False), "training: distributed training no longer supported", BREAKING, "InstanceCount=2"),
    (lambda request: request["TrainingSpecification"].pop("SupportsDistributedTraining"), "training: distributed training no longer supported", BREAKING, "InstanceCount=2"),
    (drop("MetricDefinitions", 0), "metric validation:auc: removed", BREAKING, "tuning for validation:auc"),
    (drop("MetricDefinitions", 1), "metric train:loss: removed", BEHAVIOR, ""),
    (add("MetricDefinitions", {"Name": "f1", "Regex": "f1=(.*)"}), "metric f1: added", COMPATIBLE, ""),
    (training(SupportedTuningJobObjectiveMetrics=[]), "tuning objective maximize validation:auc: withdrawn", BREAKING, "tuning to maximize validation:auc"),
    (add("SupportedTuningJobObjectiveMetrics", {"Type": "Minimize", "MetricName": "train:loss"}), "tuning objective minimize train:loss: added", COMPATIBLE, ""),
    (training(AdditionalS3DataSource={"S3DataType": "S3Object", "S3Uri": "s3://b/k"}), "training: additional S3 data source added: {S3DataType, S3Uri}", BEHAVIOR, ""),
    (training(FutureMember="x"), "training: future member added: x", BEHAVIOR, ""),
]  # fmt: skip

INFERENCE: Rows = [
    (lambda request: request.pop("InferenceSpecification"), "inference: specification removed", BREAKING, "any model"),
    (container(Image="example.org/serve:2"), "container: image 123456789012.dkr.ecr.eu-west-1.amazonaws.com/serve:1 -> example.org/serve:2", BEHAVIOR, ""),
    (container(Environment={"LOG_LEVEL": "debug"}), "container: environment added: {LOG_LEVEL}", BEHAVIOR, ""),
    (container(ModelDataUrl="s3://b/model.tar.gz"), "container: model data URL added: s3://b/model.tar.gz", BEHAVIOR, ""),
    (container(Framework="XGBOOST"), "container: framework added: XGBOOST", DOCUMENTATION, ""),
    (inference(SupportedTransformInstanceTypes=["ml.c5.large"]), "batch transform: instance type withdrawn: ml.m5.large", BREAKING, "transform InstanceType=ml.m5.large"),
    (inference(SupportedRealtimeInferenceInstanceTypes=["ml.m5.large"]), "real-time inference: instance type withdrawn: ml.c5.large", BREAKING, "endpoint InstanceType=ml.c5.large"),
    (inference(SupportedContentTypes=["text/csv", "text/libsvm"]), "inference: content type added: text/libsvm", COMPATIBLE, ""),
    (inference(SupportedContentTypes=[]), "inference: content types text/csv -> any", COMPATIBLE, ""),
    (inference(SupportedResponseMIMETypes=["text/csv"]), "inference: response type withdrawn: application/json", BREAKING, "Accept=application/json"),
]  # fmt: skip

OTHER: Rows = [
    (lambda request: request.update(AlgorithmDescription="Trees"), "algorithm: description Gradient boosted trees -> Trees", DOCUMENTATION, ""),
    (lambda request: request.update(CertifyForMarketplace=True), "AWS Marketplace: certified now", COMPATIBLE, ""),
    (lambda request: request.update(CertifyForMarketplace="False"), "AWS Marketplace: certification absent -> False", NONE, ""),
    (profile("TrainingJobDefinition", "ResourceConfig", "InstanceCount", value=4), "validation profile small, training job: resource config instance count 2 -> 4", VALIDATION, ""),
    (profile("TrainingJobDefinition", "HyperParameters", "eta", value="0.1"), "validation profile small, training job: hyper parameters eta 0.3 -> 0.1", VALIDATION, ""),
    (profile("ProfileName", value="tiny"), "validation profile small: profile name small -> tiny", VALIDATION, ""),
    (lambda request: request.pop("ValidationSpecification"), "validation: profiles removed", VALIDATION, ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("edit", "words", "impact", "counterexample"),
    [*HYPERPARAMETERS, *CHANNELS, *TRAINING, *INFERENCE, *OTHER],
    ids=lambda value: value[:60] if isinstance(value, str) and value else "",
)
def test_a_change_is_told_in_the_definition_s_words_and_classed(
    edit: Edit, words: str, impact: Impact, counterexample: str
) -> None:
    found = changed(edit)
    assert [change.text for change in found if change.text.endswith(words)], [change.text for change in found]
    change = next(change for change in found if change.text.endswith(words))
    assert (change.impact, change.counterexample) == (impact, counterexample)
    assert not [
        other.text for other in found if other is not change and other.impact is BREAKING and impact != BREAKING
    ]


def test_a_new_limit_on_an_unlimited_hyperparameter_breaks() -> None:
    (change,) = changed(
        parameter("comment", Type="Integer", Range=integer("1", "2")), parameter("comment", Type="Integer")
    )
    assert (change.text, change.impact) == ("hyperparameter comment: range any -> 1–2", BREAKING)
    assert change.counterexample == "comment=3"


def test_a_default_taken_from_a_required_hyperparameter_breaks() -> None:
    (change,) = changed(parameter("eta", DefaultValue=None), parameter("eta", DefaultValue="0.3"))
    assert (change.text, change.impact) == ("hyperparameter eta: default '0.3' removed, and required", BREAKING)


def test_a_content_type_list_that_was_empty_accepted_any() -> None:
    (change,) = changed(
        on_channel("train", SupportedContentTypes=["text/csv"]), on_channel("train", SupportedContentTypes=[])
    )
    assert (change.text, change.impact) == ("channel train: content types any -> text/csv", BREAKING)


def test_a_metric_s_other_regex_changes_behavior() -> None:
    def edit(request: dict[str, Json]) -> None:
        request["TrainingSpecification"]["MetricDefinitions"][0]["Regex"] = "AUC=(.*)"

    (change,) = changed(edit)
    assert change.text == "metric validation:auc: regex auc=(\\S+) -> AUC=(.*)"
    assert change.impact is BEHAVIOR


def test_a_digest_in_capitals_is_the_same_digest() -> None:
    (change,) = changed(training(TrainingImageDigest=DIGEST.upper()), training(TrainingImageDigest=DIGEST))
    assert change.impact is NONE


def test_a_tuned_type_that_is_wider_breaks_tuning_jobs_only() -> None:
    edit = parameter("max_depth", Type="Continuous", Range=real("0", "64"))
    (change,) = changed(edit)
    assert change.impact is BREAKING
    assert change.reason == "tuning jobs that set a range of type Integer are rejected now"
    (change,) = changed(edit, parameter("max_depth", IsTunable=False))
    assert change.impact is COMPATIBLE


def test_renaming_is_removal_and_addition_with_a_hint() -> None:
    removed, added = changed(on_channel("train", Name="training"))
    assert (removed.text, removed.impact) == ("channel train: removed", BREAKING)
    assert removed.reason == "requests that set it are rejected now; looks like a renaming to training"
    assert (added.text, added.impact) == ("channel training: added, required", BREAKING)
    assert added.reason == f"{REFUSED}; looks like a renaming of train"


ABSENT: list[Edit] = [
    parameter("comment", IsTunable=False),
    parameter("comment", IsRequired=None),
    parameter("comment", Description=""),
    on_channel("validation", IsRequired=None),
    on_channel("validation", SupportedCompressionTypes=[]),
    lambda request: request.update(CertifyForMarketplace=False),
]


@pytest.mark.parametrize("edit", ABSENT)
def test_a_field_that_is_false_or_empty_is_the_same_as_an_absent_field(edit: Edit) -> None:
    before, after = definition(), definition()
    edit(after)
    assert before != after
    assert changed(edit) == []


REORDERED: list[Edit] = [
    lambda request: request["TrainingSpecification"]["SupportedHyperParameters"].reverse(),
    lambda request: request["TrainingSpecification"]["TrainingChannels"].reverse(),
    lambda request: request["TrainingSpecification"]["MetricDefinitions"].reverse(),
    training(SupportedTrainingInstanceTypes=["ml.m5.xlarge", "ml.m5.large"]),
    on_channel("train", SupportedContentTypes=["application/x-parquet", "text/csv"]),
]


@pytest.mark.parametrize("edit", REORDERED)
def test_the_order_of_a_set_is_no_change(edit: Edit) -> None:
    before, after = definition(), definition()
    edit(after)
    assert before != after
    assert changed(edit) == []


def test_a_reordered_set_is_compared_by_name() -> None:
    def edit(request: dict[str, Json]) -> None:
        request["TrainingSpecification"]["SupportedHyperParameters"].reverse()
        parameter("max_depth", DefaultValue="8")(request)

    (change,) = changed(edit)
    assert change.text == "hyperparameter max_depth: default '6' -> '8'"


def test_a_list_that_is_not_a_set_has_an_order() -> None:
    groups = [
        {"InstanceGroupName": "one", "InstanceType": "ml.m5.large", "InstanceCount": 1},
        {"InstanceGroupName": "two", "InstanceType": "ml.m5.large", "InstanceCount": 1},
    ]
    path = ("TrainingJobDefinition", "ResourceConfig", "InstanceGroups")
    (change,) = changed(profile(*path, value=groups[::-1]), profile(*path, value=groups))
    assert change.text == "validation profile small, training job resource config instance groups: order -> two, one"
    assert (change.impact, change.reason) == (NONE, "only the order changed")


def test_the_order_of_containers_means_something() -> None:
    second = {"ContainerHostname": "second", "Image": "example.org/second:1"}

    def start(request: dict[str, Json]) -> None:
        request["InferenceSpecification"]["Containers"].append(second)

    (change,) = changed(lambda request: request["InferenceSpecification"]["Containers"].reverse(), start)
    assert (change.text, change.impact) == ("containers: order changed", BEHAVIOR)


def test_environment_variables_are_named() -> None:
    (change,) = changed(
        container(Environment={"LOG_LEVEL": "info", "A": "1"}), container(Environment={"LOG_LEVEL": "debug", "A": "1"})
    )
    assert change.text == "container: environment LOG_LEVEL debug -> info"
    assert change.path == "InferenceSpecification.Containers[0].Environment.LOG_LEVEL"


@pytest.mark.parametrize("bound", ["1e999999999", "-1e-999999999", "Infinity", "NaN", "", "1_000", "٣", "x" * 250])
def test_a_bound_that_is_odd_is_classed_quickly(bound: str) -> None:
    found = changed(parameter("max_depth", Range=integer("1", bound)))
    assert found[0].text.startswith("hyperparameter max_depth: range 1–32 -> 1–")
    found = changed(parameter("eta", Range=real(bound, "2")))
    assert found[0].path == "TrainingSpecification.SupportedHyperParameters[eta].Range"


def test_members_with_equal_names_are_told_apart() -> None:
    second = {"Name": "train:loss", "Regex": "(x)"}
    (change,) = changed(add("MetricDefinitions", second))
    assert change.text == "metric train:loss (no. 2): added"
    assert change.after == second
    (change,) = changed(drop("MetricDefinitions", 1), add("MetricDefinitions", second))
    assert change.text == "metric train:loss (no. 2): removed"
    assert change.before == {"Name": "train:loss", "Regex": "loss=(\\S+)"}


def test_containers_without_hostname_are_told_apart_by_position() -> None:
    one, two, three = ({"Image": f"example.org/serve:{number}"} for number in (1, 2, 3))
    found = changed(inference(Containers=[two, three]), inference(Containers=[one, two]))
    assert [change.text for change in found] == [
        "container without hostname: image example.org/serve:1 -> example.org/serve:2",
        "container without hostname (no. 2): image example.org/serve:2 -> example.org/serve:3",
    ]


@pytest.mark.parametrize(
    "member", ["SupportedHyperParameters", "MetricDefinitions", "SupportedTuningJobObjectiveMetrics"]
)
def test_an_empty_list_is_as_good_as_none(member: str) -> None:
    found = changed(
        lambda request: request["TrainingSpecification"].pop(member), lambda request: request["TrainingSpecification"].update({member: []})
    )  # fmt: skip
    assert found == []
