"""List the images, S3 locations and keys that validation jobs need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cdk_sagemaker_algorithm_provider.contract.json_types import is_array, is_object

Purpose = Literal["pull", "read", "write", "encrypt", "volume"]

_PROFILES = "ValidationSpecification.ValidationProfiles"
_CONTAINERS = "InferenceSpecification.Containers"


@dataclass(frozen=True, slots=True)
class Need:
    """An image, S3 location or key that a job needs.

    Attributes:
        path: Path in the definition.
        purpose: Pull an image, read or write a location, encrypt output, or encrypt a volume.
        value: String or object in the definition.
    """

    path: str
    purpose: Purpose
    value: str


def needs_of_validation(content: Mapping[str, Any]) -> Iterator[Need]:
    """Yield the images, S3 locations and keys that the validation jobs need.

    Args:
        content: Rendered definition.
    """
    specification = _object(content, "ValidationSpecification")
    profiles = list(_items(specification, "ValidationProfiles"))
    if profiles:
        yield from _need(_object(content, "TrainingSpecification"), "TrainingImage", "pull", "TrainingSpecification")
    for index, profile in profiles:
        training = _object(profile, "TrainingJobDefinition")
        transform = _object(profile, "TransformJobDefinition")
        at = f"{_PROFILES}[{index}]"
        yield from _training(training, f"{at}.TrainingJobDefinition", and_transform=bool(transform))
        if transform:
            yield from _transform(transform, f"{at}.TransformJobDefinition")
            yield from _serving(content)


def images_of(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the images of a definition with their paths.

    Args:
        content: Rendered definition.
    """
    images = [("TrainingSpecification.TrainingImage", _object(content, "TrainingSpecification").get("TrainingImage"))]
    images += [
        (f"{_CONTAINERS}[{index}].Image", container.get("Image"))
        for index, container in _items(_object(content, "InferenceSpecification"), "Containers")
    ]
    return [(path, image) for path, image in images if isinstance(image, str) and image]


def _training(job: Mapping[str, Any], at: str, *, and_transform: bool) -> Iterator[Need]:
    for index, channel in _items(job, "InputDataConfig"):
        source = _object(_object(channel, "DataSource"), "S3DataSource")
        yield from _need(source, "S3Uri", "read", f"{at}.InputDataConfig[{index}].DataSource.S3DataSource")
    output = _object(job, "OutputDataConfig")
    yield from _need(output, "S3OutputPath", "write", f"{at}.OutputDataConfig")
    if and_transform:
        # The transform job runs the model that training has written.
        yield from _need(output, "S3OutputPath", "read", f"{at}.OutputDataConfig")
    yield from _need(output, "KmsKeyId", "encrypt", f"{at}.OutputDataConfig")
    yield from _need(_object(job, "ResourceConfig"), "VolumeKmsKeyId", "volume", f"{at}.ResourceConfig")


def _transform(job: Mapping[str, Any], at: str) -> Iterator[Need]:
    source = _object(_object(_object(job, "TransformInput"), "DataSource"), "S3DataSource")
    yield from _need(source, "S3Uri", "read", f"{at}.TransformInput.DataSource.S3DataSource")
    output = _object(job, "TransformOutput")
    yield from _need(output, "S3OutputPath", "write", f"{at}.TransformOutput")
    yield from _need(output, "KmsKeyId", "encrypt", f"{at}.TransformOutput")
    yield from _need(_object(job, "TransformResources"), "VolumeKmsKeyId", "volume", f"{at}.TransformResources")


def _serving(content: Mapping[str, Any]) -> Iterator[Need]:
    for index, container in _items(_object(content, "InferenceSpecification"), "Containers"):
        at = f"{_CONTAINERS}[{index}]"
        yield from _need(container, "Image", "pull", at)
        yield from _need(container, "ModelDataUrl", "read", at)
        yield from _model(_object(container, "ModelDataSource"), f"{at}.ModelDataSource")
        for number, each in _items(container, "AdditionalModelDataSources"):
            yield from _model(each, f"{at}.AdditionalModelDataSources[{number}]")
        additional = _object(container, "AdditionalS3DataSource")
        yield from _need(additional, "S3Uri", "read", f"{at}.AdditionalS3DataSource")


def _model(node: Mapping[str, Any], at: str) -> Iterator[Need]:
    source = _object(node, "S3DataSource")
    yield from _need(source, "S3Uri", "read", f"{at}.S3DataSource")
    yield from _need(source, "ManifestS3Uri", "read", f"{at}.S3DataSource")


def _need(node: Mapping[str, Any], member: str, purpose: Purpose, at: str) -> Iterator[Need]:
    value = node.get(member)
    if isinstance(value, str) and value:
        yield Need(f"{at}.{member}", purpose, value)


def _object(node: Mapping[str, Any], member: str) -> Mapping[str, Any]:
    value = node.get(member)
    return value if is_object(value) else {}


def _items(node: Mapping[str, Any], member: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    value = node.get(member)
    for index, item in enumerate(value if is_array(value) else ()):
        if is_object(item):
            yield index, item
