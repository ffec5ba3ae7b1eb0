"""Express structures through the model's factory methods."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias, cast

from cdk_sagemaker_algorithm.model import (
    CategoricalParameterRangeSpecification,
    Channel,
    ChannelSpecification,
    CompressionType,
    ContinuousParameterRangeSpecification,
    DatasetSource,
    DataSource,
    FileSystemAccessMode,
    FileSystemDataSource,
    FileSystemType,
    HyperParameterSpecification,
    HyperParameterTuningJobObjective,
    InputMode,
    IntegerParameterRangeSpecification,
    ParameterRange,
    ParameterText,
    ParameterType,
    RecordWrapper,
    S3DataDistribution,
    S3DataSource,
    S3DataType,
    SplitType,
    Structure,
    TransformDataSource,
    TransformInput,
    TransformS3DataSource,
)


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a factory.

    Attributes:
        name: Name of the parameter.
        value: Value of the argument; None omits it.
        hint: Type, if it decides how the value is written.
        positional: Whether the argument is passed without its name.
    """

    name: str
    value: object
    hint: object = None
    positional: bool = False


_INPUT_MODES: Mapping[str, str] = MappingProxyType({InputMode.FILE: "file", InputMode.PIPE: "pipe"})

Made: TypeAlias = tuple[str, Sequence[Argument]]


def factory_call(value: Structure) -> Made | None:
    """Return the factory and the arguments that create an equal structure.

    Returns:
        The factory's name and its arguments; None if no factory fits.
    """
    find = _FACTORIES.get(type(value))
    made = find(value) if find else None
    if made is None:
        return None
    method, arguments = made
    return method, [argument for argument in arguments if argument.value is not None]


def _hyper_parameter(value: Structure) -> Made | None:
    it = cast("HyperParameterSpecification", value)
    limits = _limits(it)
    if limits is None or (it.type == ParameterType.FREE_TEXT and it.is_tunable is not None):
        return None
    method = {
        ParameterType.INTEGER: "integer",
        ParameterType.CONTINUOUS: "continuous",
        ParameterType.CATEGORICAL: "categorical",
        ParameterType.FREE_TEXT: "free_text",
    }[ParameterType(it.type)]
    return method, [
        Argument("name", it.name, positional=True),
        *limits,
        Argument("default", it.default_value, ParameterText),
        Argument("tunable", it.is_tunable),
        Argument("required", it.is_required),
        Argument("description", it.description),
    ]


def _limits(it: HyperParameterSpecification) -> list[Argument] | None:
    """Return the arguments for the range; None if no factory can create it."""
    if it.type not in set(ParameterType):
        return None
    if it.range is None:
        return []
    if not isinstance(it.range, ParameterRange):
        return None
    given = {field.name: getattr(it.range, field.name) for field in dataclasses.fields(it.range)}
    kinds = [each for each in given.values() if each is not None]
    if len(kinds) != 1:
        return None
    return _range_arguments(ParameterType(it.type), kinds[0])


def _range_arguments(of: ParameterType, limits: object) -> list[Argument] | None:
    match of, limits:
        case (ParameterType.INTEGER, IntegerParameterRangeSpecification(min_value=least, max_value=greatest)) | (
            ParameterType.CONTINUOUS,
            ContinuousParameterRangeSpecification(min_value=least, max_value=greatest),
        ):
            return [Argument("min", least, ParameterText), Argument("max", greatest, ParameterText)]
        case ParameterType.CATEGORICAL, CategoricalParameterRangeSpecification(values=values):
            return [Argument("values", values)]
        case _:
            return None


def _channel_specification(value: Structure) -> Made | None:
    it = cast("ChannelSpecification", value)
    if len(it.supported_input_modes) != 1 or it.supported_input_modes[0] not in _INPUT_MODES:
        return None
    method = _INPUT_MODES[it.supported_input_modes[0]]
    return method, [
        Argument("name", it.name, positional=True),
        Argument("content_types", it.supported_content_types),
        Argument("compression_types", it.supported_compression_types, CompressionType),
        Argument("required", it.is_required),
        Argument("description", it.description),
    ]


def _objective(value: Structure) -> Made | None:
    it = cast("HyperParameterTuningJobObjective", value)
    method = {"Maximize": "maximize", "Minimize": "minimize"}.get(it.type)
    return None if method is None else (method, [Argument("metric_name", it.metric_name, positional=True)])


def _channel(value: Structure) -> Made | None:
    it = cast("Channel", value)
    if it.shuffle_config is not None:
        return None
    plain = it.compression_type is None and it.record_wrapper_type is None
    match it.data_source:
        case DataSource(s3_data_source=S3DataSource() as data, file_system_data_source=None, dataset_source=None):
            return _s3_channel(it, data)
        case DataSource(s3_data_source=None, file_system_data_source=FileSystemDataSource() as data):
            alone = it.data_source.dataset_source is None
            return _file_system_channel(it, data) if plain and alone else None
        case DataSource(s3_data_source=None, file_system_data_source=None, dataset_source=DatasetSource() as data):
            return _dataset_channel(it, data) if plain else None
        case _:
            return None


def _s3_channel(it: Channel, data: S3DataSource) -> Made | None:
    more = (data.attribute_names, data.instance_group_names, data.model_access_config, data.hub_access_config)
    if any(each is not None for each in more):
        return None
    return "from_s3", [
        Argument("channel_name", it.channel_name, positional=True),
        Argument("s3_uri", data.s3_uri, positional=True),
        Argument("s3_data_type", _unless(data.s3_data_type, S3DataType.S3_PREFIX), S3DataType),
        Argument("s3_data_distribution_type", data.s3_data_distribution_type, S3DataDistribution),
        Argument("content_type", it.content_type),
        Argument("compression_type", it.compression_type, CompressionType),
        Argument("record_wrapper_type", it.record_wrapper_type, RecordWrapper),
        Argument("input_mode", it.input_mode, InputMode),
    ]


def _file_system_channel(it: Channel, data: FileSystemDataSource) -> Made:
    mode = _unless(data.file_system_access_mode, FileSystemAccessMode.READ_ONLY)
    return "from_file_system", [
        Argument("channel_name", it.channel_name, positional=True),
        Argument("file_system_id", data.file_system_id, positional=True),
        Argument("directory_path", data.directory_path, positional=True),
        Argument("file_system_type", data.file_system_type, FileSystemType),
        Argument("file_system_access_mode", mode, FileSystemAccessMode),
        Argument("content_type", it.content_type),
        Argument("input_mode", it.input_mode, InputMode),
    ]


def _dataset_channel(it: Channel, data: DatasetSource) -> Made:
    return "from_dataset", [
        Argument("channel_name", it.channel_name, positional=True),
        Argument("dataset_arn", data.dataset_arn, positional=True),
        Argument("content_type", it.content_type),
        Argument("input_mode", it.input_mode, InputMode),
    ]


def _transform_input(value: Structure) -> Made | None:
    it = cast("TransformInput", value)
    match it.data_source:
        case TransformDataSource(s3_data_source=TransformS3DataSource() as data):
            return "from_s3", [
                Argument("s3_uri", data.s3_uri, positional=True),
                Argument("s3_data_type", _unless(data.s3_data_type, S3DataType.S3_PREFIX), S3DataType),
                Argument("content_type", it.content_type),
                Argument("compression_type", it.compression_type, CompressionType),
                Argument("split_type", it.split_type, SplitType),
            ]
        case _:
            return None


def _unless(value: str, default: str) -> str | None:
    return None if value == default else value


_FACTORIES: dict[type[Structure], Callable[[Structure], Made | None]] = {
    Channel: _channel,
    ChannelSpecification: _channel_specification,
    HyperParameterSpecification: _hyper_parameter,
    HyperParameterTuningJobObjective: _objective,
    TransformInput: _transform_input,
}


def shared_values(value: object) -> Iterator[object]:
    """Yield the images, and the lists of two or more strings, in a tree of structures."""
    if isinstance(value, Structure):
        for field in dataclasses.fields(value):
            item = getattr(value, field.name)
            if field.name in ("training_image", "image") and isinstance(item, str):
                yield item
            elif field.name.endswith("_instance_types") and isinstance(item, list):
                yield tuple(cast("list[object]", item))
            else:
                yield from shared_values(item)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from shared_values(item)
