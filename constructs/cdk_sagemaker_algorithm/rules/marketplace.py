"""Rules of certification, containers, tags, names and size: of the definition as a whole."""

from __future__ import annotations

import json
import marshal
import re
from typing import TYPE_CHECKING, Any

from cdk_sagemaker_algorithm.rules import examples as ex
from cdk_sagemaker_algorithm.rules.finding import ID_PREFIX, Level
from cdk_sagemaker_algorithm.rules.request_view import UNKNOWN, is_list, is_structure, items
from cdk_sagemaker_algorithm.rules.rule import Report, rule
from cdk_sagemaker_algorithm_provider.contract.limits import MAX_TAGS, OWN_TAGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_sagemaker_algorithm.model.paths import Path
    from cdk_sagemaker_algorithm.rules.request_view import Definition, Node

ERROR, WARNING = Level.ERROR, Level.WARNING

_ECR_IMAGE = re.compile(r"[^/]+\.dkr\.ecr[.-][^/]+/(?P<repository>[^:@]+)")

RESERVED_TAG_PREFIXES = ("aws:", ID_PREFIX)

# An update's event carries the request twice, old and new. Step Functions takes 256 KiB of input, and so
# does an asynchronous invocation of Lambda; 240 KB leave 22 KB for the rest of the event.
MOST_REQUEST_BYTES = 120_000

_MARSHAL_WITHOUT_REFERENCES = 2

_CERTIFIED = {"CertifyForMarketplace": True}


def _long_descriptions(length: int) -> ex.Part:
    """As many hyperparameters as the service allows, each with a description and a default this long."""
    long = "x" * length
    return ex.hyper_parameters(
        *(
            {"Name": f"option{index}", "Type": "FreeText", "Description": long, "DefaultValue": long}
            for index in range(100)
        )
    )


@rule(
    "certify-without-profile",
    ERROR,
    "an algorithm that is certified for the Marketplace has a validation profile",
    why="the Marketplace lists only algorithms that SageMaker has validated",
    fails=_CERTIFIED | ex.inference(),
    mended=_CERTIFIED | ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job()),
)
def certify_without_profile(definition: Definition) -> Iterator[Report]:
    """Certification, and no validation specification."""
    if definition.certify and definition.request.get("ValidationSpecification") is None:
        yield Report(("ValidationSpecification",), "is missing, but CertifyForMarketplace is true")


@rule(
    "certify-without-inference",
    ERROR,
    "an algorithm that is certified for the Marketplace has an inference specification",
    why="the Marketplace lists only algorithms that buyers can deploy",
    fails=_CERTIFIED | ex.profile(TransformJobDefinition=ex.transform_job()),
    mended=_CERTIFIED | ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job()),
)
def certify_without_inference(definition: Definition) -> Iterator[Report]:
    """Certification, and no inference specification."""
    if definition.certify and definition.inference is None:
        yield Report(("InferenceSpecification",), "is missing, but CertifyForMarketplace is true")


@rule(
    "certify-without-transform",
    ERROR,
    "an algorithm that is certified for the Marketplace has a transform job in its profile",
    why="inference is validated by a transform job",
    fails=_CERTIFIED | ex.inference() | ex.profile(),
    mended=_CERTIFIED | ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job()),
)
def certify_without_transform(definition: Definition) -> Iterator[Report]:
    """Certification, and a profile that only trains."""
    if definition.certify:
        for profile in definition.profiles:
            if profile.transform is None:
                yield Report(profile.transform_path, "is missing, but CertifyForMarketplace is true")


@rule(
    "certify-data-visible",
    WARNING,
    "a certified algorithm's validation data may be seen by its buyers",
    why="buyers of a Marketplace product see its validation profiles; use data that you may publish",
    fails=_CERTIFIED | ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job()),
    mended=ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job()),
)
def certify_data_visible(definition: Definition) -> Iterator[Report]:
    """Certification, and a profile with data."""
    if definition.certify and definition.profiles:
        path = ("ValidationSpecification", "ValidationProfiles")
        yield Report(path, "become visible to buyers, with the data they name")


@rule(
    "image-repository",
    ERROR,
    "the repository of an image in ECR is lower case",
    why="ECR has no other names, so the image could not be pulled",
    fails=ex.training(TrainingImage="123456789012.dkr.ecr.us-east-1.amazonaws.com/Trees:1"),
    mended=ex.training(TrainingImage="123456789012.dkr.ecr.us-east-1.amazonaws.com/trees:1"),
)
def image_repository(definition: Definition) -> Iterator[Report]:
    """A capital letter where ECR allows none."""
    for path, image in _images(definition):
        in_ecr = _ECR_IMAGE.match(image) if isinstance(image, str) else None
        if in_ecr and (repository := in_ecr["repository"]) != repository.lower():
            yield Report(path, "names a repository with capital letters", image, f'"{repository.lower()}"')


@rule(
    "additional-s3-data-source-form",
    ERROR,
    "an additional S3 data source is a gzipped S3 object",
    fails=ex.training(
        AdditionalS3DataSource={"S3DataType": "S3Prefix", "S3Uri": f"{ex.BUCKET}/base/", "CompressionType": "Gzip"}
    ),
    mended=ex.training(
        AdditionalS3DataSource={
            "S3DataType": "S3Object",
            "S3Uri": f"{ex.BUCKET}/base.tar.gz",
            "CompressionType": "Gzip",
        }
    ),
)
def additional_source_form(definition: Definition) -> Iterator[Report]:
    """An additional data source that is a prefix, or not compressed with gzip."""
    for path, source in _additional_sources(definition):
        for member, wanted in (("S3DataType", "S3Object"), ("CompressionType", "Gzip")):
            given = source.get(member)
            if given is None:
                yield Report((*path, member), "is missing", allowed=wanted)
            elif given not in (wanted, UNKNOWN):
                problem = "is not supported for an additional data source"
                yield Report((*path, member), problem, given, wanted)


@rule(
    "additional-s3-data-source-container",
    ERROR,
    "only the first container has an additional S3 data source",
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
    mended=ex.inference(
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
def additional_source_container(definition: Definition) -> Iterator[Report]:
    """An additional data source on another container."""
    for index, container in _containers(definition):
        if index and container.get("AdditionalS3DataSource") is not None:
            path = ("InferenceSpecification", "Containers", index, "AdditionalS3DataSource")
            yield Report(path, f"is on container {index}", allowed="container 0 only")


@rule(
    "tag-duplicate",
    ERROR,
    "no two tags have one key",
    fails={"Tags": [{"Key": "team", "Value": "ml"}, {"Key": "team", "Value": "data"}]},
    mended={"Tags": [{"Key": "team", "Value": "ml"}, {"Key": "owner", "Value": "data"}]},
)
def tag_duplicate(definition: Definition) -> Iterator[Report]:
    """A key that an earlier tag has."""
    first: dict[str, int] = {}
    for index, tag in items(definition.request, "Tags"):
        key = tag.get("Key")
        if isinstance(key, str) and first.setdefault(key, index) != index:
            yield Report(("Tags", index, "Key"), f"is also the key of tag {first[key]}", key)


@rule(
    "tag-reserved",
    ERROR,
    "no tag has a key that AWS or this library keeps for itself",
    fails={"Tags": [{"Key": "aws:team", "Value": "ml"}]},
    mended={"Tags": [{"Key": "team", "Value": "ml"}]},
)
def tag_reserved(definition: Definition) -> Iterator[Report]:
    """A key with a reserved prefix."""
    for index, tag in items(definition.request, "Tags"):
        key = tag.get("Key")
        if isinstance(key, str) and key.lower().startswith(RESERVED_TAG_PREFIXES):
            prefix = key[: key.index(":") + 1]
            problem = f"begins with {prefix}, which is reserved; choose another key"
            yield Report(("Tags", index, "Key"), problem, key)


@rule(
    "tag-count",
    ERROR,
    f"there is room for this library's {OWN_TAGS} tags among the {MAX_TAGS} that the service allows",
    why=f"{OWN_TAGS} tags say whose the algorithm is and what has become of it",
    fails={"Tags": [{"Key": f"key{index}", "Value": ""} for index in range(MAX_TAGS - OWN_TAGS + 1)]},
    mended={"Tags": [{"Key": f"key{index}", "Value": ""} for index in range(MAX_TAGS - OWN_TAGS)]},
)
def tag_count(definition: Definition) -> Iterator[Report]:
    """Too many tags to add ours; more than the service's limit is another rule's."""
    tags = definition.request.get("Tags")
    if is_list(tags) and MAX_TAGS - OWN_TAGS < len(tags) <= MAX_TAGS:
        yield Report(("Tags",), f"has {len(tags)} items", allowed=f"at most {MAX_TAGS - OWN_TAGS}")


@rule(
    "algorithm-name-given",
    WARNING,
    "a construct generates the algorithm's name",
    why="an algorithm cannot be changed, and a new one cannot have the same name: every later change would fail",
    fails={"AlgorithmName": "trees"},
    mended={},
    constructs_only=True,
)
def algorithm_name_given(definition: Definition) -> Iterator[Report]:
    """An exact name on a construct; a request by itself needs one."""
    name = definition.request.get("AlgorithmName")
    if isinstance(name, str) and not definition.name_required:
        problem = "is an exact name; give algorithm_name_prefix instead, unless others depend on the name"
        yield Report(("AlgorithmName",), problem, name)


@rule(
    "request-size",
    ERROR,
    "a request is small enough to pass through Lambda and Step Functions",
    why="an update carries the old and the new request, and Step Functions takes 256 KiB",
    fails=_long_descriptions(1000),
    mended=_long_descriptions(100),
)
def request_size(definition: Definition) -> Iterator[Report]:
    """A request that an update's event could not carry twice."""
    size = _size(definition.written)
    if size > MOST_REQUEST_BYTES:
        yield Report((), f"is {size:,} bytes of JSON", allowed=f"at most {MOST_REQUEST_BYTES:,} bytes")


def _size(request: Any) -> int:
    """The bytes of a request as JSON, or fewer bytes when there are surely few enough."""
    try:
        # Marshalling takes a third of the time, and JSON never needs more than six bytes for one of its.
        size = len(marshal.dumps(request, _MARSHAL_WITHOUT_REFERENCES))
    except ValueError:
        size = MOST_REQUEST_BYTES
    if size * 6 <= MOST_REQUEST_BYTES:
        return size
    try:
        return len(json.dumps(request, separators=(",", ":"), skipkeys=True, default=_opaque))
    except (RecursionError, ValueError):
        # What contains itself is no request, and has been refused where it does so.
        return 0


def _opaque(_: object) -> str:
    """What only deployment knows counts as nothing."""
    return ""


def _containers(definition: Definition) -> list[tuple[int, Node]]:
    inference = definition.inference
    return items(inference, "Containers") if is_structure(inference) else []


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
