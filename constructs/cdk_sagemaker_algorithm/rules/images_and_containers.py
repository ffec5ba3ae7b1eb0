"""Rules for container images and the other fields of a container."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.model.ecr_image import EcrImage
from cdk_sagemaker_algorithm.model.paths import api_path
from cdk_sagemaker_algorithm.model.regions import dns_suffix_of
from cdk_sagemaker_algorithm.rules import examples as ex
from cdk_sagemaker_algorithm.rules import sources
from cdk_sagemaker_algorithm.rules.aws_image_accounts import is_aws_account
from cdk_sagemaker_algorithm.rules.deployment import Deployment
from cdk_sagemaker_algorithm.rules.request_view import UNKNOWN, is_structure, items
from cdk_sagemaker_algorithm.rules.rule import Problem, rule
from cdk_sagemaker_algorithm.rules.rule_finding import RuleLevel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_sagemaker_algorithm.model.paths import Path
    from cdk_sagemaker_algorithm.rules.request_view import Definition, Node

ERROR, WARNING = RuleLevel.ERROR, RuleLevel.WARNING
_MOST_VARIABLES = 16


@rule(
    "image-repository",
    ERROR,
    "ECR repository names must be lowercase",
    why="SageMaker could not pull the image",
    fails=ex.training(TrainingImage="123456789012.dkr.ecr.us-east-1.amazonaws.com/Trees:1"),
    passes=ex.training(TrainingImage="123456789012.dkr.ecr.us-east-1.amazonaws.com/trees:1"),
)
def image_repository(definition: Definition) -> Iterator[Problem]:
    for path, uri, image in ecr_images(definition):
        lower = image.repository.lower()
        if image.repository != lower:
            yield Problem(path, "names a repository with capital letters", uri, f'"{lower}"')


@rule(
    "image-not-in-ecr",
    ERROR,
    "images must be in Amazon ECR",
    why="SageMaker pulls images of algorithms only from private repositories of Amazon ECR",
    source=sources.api("TrainingSpecification"),
    fails=ex.training(TrainingImage="tensorflow/tensorflow:2.16.1-gpu"),
    passes=ex.training(TrainingImage="123456789012.dkr.ecr.us-east-1.amazonaws.com/tensorflow:2.16.1-gpu"),
)
def image_not_in_ecr(definition: Definition) -> Iterator[Problem]:
    for path, uri in _images(definition):
        if isinstance(uri, str) and _ecr_image(uri) is None:
            region = definition.deployment.region or "us-east-1"
            domain = dns_suffix_of(region)
            allowed = f"a path such as {definition.deployment.account or ex.ACCOUNT}.dkr.ecr.{region}.{domain}/name:tag"
            problem = "starts with a scheme; remove it" if "://" in uri else "is not in Amazon ECR"
            yield Problem(path, problem, uri, allowed)


@rule(
    "image-region",
    ERROR,
    "images must be in the region of the algorithm",
    why="SageMaker pulls no images from other regions",
    source=sources.api("TrainingSpecification"),
    fails=ex.training(TrainingImage=ex.IMAGE),
    passes=ex.training(TrainingImage=ex.IMAGE),
    deployment=Deployment(region="eu-west-1"),
    passes_in=Deployment(region="us-east-1"),
)
def image_region(definition: Definition) -> Iterator[Problem]:
    """Compare with the region of the stack; if it is unknown, with the region of the first image."""
    expected, whose = definition.deployment.region, "the stack's region"
    for path, uri, image in ecr_images(definition):
        if expected is None:
            expected, whose = image.region, f"the region of {api_path(path)}"
        elif image.region != expected:
            yield Problem(path, f"is in {image.region}, but {whose} is {expected}", uri)


@rule(
    "image-account",
    WARNING,
    "images should be in the algorithm's account or an AWS account",
    why="the repository policy must allow SageMaker in the algorithm's account to pull the image",
    source="https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html",
    fails=ex.training(TrainingImage=ex.IMAGE),
    passes=ex.training(TrainingImage=ex.IMAGE),
    deployment=Deployment(account="111122223333"),
    passes_in=Deployment(account=ex.ACCOUNT),
)
def image_account(definition: Definition) -> Iterator[Problem]:
    """Warn about other accounts; for certified algorithms, `certify_image_account` reports an error."""
    account = definition.deployment.account
    if account is None or definition.certify:
        return
    for path, uri, image in ecr_images(definition):
        if image.account != account and not is_aws_account(image.account):
            yield Problem(path, f"is in account {image.account}, but the stack's account is {account}", uri)


@rule(
    "image-digest",
    ERROR,
    "an image digest must match the digest in the image's path",
    certain=True,
    fails=ex.training(TrainingImage=f"{ex.REPOSITORY}@sha256:{'0' * 64}", TrainingImageDigest="sha256:" + "1" * 64),
    passes=ex.training(TrainingImage=f"{ex.REPOSITORY}@sha256:{'0' * 64}", TrainingImageDigest="sha256:" + "0" * 64),
)
def image_digest(definition: Definition) -> Iterator[Problem]:
    digests: dict[Path, object] = {("TrainingSpecification",): definition.training.get("TrainingImageDigest")}
    for index, container in _containers(definition):
        digests["InferenceSpecification", "Containers", index] = container.get("ImageDigest")
    for path, _, image in ecr_images(definition):
        digest = digests.get(path[:-1])
        if isinstance(digest, str) and image.digest and digest.lower() != image.digest.lower():
            member = "TrainingImageDigest" if path[0] == "TrainingSpecification" else "ImageDigest"
            problem = f"contradicts the digest in {api_path(path)}; remove one of the two"
            yield Problem((*path[:-1], member), problem, digest)


@rule(
    "model-data-archive",
    ERROR,
    "model data of a container must be one .tar.gz archive",
    source=sources.api("ModelPackageContainerDefinition"),
    fails=ex.inference(Containers=[{"Image": ex.IMAGE, "ModelDataUrl": f"{ex.BUCKET}/model/"}]),
    passes=ex.inference(Containers=[{"Image": ex.IMAGE, "ModelDataUrl": f"{ex.BUCKET}/model.tar.gz"}]),
)
def model_data_archive(definition: Definition) -> Iterator[Problem]:
    for index, container in _containers(definition):
        url = container.get("ModelDataUrl")
        if isinstance(url, str) and not url.partition("?")[0].endswith(".tar.gz"):
            path = ("InferenceSpecification", "Containers", index, "ModelDataUrl")
            yield Problem(path, "is not a gzip-compressed tar archive", url, "a URL that ends with .tar.gz")


@rule(
    "container-environment-count",
    WARNING,
    "a container should have up to 16 environment variables",
    why="AWS documents a limit of 16; the API model allows 100",
    source=sources.api("ModelPackageContainerDefinition"),
    fails=ex.inference(Containers=[{"Image": ex.IMAGE, "Environment": {f"V{number}": "1" for number in range(17)}}]),
    passes=ex.inference(Containers=[{"Image": ex.IMAGE, "Environment": {f"V{number}": "1" for number in range(16)}}]),
)
def container_environment_count(definition: Definition) -> Iterator[Problem]:
    for index, container in _containers(definition):
        environment = container.get("Environment")
        if is_structure(environment) and len(environment) > _MOST_VARIABLES:
            path = ("InferenceSpecification", "Containers", index, "Environment")
            yield Problem(path, f"has {len(environment)} entries", allowed=f"at most {_MOST_VARIABLES}")


@rule(
    "inference-instance-types",
    WARNING,
    "an inference specification should list instance types for endpoints and for transform jobs",
    why="AWS documents both lists as required for unversioned models",
    source=sources.api("InferenceSpecification"),
    fails=ex.inference(SupportedRealtimeInferenceInstanceTypes=[]),
    passes=ex.inference(SupportedRealtimeInferenceInstanceTypes=["ml.m5.large"]),
)
def inference_instance_types(definition: Definition) -> Iterator[Problem]:
    if not is_structure(definition.inference):
        return
    for name in ("SupportedTransformInstanceTypes", "SupportedRealtimeInferenceInstanceTypes"):
        if definition.inference.get(name) in (None, []):
            yield Problem(("InferenceSpecification", name), "is missing")


@rule(
    "additional-s3-data-source-form",
    ERROR,
    "an additional S3 data source must be a gzip-compressed S3 object",
    fails=ex.training(
        AdditionalS3DataSource={"S3DataType": "S3Prefix", "S3Uri": f"{ex.BUCKET}/base/", "CompressionType": "Gzip"}
    ),
    passes=ex.training(
        AdditionalS3DataSource={
            "S3DataType": "S3Object",
            "S3Uri": f"{ex.BUCKET}/base.tar.gz",
            "CompressionType": "Gzip",
        }
    ),
)
def additional_source_form(definition: Definition) -> Iterator[Problem]:
    for path, source in _additional_sources(definition):
        for member, wanted in (("S3DataType", "S3Object"), ("CompressionType", "Gzip")):
            given = source.get(member)
            if given is None:
                yield Problem((*path, member), "is missing", allowed=wanted)
            elif given not in (wanted, UNKNOWN):
                problem = "is not supported for an additional data source"
                yield Problem((*path, member), problem, given, wanted)


@rule(
    "additional-s3-data-source-container",
    ERROR,
    "only the first container can have an additional S3 data source",
    fails=ex.inference(
        Containers=[
            {"Image": ex.IMAGE},
            {
                "Image": ex.IMAGE,
                "AdditionalS3DataSource": {
                    "S3DataType": "S3Object",
                    "S3Uri": f"{ex.BUCKET}/base.tar.gz",
                    "CompressionType": "Gzip",
                },
            },
        ]
    ),
    passes=ex.inference(
        Containers=[
            {
                "Image": ex.IMAGE,
                "AdditionalS3DataSource": {
                    "S3DataType": "S3Object",
                    "S3Uri": f"{ex.BUCKET}/base.tar.gz",
                    "CompressionType": "Gzip",
                },
            },
            {"Image": ex.IMAGE},
        ]
    ),
)
def additional_source_container(definition: Definition) -> Iterator[Problem]:
    for index, container in _containers(definition):
        if index and container.get("AdditionalS3DataSource") is not None:
            path = ("InferenceSpecification", "Containers", index, "AdditionalS3DataSource")
            yield Problem(path, f"is on container [{index}]", allowed="only container [0]")


def _containers(definition: Definition) -> list[tuple[int, Node]]:
    inference = definition.inference
    return items(inference, "Containers") if is_structure(inference) else []


def ecr_images(definition: Definition) -> Iterator[tuple[Path, str, EcrImage]]:
    """Yield the images in Amazon ECR that are not deploy-time values: path, registry path and its parts."""
    for path, uri in _images(definition):
        image = _ecr_image(uri) if isinstance(uri, str) else None
        if isinstance(uri, str) and image is not None:
            yield path, uri, image


def _ecr_image(uri: str) -> EcrImage | None:
    image = EcrImage.parse(uri)
    return image if image is not None and image.in_its_partition else None


def _images(definition: Definition) -> Iterator[tuple[Path, object]]:
    yield ("TrainingSpecification", "TrainingImage"), definition.training.get("TrainingImage")
    for index, container in _containers(definition):
        yield ("InferenceSpecification", "Containers", index, "Image"), container.get("Image")


def _additional_sources(definition: Definition) -> Iterator[tuple[Path, Node]]:
    source = definition.training.get("AdditionalS3DataSource")
    if is_structure(source):
        yield ("TrainingSpecification", "AdditionalS3DataSource"), source
    for index, container in _containers(definition):
        source = container.get("AdditionalS3DataSource")
        if is_structure(source):
            yield ("InferenceSpecification", "Containers", index, "AdditionalS3DataSource"), source
