"""Inference specifications and containers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from cdk_sagemaker_algorithm.model.base import Structure
from cdk_sagemaker_algorithm.model.data import AdditionalS3DataSource, ModelAccessConfig
from cdk_sagemaker_algorithm.model.enums import ModelCompressionType, S3ModelDataType
from cdk_sagemaker_algorithm.model.value_types import ApiDict, ImageUri, S3Uri


@dataclass(frozen=True, kw_only=True, slots=True)
class InferenceHubAccessConfig(Structure):
    """Hub content that a deployment can use.

    API shape: ``InferenceHubAccessConfig``.

    Attributes:
        hub_content_arn: ``HubContentArn``. ARN of the hub content. Up to 255 characters.
    """

    shape_name: ClassVar[str] = "InferenceHubAccessConfig"

    hub_content_arn: str


@dataclass(frozen=True, kw_only=True, slots=True)
class S3ModelDataSource(Structure):
    """Model data in S3.

    API shape: ``S3ModelDataSource``.

    Attributes:
        s3_uri: ``S3Uri``. The object, or a prefix that ends with ``/``. Up to 1,024 characters.
        s3_data_type: ``S3DataType``. Whether the URI is of one object or a prefix.
        compression_type: ``CompressionType``. Whether the data is a gzipped tar archive or plain files.
        model_access_config: ``ModelAccessConfig``. Acceptance of the model's license. Default: not accepted.
        hub_access_config: ``HubAccessConfig``. Which hub content may be used. Default: none.
        manifest_s3_uri: ``ManifestS3Uri``. A CSV file that lists where the artifacts are. Up to 1,024
            characters. Default: none.
        e_tag: ``ETag``. ETag of the object. Default: none.
        manifest_etag: ``ManifestEtag``. ETag of the manifest. Default: none.
    """

    shape_name: ClassVar[str] = "S3ModelDataSource"

    s3_uri: S3Uri
    s3_data_type: S3ModelDataType | str
    compression_type: ModelCompressionType | str
    model_access_config: ModelAccessConfig | ApiDict | None = None
    hub_access_config: InferenceHubAccessConfig | ApiDict | None = None
    manifest_s3_uri: S3Uri | None = None
    e_tag: str | None = None
    manifest_etag: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelDataSource(Structure):
    """Location of model data.

    API shape: ``ModelDataSource``.

    Attributes:
        s3_data_source: ``S3DataSource``. In S3. Default: none.
    """

    shape_name: ClassVar[str] = "ModelDataSource"

    s3_data_source: S3ModelDataSource | ApiDict | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelInput(Structure):
    """Input of a model.

    API shape: ``ModelInput``.

    Attributes:
        data_input_config: ``DataInputConfig``. The input's names and shapes as the framework writes them,
            a JSON text. 1 to 16,384 characters.
    """

    shape_name: ClassVar[str] = "ModelInput"

    data_input_config: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AdditionalModelDataSource(Structure):
    """Model data in addition to a container's own.

    API shape: ``AdditionalModelDataSource``.

    Attributes:
        channel_name: ``ChannelName``. A name of your own for it. 1 to 64 characters.
        s3_data_source: ``S3DataSource``. Where it is.
    """

    shape_name: ClassVar[str] = "AdditionalModelDataSource"

    channel_name: str
    s3_data_source: S3ModelDataSource | ApiDict


@dataclass(frozen=True, kw_only=True, slots=True)
class BaseModel(Structure):
    """The foundation model that a customized model began with.

    API shape: ``BaseModel``.

    Attributes:
        hub_content_name: ``HubContentName``. Its name in the hub. Up to 63 characters. Default: none.
        hub_content_version: ``HubContentVersion``. Its version in the hub, such as ``1.0.0``. 5 to 14
            characters. Default: none.
        recipe_name: ``RecipeName``. The recipe it was customized with. Up to 255 characters. Default: none.
    """

    shape_name: ClassVar[str] = "BaseModel"

    hub_content_name: str | None = None
    hub_content_version: str | None = None
    recipe_name: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelPackageContainerDefinition(Structure):
    """A container that answers inference requests.

    API shape: ``ModelPackageContainerDefinition``.

    Attributes:
        container_hostname: ``ContainerHostname``. DNS name of the container. Up to 63 characters. Default: none.
        image: ``Image``. Registry path of the image that infers, with a tag or a digest. Up to 255
            characters. Default: none.
        image_digest: ``ImageDigest``. Digest of that image, ``sha256:`` and 64 hex digits. Up to 72
            characters. Default: SageMaker looks up the digest when the algorithm is created.
        model_data_url: ``ModelDataUrl``. A gzipped tar archive of model data in S3. An algorithm's model
            comes from training. Up to 1,024 characters. Default: the trained model.
        model_data_source: ``ModelDataSource``. Model data in S3 that is not one archive. Default: the
            trained model.
        product_id: ``ProductId``. AWS Marketplace's product ID of the model package. Up to 256
            characters. Default: not from the Marketplace.
        environment: ``Environment``. Environment variables of the container; AWS documents 16 at most,
            its model allows more. Up to 100 entries; keys of up to 1,024 characters, values of up to
            1,024 characters. Default: none.
        model_input: ``ModelInput``. What the model takes as input. Default: none.
        framework: ``Framework``. The framework in the image, such as ``PYTORCH``. Default: none.
        framework_version: ``FrameworkVersion``. The framework's version. 3 to 10 characters. Default: none.
        nearest_model_name: ``NearestModelName``. A model benchmarked by Inference Recommender that is
            like this one. Default: none.
        additional_model_data_sources: ``AdditionalModelDataSources``. Additional model data, without the container's
            own. Up to 5 items. Default: none.
        additional_s3_data_source: ``AdditionalS3DataSource``. Data in addition to the
            model's. Default: none.
        model_data_e_tag: ``ModelDataETag``. ETag of the object at ``model_data_url``. Default: none.
        is_checkpoint: ``IsCheckpoint``. Whether the model data is a checkpoint of training. Default: none.
        base_model: ``BaseModel``. The foundation model that this one began with. Default: none.
    """

    shape_name: ClassVar[str] = "ModelPackageContainerDefinition"

    container_hostname: str | None = None
    image: ImageUri | None = None
    image_digest: str | None = None
    model_data_url: S3Uri | None = None
    model_data_source: ModelDataSource | ApiDict | None = None
    product_id: str | None = None
    environment: Mapping[str, str] | None = None
    model_input: ModelInput | ApiDict | None = None
    framework: str | None = None
    framework_version: str | None = None
    nearest_model_name: str | None = None
    additional_model_data_sources: Sequence[AdditionalModelDataSource | ApiDict] | None = None
    additional_s3_data_source: AdditionalS3DataSource | ApiDict | None = None
    model_data_e_tag: str | None = None
    is_checkpoint: bool | None = None
    base_model: BaseModel | ApiDict | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class InferenceSpecification(Structure):
    """Inference with models that the algorithm has trained.

    API shape: ``InferenceSpecification``.

    Attributes:
        containers: ``Containers``. The containers, in the order that a request passes them. 1 to 15
            items.
        supported_transform_instance_types: ``SupportedTransformInstanceTypes``. Instance types for batch
            transform, names such as ``ml.m5.xlarge``. At least 1 item. Default: none.
        supported_realtime_inference_instance_types: ``SupportedRealtimeInferenceInstanceTypes``. Instance
            types for endpoints, names such as ``ml.m5.xlarge``. Default: none.
        supported_content_types: ``SupportedContentTypes``. MIME types of requests. Each of up to 256
            characters. Default: none.
        supported_response_mime_types: ``SupportedResponseMIMETypes``. MIME types of answers. Each of up
            to 1,024 characters. Default: none.
    """

    shape_name: ClassVar[str] = "InferenceSpecification"

    containers: Sequence[ModelPackageContainerDefinition | ApiDict]
    supported_transform_instance_types: Sequence[str] | None = None
    supported_realtime_inference_instance_types: Sequence[str] | None = None
    supported_content_types: Sequence[str] | None = None
    supported_response_mime_types: Sequence[str] | None = None
