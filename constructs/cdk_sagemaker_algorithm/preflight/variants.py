"""Create training jobs that a definition declares and no validation profile runs (`--thorough`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cdk_sagemaker_algorithm.containers.definition_values import flag, text
from cdk_sagemaker_algorithm.model.json_access import strings, structure, structures

_RANGES = ("IntegerParameterRangeSpecification", "ContinuousParameterRangeSpecification")


def training_variants(
    specification: Mapping[str, Any], job: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Derive training jobs from the one of a profile.

    Args:
        specification: TrainingSpecification.
        job: TrainingJobDefinition of the profile.

    Yields:
        What is different, and the job.
    """
    parameters = structures(specification, "SupportedHyperParameters")
    values = {name: text(value) for name, value in structure(job, "HyperParameters").items()}
    yield from _only_required(specification, parameters, values, job)
    for parameter in parameters:
        for value in _ends(structure(parameter, "Range")):
            name = str(parameter["Name"])
            if values.get(name) != value:
                yield f"{name} = {value}", {**job, "HyperParameters": {**values, name: value}}
    yield from _pipe(specification, job)
    resources = structure(job, "ResourceConfig")
    if flag(specification, "SupportsDistributedTraining") and text(resources.get("InstanceCount")) == "1":
        yield "2 instances", {**job, "ResourceConfig": {**resources, "InstanceCount": "2"}}


def _only_required(
    specification: Mapping[str, Any],
    parameters: Sequence[Mapping[str, Any]],
    values: Mapping[str, str],
    job: Mapping[str, Any],
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    required = {str(item["Name"]) for item in parameters if flag(item, "IsRequired")}
    kept = {name: value for name, value in values.items() if name in required}
    if kept != dict(values):
        yield "only required hyperparameters", {**job, "HyperParameters": kept}
    needed = {str(item["Name"]) for item in structures(specification, "TrainingChannels") if flag(item, "IsRequired")}
    channels = structures(job, "InputDataConfig")
    some = [channel for channel in channels if channel["ChannelName"] in needed]
    if some and len(some) < len(channels):
        yield "only required channels", {**job, "InputDataConfig": some}


def _ends(limits: Mapping[str, Any]) -> Iterator[str]:
    for kind in _RANGES:
        ends = structure(limits, kind)
        if ends:
            yield text(ends["MinValue"])
            yield text(ends["MaxValue"])
    yield from map(text, strings(limits, "CategoricalParameterRangeSpecification", "Values"))


def _pipe(specification: Mapping[str, Any], job: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    modes = {
        str(item["Name"]): set(strings(item, "SupportedInputModes"))
        for item in structures(specification, "TrainingChannels")
    }
    default = str(job.get("TrainingInputMode"))
    channels = structures(job, "InputDataConfig")
    for mode in ("File", "Pipe"):
        changed = [
            {**channel, "InputMode": mode} if mode in modes.get(str(channel["ChannelName"]), set()) else channel
            for channel in channels
        ]
        before = [str(channel.get("InputMode") or default) for channel in channels]
        after = [str(channel.get("InputMode") or default) for channel in changed]
        if before != after:
            yield f"input mode {mode}", {**job, "InputDataConfig": changed}
