"""An independent model of which requests an algorithm accepts, and requests to try it with.

It is written from the API's documentation, on the request as it is, and shares nothing with the library: an absent
flag is false, absent compression types mean uncompressed only, an empty list of content or response types means any,
and a required hyperparameter with a default may be left out.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = Any
Definition = dict[str, Any]


@dataclass(frozen=True)
class ChannelUse:
    """What a training job says of a channel."""

    mode: str
    content_type: str | None = None
    compression: str | None = None


@dataclass(frozen=True)
class Training:
    """A training job."""

    hyperparameters: dict[str, str]
    channels: dict[str, ChannelUse]
    instance_type: str
    instance_count: int = 1


@dataclass(frozen=True)
class Tuning:
    """A tuning job: ranges are (type, texts), the texts being the two limits or the categories."""

    training: Training
    objective: tuple[str, str]
    ranges: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict[str, tuple[str, tuple[str, ...]]])


@dataclass(frozen=True)
class Inference:
    """A batch transform or an endpoint with a model of the algorithm."""

    kind: str
    instance_type: str
    content_type: str | None = None
    accept: str | None = None


Request = Training | Tuning | Inference


def accepts(definition: Definition, request: Request) -> bool:
    """Whether an algorithm of this definition accepts the request."""
    match request:
        case Training():
            return _accepts_training(definition["TrainingSpecification"], request, tuned=frozenset())
        case Tuning():
            return _accepts_tuning(definition["TrainingSpecification"], request)
        case Inference():
            return _accepts_inference(definition.get("InferenceSpecification"), request)


def _accepts_training(specification: Json, request: Training, tuned: frozenset[str]) -> bool:
    parameters = {item["Name"]: item for item in specification.get("SupportedHyperParameters", [])}
    channels = {item["Name"]: item for item in specification["TrainingChannels"]}
    given = set(request.hyperparameters) | tuned
    return (
        given <= set(parameters)
        and all(
            name in given or "DefaultValue" in item or not item.get("IsRequired", False)
            for name, item in parameters.items()
        )
        and all(_accepts_value(parameters[name], value) for name, value in request.hyperparameters.items())
        and set(request.channels) <= set(channels)
        and all(name in request.channels or not item.get("IsRequired", False) for name, item in channels.items())
        and all(_accepts_channel(channels[name], use) for name, use in request.channels.items())
        and request.instance_type in specification["SupportedTrainingInstanceTypes"]
        and (request.instance_count == 1 or specification.get("SupportsDistributedTraining", False))
    )


def _accepts_channel(channel: Json, use: ChannelUse) -> bool:
    contents = channel["SupportedContentTypes"]
    return (
        use.mode in channel["SupportedInputModes"]
        and (not contents or use.content_type is None or use.content_type in contents)
        and (use.compression or "None") in (channel.get("SupportedCompressionTypes") or ["None"])
    )


def _accepts_value(parameter: Json, value: str) -> bool:
    bounds = parameter.get("Range", {})
    if parameter["Type"] == "FreeText":
        return True
    if parameter["Type"] == "Categorical":
        listed = bounds.get("CategoricalParameterRangeSpecification")
        return listed is None or value in listed["Values"]
    if parameter["Type"] == "Integer" and not re.fullmatch(r"[+-]?[0-9]+(\.0*)?", value):
        return False
    limits = bounds.get(f"{parameter['Type']}ParameterRangeSpecification", {})
    try:
        number = float(value)
    except ValueError:
        return False
    return float(limits.get("MinValue", -math.inf)) <= number <= float(limits.get("MaxValue", math.inf))


def _accepts_tuning(specification: Json, request: Tuning) -> bool:
    kind, metric = request.objective
    parameters = {item["Name"]: item for item in specification.get("SupportedHyperParameters", [])}
    objectives = specification.get("SupportedTuningJobObjectiveMetrics", [])
    return (
        {"Type": kind, "MetricName": metric} in objectives
        and metric in [item["Name"] for item in specification.get("MetricDefinitions", [])]
        and _accepts_training(specification, request.training, frozenset(request.ranges))
        and all(
            parameters[name].get("IsTunable", False)
            and parameters[name]["Type"] == wanted
            and all(_accepts_value(parameters[name], text) for text in texts)
            for name, (wanted, texts) in request.ranges.items()
        )
    )


def _accepts_inference(specification: Json, request: Inference) -> bool:
    if specification is None:
        return False
    kinds = {"transform": "SupportedTransformInstanceTypes", "endpoint": "SupportedRealtimeInferenceInstanceTypes"}
    contents = specification.get("SupportedContentTypes", [])
    answers = specification.get("SupportedResponseMIMETypes", [])
    return (
        request.instance_type in specification.get(kinds[request.kind], [])
        and (not contents or request.content_type is None or request.content_type in contents)
        and (not answers or request.accept is None or request.accept in answers)
    )


def probes(before: Definition, after: Definition) -> Iterator[Request]:
    """Requests around everything that two definitions say, enough to find one that only the first accepts."""
    specification, other = before["TrainingSpecification"], after["TrainingSpecification"]
    plain = _plain(specification)
    yield plain
    for parameter in specification.get("SupportedHyperParameters", []):
        name = parameter["Name"]
        for value in _values(specification, other, name):
            yield replace(plain, hyperparameters={**plain.hyperparameters, name: value})
    yield from _channel_probes(specification, plain)
    for instance_type, count in product(specification["SupportedTrainingInstanceTypes"], (1, 2)):
        yield replace(plain, instance_type=instance_type, instance_count=count)
    yield from _tunings(specification, other, plain)
    yield from _inferences(before.get("InferenceSpecification") or {})


def _plain(specification: Json) -> Training:
    """The least that must be given."""
    return Training(
        hyperparameters={
            item["Name"]: next(value for value in _values_of(item) if _accepts_value(item, value))
            for item in specification.get("SupportedHyperParameters", [])
            if item.get("IsRequired", False) and "DefaultValue" not in item
        },
        channels={
            item["Name"]: _channel_use(item) for item in specification["TrainingChannels"] if item.get("IsRequired")
        },
        instance_type=specification["SupportedTrainingInstanceTypes"][0],
    )


def _channel_use(channel: Json) -> ChannelUse:
    compressions = channel.get("SupportedCompressionTypes") or [None]
    return ChannelUse(mode=channel["SupportedInputModes"][0], compression=compressions[0])


def _channel_probes(specification: Json, plain: Training) -> Iterator[Training]:
    for channel in specification["TrainingChannels"]:
        contents = [None, "text/other", *channel["SupportedContentTypes"]]
        for mode, content, compression in product(channel["SupportedInputModes"], contents, (None, "None", "Gzip")):
            use = ChannelUse(mode=mode, content_type=content, compression=compression)
            yield replace(plain, channels={**plain.channels, channel["Name"]: use})


def _tunings(specification: Json, other: Json, plain: Training) -> Iterator[Tuning]:
    for objective in specification.get("SupportedTuningJobObjectiveMetrics", []):
        aim = (objective["Type"], objective["MetricName"])
        yield Tuning(training=plain, objective=aim)
        for item in specification.get("SupportedHyperParameters", []):
            if not item.get("IsTunable", False):
                continue
            name = item["Name"]
            fixed = {key: value for key, value in plain.hyperparameters.items() if key != name}
            for value in _values(specification, other, name):
                if _accepts_value(item, value):
                    ranges: dict[str, tuple[str, tuple[str, ...]]] = {name: (item["Type"], (value, value))}
                    yield Tuning(training=replace(plain, hyperparameters=fixed), objective=aim, ranges=ranges)


def _inferences(specification: Json) -> Iterator[Inference]:
    for kind, member in (
        ("transform", "SupportedTransformInstanceTypes"),
        ("endpoint", "SupportedRealtimeInferenceInstanceTypes"),
    ):
        contents = [None, "text/other", *specification.get("SupportedContentTypes", [])]
        answers = [None, "text/other", *specification.get("SupportedResponseMIMETypes", [])]
        for instance_type, content, answer in product(specification.get(member, []), contents, answers):
            yield Inference(kind, instance_type, content, answer)


def _values(specification: Json, other: Json, name: str) -> list[str]:
    found: dict[str, None] = {}
    for side in (specification, other):
        for item in side.get("SupportedHyperParameters", []):
            if item["Name"] == name:
                found |= dict.fromkeys(_values_of(item))
    return list(found)


def _values_of(parameter: Json) -> list[str]:
    """Values in, at the edge of and beyond what a hyperparameter accepts."""
    found = ["any-text", "0", "1", "-7", "0.5", "1000000"]
    for limits in parameter.get("Range", {}).values():
        found += limits.get("Values", [])
        for bound in (limits[name] for name in ("MinValue", "MaxValue") if name in limits):
            number = float(bound)
            found += [bound, f"{number - 0.25:g}", f"{number + 0.25:g}"]
            found += [str(math.floor(number) + step) for step in range(-4, 5)]
    return found
