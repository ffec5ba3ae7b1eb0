"""Format an algorithm definition as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_algorithm.model.json_access import structure, structures

_YES_NO = {True: "yes", False: "no"}
_CONTEXTS = (
    ("training", "TrainingSpecification", "SupportedTrainingInstanceTypes"),
    ("batch transform", "InferenceSpecification", "SupportedTransformInstanceTypes"),
    ("endpoints", "InferenceSpecification", "SupportedRealtimeInferenceInstanceTypes"),
)


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        caption: Title of the table.
        columns: Headings.
        rows: Cells.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(description: Mapping[str, Any]) -> list[Table]:
    """Return the tables of a definition; empty tables are omitted.

    Args:
        description: Response of DescribeAlgorithm.
    """
    training = structure(description, "TrainingSpecification")
    found = [
        Table(
            "Hyperparameters",
            ("Name", "Type", "Allowed", "Default", "Required", "Tunable", "Description"),
            tuple(_hyper_parameter(each) for each in structures(training, "SupportedHyperParameters")),
        ),
        Table(
            "Training channels",
            ("Name", "Content types", "Compression", "Input modes", "Required", "Description"),
            tuple(_channel(each) for each in structures(training, "TrainingChannels")),
        ),
        Table("Metrics", ("Name", "Tuning", "Regex in the log"), tuple(_metrics(training))),
        Table("Instance types", ("For", "Types"), tuple(_instance_types(description))),
        Table("Inference", ("What", "Which"), tuple(_inference(structure(description, "InferenceSpecification")))),
    ]
    return [table for table in found if table.rows]


def images(description: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the container images with their purposes.

    Args:
        description: Response of DescribeAlgorithm.
    """
    training = structure(description, "TrainingSpecification")
    containers = structures(description, "InferenceSpecification", "Containers")
    found = [("training", _image(training, "TrainingImage"))] if training.get("TrainingImage") else []
    found += [("inference", _image(each, "Image")) for each in containers if each.get("Image")]
    return found


def visible_to_buyers(description: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the parts of the validation profile that AWS Marketplace buyers can see.

    Args:
        description: Response of DescribeAlgorithm.
    """
    found: list[tuple[str, str]] = []
    for profile in structures(description, "ValidationSpecification", "ValidationProfiles"):
        job = structure(profile, "TrainingJobDefinition")
        channels = structures(job, "InputDataConfig")
        found += [(f"training data, channel {each.get('ChannelName')}", _source(each)) for each in channels]
        values = structure(job, "HyperParameters")
        if values:
            found.append(("hyperparameters", ", ".join(f"{name} = {value}" for name, value in values.items())))
        transform = structure(profile, "TransformJobDefinition")
        if transform:
            found.append(("data to transform", _source(structure(transform, "TransformInput"))))
            found.append(("transformed data", str(structure(transform, "TransformOutput").get("S3OutputPath"))))
    return found


def _image(container: Mapping[str, Any], member: str) -> str:
    digest = container.get(f"{member}Digest")
    return f"{container[member]}{f' ({digest})' if digest else ''}"


def _source(container: Mapping[str, Any]) -> str:
    source = structure(container, "DataSource")
    files = structure(source, "FileSystemDataSource")
    return (
        structure(source, "S3DataSource").get("S3Uri")
        or (f"{files.get('FileSystemId')}:{files.get('DirectoryPath')}" if files else "")
        or structure(source, "DatasetSource").get("DatasetArn")
        or ""
    )


def _hyper_parameter(each: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        each["Name"],
        each["Type"],
        _allowed(structure(each, "Range")),
        "" if each.get("DefaultValue") is None else each["DefaultValue"],
        _YES_NO[bool(each.get("IsRequired"))],
        _YES_NO[bool(each.get("IsTunable"))],
        each.get("Description") or "",
    )


def _allowed(limits: Mapping[str, Any]) -> str:
    for kind in ("IntegerParameterRangeSpecification", "ContinuousParameterRangeSpecification"):
        ends = structure(limits, kind)
        if ends:
            return f"{ends['MinValue']} to {ends['MaxValue']}"
    values: Sequence[str] = structure(limits, "CategoricalParameterRangeSpecification").get("Values") or ()
    return ", ".join(values)


def _channel(each: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        each["Name"],
        ", ".join(each.get("SupportedContentTypes") or ()),
        ", ".join(each.get("SupportedCompressionTypes") or ()),
        ", ".join(each.get("SupportedInputModes") or ()),
        _YES_NO[bool(each.get("IsRequired"))],
        each.get("Description") or "",
    )


def _metrics(training: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    objectives = structures(training, "SupportedTuningJobObjectiveMetrics")
    ways = {each["MetricName"]: str(each["Type"]).lower() for each in objectives}
    for each in structures(training, "MetricDefinitions"):
        yield each["Name"], ways.get(each["Name"], ""), each["Regex"]


def _instance_types(description: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for purpose, specification, member in _CONTEXTS:
        types: Sequence[str] = structure(description, specification).get(member) or ()
        if types:
            yield purpose, ", ".join(types)


def _inference(specification: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for what, member in (("content types", "SupportedContentTypes"), ("response types", "SupportedResponseMIMETypes")):
        types: Sequence[str] = specification.get(member) or ()
        if types:
            yield what, ", ".join(types)
