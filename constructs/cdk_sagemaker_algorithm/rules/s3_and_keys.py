"""Rules for S3 locations, and for the ARNs of keys and training plans."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cdk_sagemaker_algorithm.model.arn import Arn
from cdk_sagemaker_algorithm.model.s3_uri import split_s3_uri
from cdk_sagemaker_algorithm.rules import examples as ex
from cdk_sagemaker_algorithm.rules import sources
from cdk_sagemaker_algorithm.rules.deployment import Deployment
from cdk_sagemaker_algorithm.rules.request_view import child, is_structure, items, texts
from cdk_sagemaker_algorithm.rules.rule import Problem, rule
from cdk_sagemaker_algorithm.rules.rule_finding import RuleLevel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_sagemaker_algorithm.model.paths import Path
    from cdk_sagemaker_algorithm.rules.request_view import Definition, Node, Profile

ERROR, WARNING = RuleLevel.ERROR, RuleLevel.WARNING
# Buckets from before 2018 in us-east-1 can have capital letters, underscores and up to 255 characters.
_BUCKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,254}")
_RESOURCES: Final = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}


def _key_arn(region: str) -> str:
    return f"arn:aws:kms:{region}:{ex.ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def _model_data(**source: object) -> ex.Fragment:
    whole = {"S3Uri": f"{ex.BUCKET}/model/", "S3DataType": "S3Prefix", "CompressionType": "None"} | source
    return ex.inference(Containers=[{"Image": ex.IMAGE, "ModelDataSource": {"S3DataSource": whole}}])


@rule(
    "s3-bucket-name",
    ERROR,
    "the buckets of S3 locations must have valid names",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html",
    fails=ex.profile(ex.training_job(OutputDataConfig={"S3OutputPath": "s3://<your-bucket>/models"})),
    passes=ex.profile(ex.training_job(OutputDataConfig={"S3OutputPath": "s3://amzn-s3-demo-bucket/models"})),
)
def bucket_name(definition: Definition) -> Iterator[Problem]:
    for path, uri in _s3_locations(definition):
        bucket, _ = split_s3_uri(uri)
        # An access point is written as an ARN.
        if bucket and not bucket.startswith("arn:") and not _BUCKET.fullmatch(bucket):
            yield Problem(path, "contains an invalid bucket name", uri, "lowercase letters, digits, dots and hyphens")


@rule(
    "model-data-prefix",
    ERROR,
    "a ModelDataSource must be an S3 prefix that ends with a slash, or an object",
    why="SageMaker cannot deploy the model otherwise",
    source=sources.api("S3ModelDataSource"),
    fails=_model_data(S3Uri=f"{ex.BUCKET}/model"),
    passes=_model_data(S3Uri=f"{ex.BUCKET}/model/"),
)
def model_data_prefix(definition: Definition) -> Iterator[Problem]:
    for path, source in _model_sources(definition):
        if source.get("S3DataType") != "S3Prefix":
            continue
        uri = source.get("S3Uri")
        if isinstance(uri, str) and not uri.endswith("/"):
            yield Problem((*path, "S3Uri"), "is a prefix, but does not end with a slash", uri)
        if source.get("CompressionType") == "Gzip":
            problem = "is supported for one object only, and S3DataType is S3Prefix"
            yield Problem((*path, "CompressionType"), problem, "Gzip")


@rule(
    "arn-region",
    ERROR,
    "KMS keys and training plans must be in the region of the algorithm",
    why="AWS KMS keys and training plans are regional",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html",
    fails=ex.profile(ex.training_job(ResourceConfig=_RESOURCES | {"VolumeKmsKeyId": _key_arn("eu-west-1")})),
    passes=ex.profile(ex.training_job(ResourceConfig=_RESOURCES | {"VolumeKmsKeyId": _key_arn("us-east-1")})),
    deployment=Deployment(region="us-east-1"),
)
def arn_region(definition: Definition) -> Iterator[Problem]:
    region = definition.deployment.region
    if region is None:
        return
    for path, arn in _arns(definition):
        parts = Arn.parse(arn)
        if parts is not None and parts.region not in ("", region):
            yield Problem(path, f"is in {parts.region}, but the stack's region is {region}", arn)


def _s3_locations(definition: Definition) -> Iterator[tuple[Path, str]]:
    for path, node, member in _s3_fields(definition):
        uri = node.get(member)
        if isinstance(uri, str):
            yield (*path, member), uri


def _s3_fields(definition: Definition) -> Iterator[tuple[Path, Node, str]]:
    for profile in definition.profiles:
        for index, used in profile.channels:
            path = (*profile.job_path, "InputDataConfig", index, "DataSource", "S3DataSource")
            yield path, child(child(used, "DataSource"), "S3DataSource"), "S3Uri"
        yield (*profile.job_path, "OutputDataConfig"), child(profile.job, "OutputDataConfig"), "S3OutputPath"
        if is_structure(profile.transform):
            yield from _transform_fields(profile)
    if is_structure(definition.inference):
        for index, container in items(definition.inference, "Containers"):
            yield ("InferenceSpecification", "Containers", index), container, "ModelDataUrl"
        for path, source in _model_sources(definition):
            yield path, source, "S3Uri"


def _transform_fields(profile: Profile) -> Iterator[tuple[Path, Node, str]]:
    source = child(child(child(profile.transform, "TransformInput"), "DataSource"), "S3DataSource")
    yield (*profile.transform_path, "TransformInput", "DataSource", "S3DataSource"), source, "S3Uri"
    yield (*profile.transform_path, "TransformOutput"), child(profile.transform, "TransformOutput"), "S3OutputPath"


def _model_sources(definition: Definition) -> Iterator[tuple[Path, Node]]:
    if is_structure(definition.inference):
        for index, container in items(definition.inference, "Containers"):
            path = ("InferenceSpecification", "Containers", index)
            yield (*path, "ModelDataSource", "S3DataSource"), child(child(container, "ModelDataSource"), "S3DataSource")
            for number, source in items(container, "AdditionalModelDataSources"):
                yield (*path, "AdditionalModelDataSources", number, "S3DataSource"), child(source, "S3DataSource")


def _arns(definition: Definition) -> Iterator[tuple[Path, str]]:
    for profile in definition.profiles:
        resources, path = child(profile.job, "ResourceConfig"), (*profile.job_path, "ResourceConfig")
        nodes = [
            (path, resources, ("VolumeKmsKeyId", "TrainingPlanArn")),
            ((*profile.job_path, "OutputDataConfig"), child(profile.job, "OutputDataConfig"), ("KmsKeyId",)),
        ]
        if is_structure(profile.transform):
            for name, member in (("TransformResources", "VolumeKmsKeyId"), ("TransformOutput", "KmsKeyId")):
                nodes.append(((*profile.transform_path, name), child(profile.transform, name), (member,)))
        for place, node, members in nodes:
            for member in members:
                value = node.get(member)
                if isinstance(value, str):
                    yield (*place, member), value
        for index, preference in items(resources, "InstancePreferences"):
            for number, arn in texts(preference, "TrainingPlanArns"):
                yield (*path, "InstancePreferences", index, "TrainingPlanArns", number), arn
