"""Input and output data: channels, data sources and output locations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from cdk_sagemaker_algorithm.model.base import Structure
from cdk_sagemaker_algorithm.model.enums import (
    AdditionalS3DataSourceDataType,
    CompressionType,
    FileSystemAccessMode,
    FileSystemType,
    InputMode,
    OutputCompressionType,
    RecordWrapper,
    S3DataDistribution,
    S3DataType,
)
from cdk_sagemaker_algorithm.model.value_types import ApiDict, Integer, KmsKeyId, S3Uri


@dataclass(frozen=True, kw_only=True, slots=True)
class AdditionalS3DataSource(Structure):
    """Data in addition to the input channels or the model's own data.

    API shape: ``AdditionalS3DataSource``.

    Attributes:
        s3_data_type: ``S3DataType``. Whether the URI is of one object or a prefix.
        s3_uri: ``S3Uri``. Where the data lies. Up to 1,024 characters.
        compression_type: ``CompressionType``. How it is compressed. Default: not compressed.
        e_tag: ``ETag``. ETag of the object. Default: none.
    """

    shape_name: ClassVar[str] = "AdditionalS3DataSource"

    s3_data_type: AdditionalS3DataSourceDataType | str
    s3_uri: S3Uri
    compression_type: CompressionType | str | None = None
    e_tag: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelAccessConfig(Structure):
    """Acceptance of a model's license.

    API shape: ``ModelAccessConfig``.

    Attributes:
        accept_eula: ``AcceptEula``. True accepts the end-user license that the model asks for.
    """

    shape_name: ClassVar[str] = "ModelAccessConfig"

    accept_eula: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class HubAccessConfig(Structure):
    """Model of a private hub that represents a public JumpStart model.

    API shape: ``HubAccessConfig``.

    Attributes:
        hub_content_arn: ``HubContentArn``. ARN of the model reference in your private hub. Up to 255
            characters.
    """

    shape_name: ClassVar[str] = "HubAccessConfig"

    hub_content_arn: str


@dataclass(frozen=True, kw_only=True, slots=True)
class S3DataSource(Structure):
    """Input data in S3.

    API shape: ``S3DataSource``. Its bucket must be in the region of the training job.

    Attributes:
        s3_data_type: ``S3DataType``. What the URI is: a key prefix, or a manifest of one of several
            kinds.
        s3_uri: ``S3Uri``. The prefix or the manifest. Up to 1,024 characters.
        s3_data_distribution_type: ``S3DataDistributionType``. Whether each instance gets all objects or
            its share. Default: all objects, ``FullyReplicated``.
        attribute_names: ``AttributeNames``. Attributes to read from an augmented manifest. Up to 16
            items, each of 1 to 256 characters. Default: none.
        instance_group_names: ``InstanceGroupNames``. Instance groups that get the data, where a job has
            several. Up to 5 items, each of 1 to 64 characters. Default: none.
        model_access_config: ``ModelAccessConfig``. Acceptance of a model's license, where the data is a
            model. Default: not accepted.
        hub_access_config: ``HubAccessConfig``. The private hub's reference, where the data is a JumpStart
            model. Default: none.
    """

    shape_name: ClassVar[str] = "S3DataSource"

    s3_data_type: S3DataType | str
    s3_uri: S3Uri
    s3_data_distribution_type: S3DataDistribution | str | None = None
    attribute_names: Sequence[str] | None = None
    instance_group_names: Sequence[str] | None = None
    model_access_config: ModelAccessConfig | ApiDict | None = None
    hub_access_config: HubAccessConfig | ApiDict | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FileSystemDataSource(Structure):
    """Input data in a file system.

    API shape: ``FileSystemDataSource``.

    Attributes:
        file_system_id: ``FileSystemId``. The file system's ID, ``fs-`` and hex digits. 11 to 21
            characters.
        file_system_access_mode: ``FileSystemAccessMode``. Whether it is mounted for reading alone.
        file_system_type: ``FileSystemType``. The kind of file system.
        directory_path: ``DirectoryPath``. Full path of the directory in the file system. Up to 4,096
            characters.
    """

    shape_name: ClassVar[str] = "FileSystemDataSource"

    file_system_id: str
    file_system_access_mode: FileSystemAccessMode | str
    file_system_type: FileSystemType | str
    directory_path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DatasetSource(Structure):
    """Input data in a dataset of a SageMaker hub.

    API shape: ``DatasetSource``.

    Attributes:
        dataset_arn: ``DatasetArn``. ARN of the dataset, a hub content of kind ``DataSet``. Up to 2,048
            characters.
    """

    shape_name: ClassVar[str] = "DatasetSource"

    dataset_arn: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DataSource(Structure):
    """Location of a channel's data: set one of the three fields.

    API shape: ``DataSource``.

    Attributes:
        s3_data_source: ``S3DataSource``. In S3. Default: none; the data is elsewhere.
        file_system_data_source: ``FileSystemDataSource``. In a file system. Default: none; the data is elsewhere.
        dataset_source: ``DatasetSource``. In a dataset of a hub. Default: none; the data is elsewhere.
    """

    shape_name: ClassVar[str] = "DataSource"

    s3_data_source: S3DataSource | ApiDict | None = None
    file_system_data_source: FileSystemDataSource | ApiDict | None = None
    dataset_source: DatasetSource | ApiDict | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ShuffleConfig(Structure):
    """Shuffles the input: objects of a prefix, entries of a manifest.

    API shape: ``ShuffleConfig``.

    Attributes:
        seed: ``Seed``. Decides the order.
    """

    shape_name: ClassVar[str] = "ShuffleConfig"

    seed: Integer


@dataclass(frozen=True, kw_only=True, slots=True)
class Channel(Structure):
    """An input channel of a training job.

    API shape: ``Channel``. The factories ``from_s3``, ``from_file_system`` and ``from_dataset`` write the
    data source for you.

    Attributes:
        channel_name: ``ChannelName``. The channel's name, one of those that the training specification
            declares. 1 to 64 characters.
        data_source: ``DataSource``. Where its data is.
        content_type: ``ContentType``. MIME type of the data. Up to 256 characters. Default: none.
        compression_type: ``CompressionType``. How the data is compressed; for Pipe mode alone. Default:
            not compressed.
        record_wrapper_type: ``RecordWrapperType``. ``RecordIO`` wraps each S3 object in a record; for
            Pipe mode alone. Default: ``None``.
        input_mode: ``InputMode``. How this channel's data gets into the container. Default: the training
            job's ``training_input_mode``.
        shuffle_config: ``ShuffleConfig``. Shuffles the data, in Pipe mode at the start of each epoch.
            Default: not shuffled.
    """

    shape_name: ClassVar[str] = "Channel"

    channel_name: str
    data_source: DataSource | ApiDict
    content_type: str | None = None
    compression_type: CompressionType | str | None = None
    record_wrapper_type: RecordWrapper | str | None = None
    input_mode: InputMode | str | None = None
    shuffle_config: ShuffleConfig | ApiDict | None = None

    @classmethod
    def from_s3(  # noqa: PLR0913 - an argument for each member that is often given
        cls,
        channel_name: str,
        s3_uri: S3Uri,
        *,
        s3_data_type: S3DataType | str = S3DataType.S3_PREFIX,
        s3_data_distribution_type: S3DataDistribution | str | None = None,
        content_type: str | None = None,
        compression_type: CompressionType | str | None = None,
        record_wrapper_type: RecordWrapper | str | None = None,
        input_mode: InputMode | str | None = None,
    ) -> Self:
        """Create a channel that reads from S3.

        Args:
            channel_name: Name of a channel in the training specification.
            s3_uri: A key prefix, or a manifest.
            s3_data_type: Whether the URI is a prefix or a kind of manifest.
            s3_data_distribution_type: Whether each instance reads all objects or its share. Default: all.
            content_type: MIME type of the data. Default: none.
            compression_type: Compression of the data. Default: none.
            record_wrapper_type: Whether each object is wrapped in a record, in Pipe mode. Default: not wrapped.
            input_mode: How the container receives the data. Default: the training job's mode.
        """
        source = S3DataSource(
            s3_data_type=s3_data_type, s3_uri=s3_uri, s3_data_distribution_type=s3_data_distribution_type
        )
        return cls(
            channel_name=channel_name,
            data_source=DataSource(s3_data_source=source),
            content_type=content_type,
            compression_type=compression_type,
            record_wrapper_type=record_wrapper_type,
            input_mode=input_mode,
        )

    @classmethod
    def from_file_system(  # noqa: PLR0913 - an argument for each member that is often given
        cls,
        channel_name: str,
        file_system_id: str,
        directory_path: str,
        *,
        file_system_type: FileSystemType | str,
        file_system_access_mode: FileSystemAccessMode | str = FileSystemAccessMode.READ_ONLY,
        content_type: str | None = None,
        input_mode: InputMode | str | None = None,
    ) -> Self:
        """Create a channel that reads from a file system.

        Args:
            channel_name: Name of a channel in the training specification.
            file_system_id: ``fs-`` and hex digits.
            directory_path: Full path of the directory in the file system.
            file_system_type: Amazon EFS or FSx for Lustre.
            file_system_access_mode: Whether the file system is mounted read-only.
            content_type: MIME type of the data. Default: none.
            input_mode: How the container receives the data. Default: the training job's mode.
        """
        source = FileSystemDataSource(
            file_system_id=file_system_id,
            file_system_access_mode=file_system_access_mode,
            file_system_type=file_system_type,
            directory_path=directory_path,
        )
        return cls(
            channel_name=channel_name,
            data_source=DataSource(file_system_data_source=source),
            content_type=content_type,
            input_mode=input_mode,
        )

    @classmethod
    def from_dataset(
        cls,
        channel_name: str,
        dataset_arn: str,
        *,
        content_type: str | None = None,
        input_mode: InputMode | str | None = None,
    ) -> Self:
        """Create a channel that reads a dataset of a SageMaker hub.

        Args:
            channel_name: Name of a channel in the training specification.
            dataset_arn: ARN of the dataset.
            content_type: MIME type of the data. Default: none.
            input_mode: How the container receives the data. Default: the training job's mode.
        """
        return cls(
            channel_name=channel_name,
            data_source=DataSource(dataset_source=DatasetSource(dataset_arn=dataset_arn)),
            content_type=content_type,
            input_mode=input_mode,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class OutputDataConfig(Structure):
    """Output location of a training job's model.

    API shape: ``OutputDataConfig``.

    Attributes:
        kms_key_id: ``KmsKeyId``. Key that encrypts the model: ID, ARN, alias or alias ARN. Up to 2,048
            characters. Default: S3's default key of the role's account.
        s3_output_path: ``S3OutputPath``. S3 prefix for the model. Up to 1,024 characters.
        compression_type: ``CompressionType``. ``NONE`` leaves the model's files as they are, for large
            models. Default: ``GZIP``, one ``model.tar.gz``.
    """

    shape_name: ClassVar[str] = "OutputDataConfig"

    kms_key_id: KmsKeyId | None = None
    s3_output_path: S3Uri
    compression_type: OutputCompressionType | str | None = None
