"""Random CreateAlgorithm requests that make sense: what one part declares, the others use."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.support.requests import create_algorithm_requests

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

Json = Any
Node = dict[str, Any]

_NAMES = ("alpha", "beta", "gamma", "delta", "epsilon")
_REGEXES = (r"loss=([0-9.]+)", r"f1: (\S+);", r"(?:a|b)=(.*?);", r"\[(?P<value>[-+]?\d+(?:\.\d+)?)\]")
_CATEGORIES: tuple[str, ...] = ("a", "B", "", "reg:linear", "1")
_MODES = ("File", "Pipe")


@st.composite
def valid_requests(draw: DrawFn) -> Node:
    """Requests without any error, although there may be warnings.

    They start as `create_algorithm_requests` makes them, so that every optional member turns up, and are
    then made to agree with themselves.
    """
    request: Node = draw(create_algorithm_requests())
    training: Node = request["TrainingSpecification"]
    _agree_training(draw, training)
    inference: Node | None = request.get("InferenceSpecification")
    if inference is not None:
        for index, container in enumerate(inference["Containers"]):
            if "ModelDataUrl" in container:
                container["ModelDataUrl"] = "s3://amzn-s3-demo-bucket/model.tar.gz"
            additional: list[Node] = container.get("AdditionalModelDataSources", [])
            for source in (container.get("ModelDataSource", {}), *additional):
                if "S3DataSource" in source:
                    source["S3DataSource"] |= {"S3Uri": "s3://amzn-s3-demo-bucket/model/", "CompressionType": "None"}
            _agree_additional_source(container, allowed=index == 0)
    validation: Node | None = request.get("ValidationSpecification")
    if validation is not None:
        _agree_profile(draw, validation["ValidationProfiles"][0], training, inference)
    if request.get("CertifyForMarketplace") and not _is_complete(validation, inference):
        request["CertifyForMarketplace"] = False
    return request


def _is_complete(validation: Node | None, inference: Node | None) -> bool:
    return (
        validation is not None
        and inference is not None
        and "TransformJobDefinition" in validation["ValidationProfiles"][0]
    )


def _agree_training(draw: DrawFn, training: Node) -> None:
    _agree_additional_source(training, allowed=True)
    if not training["SupportedTrainingInstanceTypes"]:
        training["SupportedTrainingInstanceTypes"] = ["ml.m5.large"]
    if "SupportedHyperParameters" in training:
        names = draw(st.lists(st.sampled_from(_NAMES), unique=True))
        training["SupportedHyperParameters"] = [draw(_hyper_parameter(name)) for name in names]
    for index, channel in enumerate(training["TrainingChannels"]):
        channel["Name"] = _NAMES[index]
        channel["SupportedInputModes"] = draw(st.lists(st.sampled_from(_MODES), min_size=1, unique=True))
    metrics = training.get("MetricDefinitions", [])
    for index, metric in enumerate(metrics):
        metric |= {"Name": _NAMES[index], "Regex": draw(st.sampled_from(_REGEXES))}
    objectives: list[Node] = training.get("SupportedTuningJobObjectiveMetrics", [])
    for objective in objectives if metrics else ():
        objective["MetricName"] = draw(st.sampled_from(metrics))["Name"]


@st.composite
def _hyper_parameter(draw: DrawFn, name: str) -> Node:
    kind = draw(st.sampled_from(("Integer", "Continuous", "Categorical", "FreeText")))
    ranges, values = draw(_RANGES[kind])
    specification: Node = {"Name": name, "Type": kind}
    if ranges is not None and draw(st.booleans()):
        specification["Range"] = ranges
        specification |= draw(st.sampled_from(({}, {"IsTunable": True}, {"IsTunable": False})))
    specification |= draw(st.sampled_from(({}, {"IsRequired": True}, {"IsRequired": False})))
    if draw(st.booleans()):
        specification["DefaultValue"] = draw(st.sampled_from(values))
    if draw(st.booleans()):
        specification["Description"] = draw(st.sampled_from(("", "how deep a tree grows", "λ, 学習率")))
    return specification


@st.composite
def _integers(draw: DrawFn) -> tuple[Node, list[str]]:
    least = draw(st.integers(-1000, 1000))
    greatest = draw(st.integers(least, 2000))
    bounds = {"MinValue": str(least), "MaxValue": str(greatest)}
    return {"IntegerParameterRangeSpecification": bounds}, [str(least), str(greatest)]


@st.composite
def _continuous(draw: DrawFn) -> tuple[Node, list[str]]:
    spelling = draw(st.sampled_from(("{}", "{:e}", "{:.20f}"))).format
    least = draw(st.floats(-1000, 1000).map(lambda value: round(value, 6)))
    greatest = least + draw(st.integers(0, 1000))
    bounds = {"MinValue": spelling(least), "MaxValue": spelling(greatest)}
    return {"ContinuousParameterRangeSpecification": bounds}, list(bounds.values())


@st.composite
def _categories(draw: DrawFn) -> tuple[Node, list[str]]:
    values = draw(st.lists(st.sampled_from(_CATEGORIES), min_size=1, unique=True))
    return {"CategoricalParameterRangeSpecification": {"Values": values}}, values


_RANGES = {
    "Integer": _integers(),
    "Continuous": _continuous(),
    "Categorical": _categories(),
    "FreeText": st.just((None, ["", "any text", "{}"])),
}


def _agree_additional_source(node: Node, *, allowed: bool) -> None:
    if not allowed:
        node.pop("AdditionalS3DataSource", None)
    elif "AdditionalS3DataSource" in node:
        node["AdditionalS3DataSource"] |= {"S3DataType": "S3Object", "CompressionType": "Gzip"}


def _agree_profile(draw: DrawFn, profile: Node, training: Node, inference: Node | None) -> None:
    job: Node = profile["TrainingJobDefinition"]
    _agree_channels(draw, job, training["TrainingChannels"])
    _agree_hyper_parameters(draw, job, training.get("SupportedHyperParameters", []))
    _agree_resources(draw, job["ResourceConfig"], training)
    condition: Node = job["StoppingCondition"]
    if "MaxRuntimeInSeconds" in condition:
        condition["MaxRuntimeInSeconds"] = min(28 * 86_400, condition["MaxRuntimeInSeconds"])
    if "MaxWaitTimeInSeconds" in condition:
        runtime = condition.get("MaxRuntimeInSeconds", 1)
        condition["MaxWaitTimeInSeconds"] = max(runtime, condition["MaxWaitTimeInSeconds"])
    if "MaxPendingTimeInSeconds" in condition:
        condition["MaxPendingTimeInSeconds"] = max(7200, condition["MaxPendingTimeInSeconds"])
    if inference is None:
        profile.pop("TransformJobDefinition", None)
    elif "TransformJobDefinition" in profile:
        _agree_transform(draw, profile["TransformJobDefinition"], inference)


def _agree_channels(draw: DrawFn, job: Node, channels: list[Node]) -> None:
    required = [channel for channel in channels if channel.get("IsRequired")]
    used = required or [channels[0]]
    template = job["InputDataConfig"][0]
    # Profiles read from S3 only; no channel is of an instance group, and none is an augmented manifest.
    source: Node = template["DataSource"].get("S3DataSource", {})
    template["DataSource"] = {"S3DataSource": {"S3Uri": source.get("S3Uri", "s3://bucket/k"), "S3DataType": "S3Prefix"}}
    job["InputDataConfig"] = [copy.deepcopy(template) | {"ChannelName": channel["Name"]} for channel in used]
    for given, channel in zip(job["InputDataConfig"], used, strict=True):
        modes = channel["SupportedInputModes"]
        if job["TrainingInputMode"] not in modes or "InputMode" in given:
            given["InputMode"] = draw(st.sampled_from(modes))
        _choose(draw, given, "ContentType", channel["SupportedContentTypes"], keep=True)
        compressions = channel.get("SupportedCompressionTypes") or ["None"]
        _choose(draw, given, "CompressionType", compressions, keep=False)


def _agree_hyper_parameters(draw: DrawFn, job: Node, specifications: list[Node]) -> None:
    needed = [each for each in specifications if each.get("IsRequired") and "DefaultValue" not in each]
    given = {each["Name"]: draw(_value(each)) for each in needed}
    if given or "HyperParameters" in job:
        job["HyperParameters"] = given


def _value(specification: Node) -> st.SearchStrategy[str]:
    fallback = {"Integer": "3", "Continuous": "0.5"}.get(specification["Type"], "text")
    ranges: list[Node] = list(specification.get("Range", {}).values())
    if not ranges:
        return st.just(fallback)
    return st.sampled_from(ranges[0].get("Values") or list(ranges[0].values()))


def _agree_resources(draw: DrawFn, resources: Node, training: Node) -> None:
    distributed = training.get("SupportsDistributedTraining", False)
    resources.setdefault("VolumeSizeInGB", 1)
    resources.pop("VolumeKmsKeyId", None)
    if preferences := resources.pop("InstancePreferences", None):
        kinds = list(dict.fromkeys(training["SupportedTrainingInstanceTypes"]))[: len(preferences)]
        if draw(st.booleans()):
            count = draw(st.integers(0, 1))
            resources.clear()
            resources |= {
                "InstancePreferences": [{"InstanceType": kind, "InstanceCount": count} for kind in kinds],
                "VolumeSizeInGB": 1,
            }
            return
    types = st.sampled_from(training["SupportedTrainingInstanceTypes"])
    groups: list[Node] = resources.get("InstanceGroups", [])
    if not distributed:
        del groups[1:]
    for node in (resources, *groups):
        if "InstanceType" in node or node is resources:
            node["InstanceType"] = draw(types)
        if not distributed and "InstanceCount" in node:
            node["InstanceCount"] = draw(st.integers(0, 1))
    placements: list[Node] = resources.get("InstancePlacementConfig", {}).get("PlacementSpecifications", [])
    for node in (resources, *placements):
        node["InstanceCount"] = max(1, node.get("InstanceCount", 1))


def _agree_transform(draw: DrawFn, job: Node, inference: Node) -> None:
    supported: list[str] = inference.setdefault("SupportedTransformInstanceTypes", ["ml.m5.large"])
    resources: Node = job["TransformResources"]
    resources["InstanceType"] = draw(st.sampled_from(supported))
    resources["InstanceCount"] = min(100, resources["InstanceCount"])
    resources.pop("VolumeKmsKeyId", None)
    job["TransformInput"]["DataSource"]["S3DataSource"]["S3DataType"] = draw(
        st.sampled_from(["ManifestFile", "S3Prefix"])
    )
    if "MaxPayloadInMB" in job:
        job["MaxPayloadInMB"] = min(100, job["MaxPayloadInMB"])
    if "MaxConcurrentTransforms" in job:
        job["MaxConcurrentTransforms"] = min(100 // (job.get("MaxPayloadInMB", 6) or 1), job["MaxConcurrentTransforms"])
    content_types = inference.get("SupportedContentTypes", [])
    _choose(draw, job["TransformInput"], "ContentType", content_types, keep=True)
    answers = inference.get("SupportedResponseMIMETypes", [])
    _choose(draw, job["TransformOutput"], "Accept", answers, keep=True)


def _choose(draw: DrawFn, node: Node, name: str, values: list[str], *, keep: bool) -> None:
    """Let a member be one of some values; where there are none, keep it only if anything goes."""
    if values:
        node[name] = draw(st.sampled_from(values))
    elif not keep:
        node.pop(name, None)
