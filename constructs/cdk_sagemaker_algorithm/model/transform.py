"""The batch transform job of a validation profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from cdk_sagemaker_algorithm.model.base import Structure
from cdk_sagemaker_algorithm.model.enums import AssemblyType, BatchStrategy, CompressionType, S3DataType, SplitType
from cdk_sagemaker_algorithm.model.value_types import ApiDict, Integer, KmsKeyId, S3Uri


@dataclass(frozen=True, kw_only=True, slots=True)
class TransformS3DataSource(Structure):
    """Input of a transform job in S3.

    API shape: ``TransformS3DataSource``.

    Attributes:
        s3_data_type: ``S3DataType``. ``S3Prefix`` or ``ManifestFile``.
        s3_uri: ``S3Uri``. The prefix or the manifest. Up to 1,024 characters.
    """

    shape_name: ClassVar[str] = "TransformS3DataSource"

    s3_data_type: S3DataType | str
    s3_uri: S3Uri


@dataclass(frozen=True, kw_only=True, slots=True)
class TransformDataSource(Structure):
    """Location of a transform job's input.

    API shape: ``TransformDataSource``.

    Attributes:
        s3_data_source: ``S3DataSource``. In S3.
    """

    shape_name: ClassVar[str] = "TransformDataSource"

    s3_data_source: TransformS3DataSource | ApiDict


@dataclass(frozen=True, kw_only=True, slots=True)
class TransformInput(Structure):
    """Input of a transform job, and the way to read it.

    API shape: ``TransformInput``. The factory ``from_s3`` writes the data source for you.

    Attributes:
        data_source: ``DataSource``. Where the input is.
        content_type: ``ContentType``. MIME type of the input, sent with each request to the container. Up
            to 256 characters. Default: none.
        compression_type: ``CompressionType``. How the input is compressed; SageMaker unpacks it. Default:
            not compressed.
        split_type: ``SplitType``. Where files are split into records. Default: ``None``, a file is one
            record.
    """

    shape_name: ClassVar[str] = "TransformInput"

    data_source: TransformDataSource | ApiDict
    content_type: str | None = None
    compression_type: CompressionType | str | None = None
    split_type: SplitType | str | None = None

    @classmethod
    def from_s3(
        cls,
        s3_uri: S3Uri,
        *,
        s3_data_type: S3DataType | str = S3DataType.S3_PREFIX,
        content_type: str | None = None,
        compression_type: CompressionType | str | None = None,
        split_type: SplitType | str | None = None,
    ) -> Self:
        """Input that lies in S3.

        Args:
            s3_uri: A key prefix, or a manifest.
            s3_data_type: What the URI is.
            content_type: MIME type of the input. Default: none.
            compression_type: How the input is compressed. Default: not compressed.
            split_type: Where files are split into records. Default: a file is one record.
        """
        source = TransformS3DataSource(s3_data_type=s3_data_type, s3_uri=s3_uri)
        return cls(
            data_source=TransformDataSource(s3_data_source=source),
            content_type=content_type,
            compression_type=compression_type,
            split_type=split_type,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class TransformOutput(Structure):
    """Output of a transform job, and the way to write it.

    API shape: ``TransformOutput``.

    Attributes:
        s3_output_path: ``S3OutputPath``. S3 prefix for the results; each input object gets one with
            ``.out`` added to its name. Up to 1,024 characters.
        accept: ``Accept``. MIME type of the results, sent with each request to the container. Up to 256
            characters. Default: none.
        assemble_with: ``AssembleWith``. ``Line`` puts a newline after each record, ``None`` puts nothing
            between them. Default: chosen by SageMaker.
        kms_key_id: ``KmsKeyId``. Key that encrypts the results: ID, ARN, alias or alias ARN. Up to 2,048
            characters. Default: S3's default key of the role's account.
    """

    shape_name: ClassVar[str] = "TransformOutput"

    s3_output_path: S3Uri
    accept: str | None = None
    assemble_with: AssemblyType | str | None = None
    kms_key_id: KmsKeyId | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TransformResources(Structure):
    """Instances of a transform job.

    API shape: ``TransformResources``.

    Attributes:
        instance_type: ``InstanceType``. Instance type, such as ``ml.m5.xlarge``.
        instance_count: ``InstanceCount``. Number of instances; the service allows 100. At least 1.
        volume_kms_key_id: ``VolumeKmsKeyId``. Key that encrypts the storage; not for instance types with
            local storage. Up to 2,048 characters. Default: not encrypted with a key of yours.
        transform_ami_version: ``TransformAmiVersion``. One of SageMaker's machine images, such as
            ``al2-ami-sagemaker-batch-gpu-535``. 1 to 63 characters. Default: SageMaker's default.
    """

    shape_name: ClassVar[str] = "TransformResources"

    instance_type: str
    instance_count: Integer
    volume_kms_key_id: KmsKeyId | None = None
    transform_ami_version: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TransformJobDefinition(Structure):
    """A batch transform job that validates inference.

    API shape: ``TransformJobDefinition``.

    Attributes:
        max_concurrent_transforms: ``MaxConcurrentTransforms``. Number of requests that an instance gets
            at a time. At least 0. Default: 1.
        max_payload_in_mb: ``MaxPayloadInMB``. Greatest size of one request, in MB. At least 0. Default:
            6.
        batch_strategy: ``BatchStrategy``. Whether a request has one record or as many as fit. Default:
            chosen by SageMaker.
        environment: ``Environment``. Environment variables of the container. Up to 16 entries; keys of up
            to 1,024 characters, values of up to 10,240 characters. Default: none.
        transform_input: ``TransformInput``. What is read.
        transform_output: ``TransformOutput``. Where results go.
        transform_resources: ``TransformResources``. What it runs on.
    """

    shape_name: ClassVar[str] = "TransformJobDefinition"

    max_concurrent_transforms: Integer | None = None
    max_payload_in_mb: Integer | None = None
    batch_strategy: BatchStrategy | str | None = None
    environment: Mapping[str, str] | None = None
    transform_input: TransformInput | ApiDict
    transform_output: TransformOutput | ApiDict
    transform_resources: TransformResources | ApiDict
