"""Training specifications."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from cdk_sagemaker_algorithm.model.base import Structure
from cdk_sagemaker_algorithm.model.data import AdditionalS3DataSource
from cdk_sagemaker_algorithm.model.enums import CompressionType, HyperParameterTuningJobObjectiveType, InputMode
from cdk_sagemaker_algorithm.model.hyperparameters import HyperParameterSpecification
from cdk_sagemaker_algorithm.model.value_types import ApiDict, ImageUri


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricDefinition(Structure):
    """A metric that the algorithm writes to its log, and how to find it there.

    API shape: ``MetricDefinition``.

    Attributes:
        name: ``Name``. The metric's name. 1 to 255 characters.
        regex: ``Regex``. A regular expression whose first group is the metric's value in a line of the
            log. 1 to 500 characters.
    """

    shape_name: ClassVar[str] = "MetricDefinition"

    name: str
    regex: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HyperParameterTuningJobObjective(Structure):
    """A metric that a tuning job can optimize.

    API shape: ``HyperParameterTuningJobObjective``. Create one with ``maximize`` or ``minimize``.

    Attributes:
        type: ``Type``. ``Maximize`` or ``Minimize``.
        metric_name: ``MetricName``. The name of one of the metrics defined in ``metric_definitions``. 1
            to 255 characters.
    """

    shape_name: ClassVar[str] = "HyperParameterTuningJobObjective"

    type: HyperParameterTuningJobObjectiveType | str
    metric_name: str

    @classmethod
    def maximize(cls, metric_name: str) -> Self:
        """Maximize a metric.

        Args:
            metric_name: Name of a metric in ``metric_definitions``.
        """
        return cls(type=HyperParameterTuningJobObjectiveType.MAXIMIZE, metric_name=metric_name)

    @classmethod
    def minimize(cls, metric_name: str) -> Self:
        """Minimize a metric.

        Args:
            metric_name: Name of a metric in ``metric_definitions``.
        """
        return cls(type=HyperParameterTuningJobObjectiveType.MINIMIZE, metric_name=metric_name)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelSpecification(Structure):
    """An input channel that the algorithm reads its data from.

    API shape: ``ChannelSpecification``. The factories ``file`` and ``pipe`` set the input mode.

    Attributes:
        name: ``Name``. The channel's name; in File mode also the directory under ``/opt/ml/input/data``.
            1 to 64 characters.
        description: ``Description``. What the channel is for, for those who train with the algorithm. Up
            to 1,024 characters. Default: none.
        is_required: ``IsRequired``. Whether every training job must give the channel. Default: false.
        supported_content_types: ``SupportedContentTypes``. MIME types that the algorithm can read; may be
            empty. Each of up to 256 characters.
        supported_compression_types: ``SupportedCompressionTypes``. Compressions that the algorithm can
            read. Default: none.
        supported_input_modes: ``SupportedInputModes``. How the algorithm can take the data. ``FastFile``
            is in the API but SageMaker rejects it for algorithms. At least 1 item.
    """

    shape_name: ClassVar[str] = "ChannelSpecification"

    name: str
    description: str | None = None
    is_required: bool | None = None
    supported_content_types: Sequence[str]
    supported_compression_types: Sequence[CompressionType | str] | None = None
    supported_input_modes: Sequence[InputMode | str]

    @classmethod
    def file(
        cls,
        name: str,
        *,
        content_types: Sequence[str],
        compression_types: Sequence[CompressionType | str] | None = None,
        required: bool | None = None,
        description: str | None = None,
    ) -> Self:
        """Declare a channel that SageMaker copies to the disk before training starts.

        Args:
            name: Name of the channel.
            content_types: MIME types that the algorithm can read; may be empty.
            compression_types: Compression types that the algorithm can read. Default: none.
            required: Whether every training job must provide the channel. Default: not declared.
            description: Purpose of the channel. Default: none.
        """
        return cls(
            name=name,
            description=description,
            is_required=required,
            supported_content_types=content_types,
            supported_compression_types=compression_types,
            supported_input_modes=[InputMode.FILE],
        )

    @classmethod
    def pipe(
        cls,
        name: str,
        *,
        content_types: Sequence[str],
        compression_types: Sequence[CompressionType | str] | None = None,
        required: bool | None = None,
        description: str | None = None,
    ) -> Self:
        """Declare a channel that SageMaker streams during training.

        Args:
            name: Name of the channel.
            content_types: MIME types that the algorithm can read; may be empty.
            compression_types: Compression types that the algorithm can read. Default: none.
            required: Whether every training job must provide the channel. Default: not declared.
            description: Purpose of the channel. Default: none.
        """
        return cls(
            name=name,
            description=description,
            is_required=required,
            supported_content_types=content_types,
            supported_compression_types=compression_types,
            supported_input_modes=[InputMode.PIPE],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingSpecification(Structure):
    """Training with the algorithm: image, hyperparameters, channels, metrics and instance types.

    API shape: ``TrainingSpecification``.

    Attributes:
        training_image: ``TrainingImage``. Registry path of the image that trains, with a tag or a digest.
            Up to 255 characters.
        training_image_digest: ``TrainingImageDigest``. Digest of that image, ``sha256:`` and 64 hex
            digits. Up to 72 characters. Default: SageMaker looks up the digest when the algorithm is
            created.
        supported_hyper_parameters: ``SupportedHyperParameters``. The hyperparameters that the algorithm
            understands. Up to 100 items. Default: none; it cannot be tuned.
        supported_training_instance_types: ``SupportedTrainingInstanceTypes``. Instance types that it can
            train on, names such as ``ml.m5.xlarge``.
        supports_distributed_training: ``SupportsDistributedTraining``. Whether it can train on more than
            one instance; when False, buyers cannot ask for more. Default: false.
        metric_definitions: ``MetricDefinitions``. Metrics that it writes to its log. Up to 40 items.
            Default: none; no metrics are collected.
        training_channels: ``TrainingChannels``. The channels that it reads its data from. 1 to 8 items.
        supported_tuning_job_objective_metrics: ``SupportedTuningJobObjectiveMetrics``. Metrics that a
            tuning job can optimize. Default: none.
        additional_s3_data_source: ``AdditionalS3DataSource``. Data in addition to the channels that a training
            job uses. Default: none.
    """

    shape_name: ClassVar[str] = "TrainingSpecification"

    training_image: ImageUri
    training_image_digest: str | None = None
    supported_hyper_parameters: Sequence[HyperParameterSpecification | ApiDict] | None = None
    supported_training_instance_types: Sequence[str]
    supports_distributed_training: bool | None = None
    metric_definitions: Sequence[MetricDefinition | ApiDict] | None = None
    training_channels: Sequence[ChannelSpecification | ApiDict]
    supported_tuning_job_objective_metrics: Sequence[HyperParameterTuningJobObjective | ApiDict] | None = None
    additional_s3_data_source: AdditionalS3DataSource | ApiDict | None = None
