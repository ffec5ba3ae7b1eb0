"""Rules for algorithms that are certified for AWS Marketplace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.model.regions import DEFAULT_REGIONS
from cdk_sagemaker_algorithm.rules import examples as ex
from cdk_sagemaker_algorithm.rules import sources
from cdk_sagemaker_algorithm.rules.aws_image_accounts import is_aws_account
from cdk_sagemaker_algorithm.rules.deployment import Deployment
from cdk_sagemaker_algorithm.rules.images_and_containers import ecr_images
from cdk_sagemaker_algorithm.rules.request_view import child, is_structure, items
from cdk_sagemaker_algorithm.rules.rule import Problem, rule
from cdk_sagemaker_algorithm.rules.rule_finding import RuleLevel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_sagemaker_algorithm.rules.request_view import Definition

ERROR, WARNING = RuleLevel.ERROR, RuleLevel.WARNING

_CERTIFIED = {"CertifyForMarketplace": True}
_LISTED_WAIT = 3600
_AWS_IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.3.0-cpu-py311"

_OPT_IN_IMAGE = ex.IMAGE.replace("us-east-1", "eu-south-1")


def _certified(job: ex.Fragment | None = None, **inference: object) -> ex.Fragment:
    return _CERTIFIED | ex.inference(**inference) | ex.profile(job, TransformJobDefinition=ex.transform_job())


@rule(
    "certify-without-profile",
    ERROR,
    "Marketplace certification requires a validation profile",
    why="AWS Marketplace lists only validated algorithms",
    fails=_CERTIFIED | ex.inference(),
    passes=_CERTIFIED | ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job()),
)
def certify_without_profile(definition: Definition) -> Iterator[Problem]:
    if definition.certify and definition.request.get("ValidationSpecification") is None:
        yield Problem(("ValidationSpecification",), "is required because CertifyForMarketplace is true")


@rule(
    "certify-without-inference",
    ERROR,
    "Marketplace certification requires an inference specification",
    why="AWS Marketplace lists only algorithms that buyers can deploy",
    fails=_CERTIFIED | ex.profile(TransformJobDefinition=ex.transform_job()),
    passes=_CERTIFIED | ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job()),
)
def certify_without_inference(definition: Definition) -> Iterator[Problem]:
    if definition.certify and definition.inference is None:
        yield Problem(("InferenceSpecification",), "is required because CertifyForMarketplace is true")


@rule(
    "certify-without-transform",
    ERROR,
    "Marketplace certification requires a transform job in the profile",
    why="the transform job validates inference",
    fails=_CERTIFIED | ex.inference() | ex.profile(),
    passes=_CERTIFIED | ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job()),
)
def certify_without_transform(definition: Definition) -> Iterator[Problem]:
    if definition.certify:
        for profile in definition.profiles:
            if profile.transform is None:
                yield Problem(profile.transform_path, "is required because CertifyForMarketplace is true")


@rule(
    "certify-data-visible",
    WARNING,
    "validation data of a certified algorithm is visible to buyers",
    why="publish only data that you are allowed to share, then acknowledge this rule",
    fails=_CERTIFIED | ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job()),
    passes=ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job()),
)
def certify_data_visible(definition: Definition) -> Iterator[Problem]:
    if definition.certify and definition.profiles:
        path = ("ValidationSpecification", "ValidationProfiles")
        yield Problem(path, "are visible to buyers, with their sample data")


@rule(
    "certify-image-account",
    ERROR,
    "images of a certified algorithm must be in the seller's account",
    why="AWS Marketplace publishes no images of other accounts or of AWS: push a copy to your own repository",
    source=sources.MARKETPLACE_LIMITS,
    fails=_certified() | ex.training(TrainingImage=_AWS_IMAGE),
    passes=_certified() | ex.training(TrainingImage=ex.IMAGE),
)
def certify_image_account(definition: Definition) -> Iterator[Problem]:
    if not definition.certify:
        return
    account = definition.deployment.account
    for path, uri, image in ecr_images(definition):
        if is_aws_account(image.account):
            yield Problem(path, f"is in {image.account}, an account of AWS", uri)
        elif account is not None and image.account != account:
            yield Problem(path, f"is in account {image.account}, but the stack's account is {account}", uri)


@rule(
    "certify-region",
    ERROR,
    "a certified algorithm must be in a region that AWS Marketplace publishes from",
    why="AWS Marketplace supports only regions without opt-in; choose the buyers' regions in the listing",
    source=sources.MARKETPLACE_LIMITS,
    fails=_certified(Containers=[{"Image": _OPT_IN_IMAGE}]) | ex.training(TrainingImage=_OPT_IN_IMAGE),
    passes=_certified(),
    deployment=Deployment(region="eu-south-1"),
    passes_in=Deployment(region="us-east-1"),
)
def certify_region(definition: Definition) -> Iterator[Problem]:
    region = definition.deployment.region
    if definition.certify and region is not None and region not in DEFAULT_REGIONS:
        problem = f"is true, but products cannot be published from {region}"
        yield Problem(("CertifyForMarketplace",), problem, candidates=DEFAULT_REGIONS)


@rule(
    "certify-max-wait",
    WARNING,
    "MaxWaitTimeInSeconds of a certified algorithm should be 3600",
    why="AWS Marketplace sets MaxWaitTimeInSeconds to 3600 for all algorithms, so buyers' jobs have no more",
    source=sources.MARKETPLACE_LIMITS,
    fails=_certified(ex.training_job(StoppingCondition={"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200})),
    passes=_certified(ex.training_job(StoppingCondition={"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 3600})),
)
def certify_max_wait(definition: Definition) -> Iterator[Problem]:
    if not definition.certify:
        return
    for profile in definition.profiles:
        wait = child(profile.job, "StoppingCondition").get("MaxWaitTimeInSeconds")
        if isinstance(wait, int) and wait != _LISTED_WAIT:
            path = (*profile.job_path, "StoppingCondition", "MaxWaitTimeInSeconds")
            yield Problem(path, "", wait, expected=f"should be {_LISTED_WAIT}, as for buyers")


@rule(
    "certify-model-data-source",
    WARNING,
    "containers of a certified algorithm must not have a ModelDataSource",
    why="AWS documents that AWS Marketplace and transform jobs do not support it",
    source=sources.api("ContainerDefinition"),
    fails=_certified(
        Containers=[
            {
                "Image": ex.IMAGE,
                "ModelDataSource": {
                    "S3DataSource": {
                        "S3Uri": f"{ex.BUCKET}/model/",
                        "S3DataType": "S3Prefix",
                        "CompressionType": "None",
                    }
                },
            }
        ]
    ),
    passes=_certified(Containers=[{"Image": ex.IMAGE, "ModelDataUrl": f"{ex.BUCKET}/model.tar.gz"}]),
)
def certify_model_data_source(definition: Definition) -> Iterator[Problem]:
    if definition.certify and is_structure(definition.inference):
        for index, container in items(definition.inference, "Containers"):
            if container.get("ModelDataSource") is not None:
                path = ("InferenceSpecification", "Containers", index, "ModelDataSource")
                yield Problem(path, "is not supported because CertifyForMarketplace is true", allowed="ModelDataUrl")


@rule(
    "certify-deletes",
    WARNING,
    "a certified algorithm must be retained when it is replaced or removed",
    why="buyers depend on published versions, and CloudFormation would delete them; give "
    "removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE",
    fails=_certified(),
    passes=_certified(),
    deployment=Deployment(deletes=True),
    passes_in=Deployment(deletes=False),
    constructs_only=True,
)
def certify_deletes(definition: Definition) -> Iterator[Problem]:
    if definition.certify and definition.deployment.deletes:
        yield Problem(("CertifyForMarketplace",), "is true, but the removal policy deletes replaced algorithms")
