"""Rules for a profile's transform job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.model.paths import api_path
from cdk_sagemaker_algorithm.rules import examples as ex
from cdk_sagemaker_algorithm.rules import sources
from cdk_sagemaker_algorithm.rules.content_types import lacks_type
from cdk_sagemaker_algorithm.rules.instance_storage import has_local_storage
from cdk_sagemaker_algorithm.rules.request_view import child, is_structure, items, read_values
from cdk_sagemaker_algorithm.rules.rule import Problem, rule
from cdk_sagemaker_algorithm.rules.rule_finding import RuleLevel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_sagemaker_algorithm.model.paths import Path
    from cdk_sagemaker_algorithm.rules.request_view import Definition, Node

ERROR, WARNING = RuleLevel.ERROR, RuleLevel.WARNING
_MOST_PAYLOAD, _DEFAULT_PAYLOAD = 100, 6
_MOST_INSTANCES = 100
_LARGE = {"InstanceType": "ml.m5.large", "InstanceCount": 1}
_GPU = {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1}
_MANY = {"InstanceCount": 101}
_KEY = {"VolumeKmsKeyId": "1234abcd-12ab-34cd-56ef-1234567890ab"}
_MODEL_DATA = {"S3DataSource": {"S3Uri": f"{ex.BUCKET}/model/", "S3DataType": "S3Prefix", "CompressionType": "None"}}
_WHY = "SageMaker would fail the validation"


def _augmented() -> ex.Fragment:
    source = {"S3DataType": "AugmentedManifestFile", "S3Uri": f"{ex.BUCKET}/transform.manifest"}
    return {"DataSource": {"S3DataSource": source}, "ContentType": "text/csv"}


@rule(
    "transform-instance-type",
    ERROR,
    "a transform job must use a supported transform instance type",
    why=_WHY,
    fails=ex.inference()
    | ex.profile(
        TransformJobDefinition=ex.transform_job(TransformResources={"InstanceType": "ml.m5.xlarge", "InstanceCount": 1})
    ),
    passes=ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job()),
)
def transform_instance_type(definition: Definition) -> Iterator[Problem]:
    for path, job, inference in _transform_jobs(definition):
        supported = read_values(inference, "SupportedTransformInstanceTypes")
        given = child(job, "TransformResources").get("InstanceType")
        if supported.excludes(given):
            problem = "is not in SupportedTransformInstanceTypes"
            where = (*path, "TransformResources", "InstanceType")
            yield Problem(where, problem, given, candidates=supported.known)


@rule(
    "transform-content-type",
    ERROR,
    "a transform job must use a supported content type",
    why=_WHY,
    fails=ex.inference(SupportedContentTypes=["application/json"])
    | ex.profile(TransformJobDefinition=ex.transform_job()),
    passes=ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job()),
)
def transform_content_type(definition: Definition) -> Iterator[Problem]:
    for path, job, inference in _transform_jobs(definition):
        supported = read_values(inference, "SupportedContentTypes")
        given = child(job, "TransformInput").get("ContentType")
        if lacks_type(supported, given):
            problem = "is not in SupportedContentTypes"
            where = (*path, "TransformInput", "ContentType")
            yield Problem(where, problem, given, candidates=supported.known)


@rule(
    "transform-accept",
    ERROR,
    "a transform job's Accept must be a supported response MIME type",
    why=_WHY,
    fails=ex.inference(SupportedResponseMIMETypes=["application/json"])
    | ex.profile(TransformJobDefinition=ex.transform_job()),
    passes=ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job()),
)
def transform_accept(definition: Definition) -> Iterator[Problem]:
    for path, job, inference in _transform_jobs(definition):
        supported = read_values(inference, "SupportedResponseMIMETypes")
        given = child(job, "TransformOutput").get("Accept")
        if lacks_type(supported, given):
            problem = "is not in SupportedResponseMIMETypes"
            where = (*path, "TransformOutput", "Accept")
            yield Problem(where, problem, given, candidates=supported.known)


@rule(
    "transform-without-inference",
    ERROR,
    "a profile with a transform job requires an inference specification",
    why=_WHY,
    fails=ex.profile(TransformJobDefinition=ex.transform_job()),
    passes=ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job()),
)
def transform_without_inference(definition: Definition) -> Iterator[Problem]:
    """Check profiles of algorithms that are not certified; `certify-without-inference` checks the others."""
    if definition.inference is not None or definition.certify:
        return
    for profile in definition.profiles:
        if is_structure(profile.transform):
            problem = f"is missing, but there is {api_path(profile.transform_path)}"
            yield Problem(("InferenceSpecification",), problem)


@rule(
    "transform-payload",
    ERROR,
    "a transform job must send up to 100 MB to an instance at a time",
    why="the limit applies to MaxPayloadInMB, and to MaxConcurrentTransforms times MaxPayloadInMB (default: 6)",
    source=sources.api("CreateTransformJob"),
    fails=ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job(MaxPayloadInMB=101)),
    passes=ex.inference()
    | ex.profile(TransformJobDefinition=ex.transform_job(MaxPayloadInMB=50, MaxConcurrentTransforms=2)),
)
def transform_payload(definition: Definition) -> Iterator[Problem]:
    for profile in definition.profiles:
        if not is_structure(profile.transform):
            continue
        payload, concurrent = (profile.transform.get(name) for name in ("MaxPayloadInMB", "MaxConcurrentTransforms"))
        path = profile.transform_path
        if isinstance(payload, int) and payload > _MOST_PAYLOAD:
            yield Problem((*path, "MaxPayloadInMB"), "", payload, expected=f"must be 0 to {_MOST_PAYLOAD}")
        elif isinstance(concurrent, int) and isinstance(payload, int | None):
            size = _DEFAULT_PAYLOAD if payload is None else payload
            if concurrent * size > _MOST_PAYLOAD:
                expected = f"must be up to {_MOST_PAYLOAD // size} with a MaxPayloadInMB of {size}"
                yield Problem((*path, "MaxConcurrentTransforms"), "", concurrent, expected=expected)


@rule(
    "transform-instance-count",
    ERROR,
    "a transform job must use up to 100 instances",
    why=_WHY,
    source=sources.api("TransformResources"),
    fails=ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job(TransformResources=_LARGE | _MANY)),
    passes=ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job(TransformResources=_LARGE)),
)
def transform_instance_count(definition: Definition) -> Iterator[Problem]:
    for path, resources in _transform_resources(definition):
        count = resources.get("InstanceCount")
        if isinstance(count, int) and count > _MOST_INSTANCES:
            yield Problem((*path, "InstanceCount"), "", count, expected=f"must be 1 to {_MOST_INSTANCES}")


@rule(
    "transform-volume-key",
    ERROR,
    "instances with local storage must not have a volume key",
    why=_WHY,
    source=sources.api("TransformResources"),
    fails=ex.inference(SupportedTransformInstanceTypes=["ml.g5.xlarge"])
    | ex.profile(TransformJobDefinition=ex.transform_job(TransformResources=_GPU | _KEY)),
    passes=ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job(TransformResources=_LARGE | _KEY)),
)
def transform_volume_key(definition: Definition) -> Iterator[Problem]:
    for path, resources in _transform_resources(definition):
        kind = resources.get("InstanceType")
        if resources.get("VolumeKmsKeyId") in (None, "") or not isinstance(kind, str) or not has_local_storage(kind):
            continue
        problem = f"is given, but {kind} has local storage, which a hardware module encrypts; remove the key"
        yield Problem((*path, "VolumeKmsKeyId"), problem)


@rule(
    "transform-augmented-manifest",
    ERROR,
    "a transform job must read a prefix or a manifest, not an augmented manifest",
    why=_WHY,
    source=sources.api("TransformS3DataSource"),
    fails=ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job(TransformInput=_augmented())),
    passes=ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job()),
)
def transform_augmented_manifest(definition: Definition) -> Iterator[Problem]:
    for profile in definition.profiles:
        if is_structure(profile.transform):
            source = child(child(child(profile.transform, "TransformInput"), "DataSource"), "S3DataSource")
            if source.get("S3DataType") == "AugmentedManifestFile":
                path = (*profile.transform_path, "TransformInput", "DataSource", "S3DataSource", "S3DataType")
                problem = "is not supported for transform jobs"
                yield Problem(path, problem, "AugmentedManifestFile", "ManifestFile, S3Prefix")


@rule(
    "transform-model-data-source",
    WARNING,
    "containers that a transform job uses must not have a ModelDataSource",
    why="AWS documents that transform jobs do not support it",
    source=sources.api("ContainerDefinition"),
    fails=ex.inference(Containers=[{"Image": ex.IMAGE, "ModelDataSource": _MODEL_DATA}])
    | ex.profile(TransformJobDefinition=ex.transform_job()),
    passes=ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job()),
)
def transform_model_data_source(definition: Definition) -> Iterator[Problem]:
    """Check algorithms that are not certified; `certify_model_data_source` checks the others."""
    jobs = list(_transform_jobs(definition))
    if not jobs or definition.request.get("CertifyForMarketplace") not in (None, False):
        return
    for index, container in items(jobs[0][2], "Containers"):
        if is_structure(container.get("ModelDataSource")):
            path = ("InferenceSpecification", "Containers", index, "ModelDataSource")
            yield Problem(path, f"is not supported by {api_path(jobs[0][0])}", allowed="ModelDataUrl")


@rule(
    "transform-batch-strategy",
    WARNING,
    "a transform job with BatchStrategy MultiRecord must set SplitType",
    why="SageMaker uses the batch strategy only if SplitType is Line, RecordIO or TFRecord",
    source=sources.api("CreateTransformJob"),
    fails=ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job(BatchStrategy="MultiRecord")),
    passes=ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job(BatchStrategy="SingleRecord")),
)
def transform_batch_strategy(definition: Definition) -> Iterator[Problem]:
    for profile in definition.profiles:
        if is_structure(profile.transform) and profile.transform.get("BatchStrategy") == "MultiRecord":
            split = child(profile.transform, "TransformInput").get("SplitType")
            if split in (None, "None"):
                path = (*profile.transform_path, "BatchStrategy")
                yield Problem(path, "requires a SplitType in TransformInput", "MultiRecord")


def _transform_resources(definition: Definition) -> Iterator[tuple[Path, Node]]:
    for profile in definition.profiles:
        if is_structure(profile.transform):
            yield (*profile.transform_path, "TransformResources"), child(profile.transform, "TransformResources")


def _transform_jobs(definition: Definition) -> Iterator[tuple[Path, Node, Node]]:
    """Yield path, transform job and inference specification of each profile that has both."""
    if not is_structure(definition.inference):
        return
    for profile in definition.profiles:
        if is_structure(profile.transform):
            yield profile.transform_path, profile.transform, definition.inference
