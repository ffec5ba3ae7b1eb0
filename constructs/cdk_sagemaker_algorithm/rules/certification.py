"""Rules of algorithms that are certified for AWS Marketplace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.rules import examples as ex
from cdk_sagemaker_algorithm.rules import sources
from cdk_sagemaker_algorithm.rules.deployment import Deployment
from cdk_sagemaker_algorithm.rules.finding import Level
from cdk_sagemaker_algorithm.rules.images_and_containers import ecr_images
from cdk_sagemaker_algorithm.rules.registry import is_aws_account
from cdk_sagemaker_algorithm.rules.request_view import child, is_structure, items
from cdk_sagemaker_algorithm.rules.rule import Report, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_sagemaker_algorithm.rules.request_view import Definition

ERROR, WARNING = Level.ERROR, Level.WARNING

_CERTIFIED = {"CertifyForMarketplace": True}
_LISTED_WAIT = 3600
# The regions that every account has without opting in.
_PUBLISHING_REGIONS = (
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
)
_AWS_IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.3.0-cpu-py311"

_OPT_IN_IMAGE = ex.IMAGE.replace("us-east-1", "eu-south-1")


def _certified(job: ex.Part | None = None, **inference: object) -> ex.Part:
    """A certified algorithm whose profile has both jobs."""
    return _CERTIFIED | ex.inference(**inference) | ex.profile(job, TransformJobDefinition=ex.transform_job())


@rule(
    "certify-without-profile",
    ERROR,
    "an algorithm that is certified for the Marketplace has a validation profile",
    why="the Marketplace lists only algorithms that SageMaker has validated",
    fails=_CERTIFIED | ex.inference(),
    passes=_CERTIFIED | ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job()),
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
    passes=_CERTIFIED | ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job()),
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
    passes=_CERTIFIED | ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job()),
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
    passes=ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job()),
)
def certify_data_visible(definition: Definition) -> Iterator[Report]:
    """Certification, and a profile with data."""
    if definition.certify and definition.profiles:
        path = ("ValidationSpecification", "ValidationProfiles")
        yield Report(path, "become visible to buyers, with the data they name")


@rule(
    "certify-image-account",
    ERROR,
    "a certified algorithm's images are in the seller's account",
    why="images of other accounts, AWS's own included, cannot be published: push a copy to a repository of yours",
    source=sources.MARKETPLACE_LIMITS,
    fails=_certified() | ex.training(TrainingImage=_AWS_IMAGE),
    passes=_certified() | ex.training(TrainingImage=ex.IMAGE),
)
def certify_image_account(definition: Definition) -> Iterator[Report]:
    """Certification, and an image of AWS or of another account than the stack's known one."""
    if not definition.certify:
        return
    account = definition.deployment.account
    for path, uri, image in ecr_images(definition):
        if is_aws_account(image.account):
            yield Report(path, f"is in {image.account}, an account of AWS", uri)
        elif account is not None and image.account != account:
            yield Report(path, f"is in account {image.account}, but the stack's account is {account}", uri)


@rule(
    "certify-region",
    ERROR,
    "a certified algorithm is in a region from which AWS Marketplace publishes",
    why="only regions that need no opt-in are supported; buyers' regions are chosen in the listing",
    source=sources.MARKETPLACE_LIMITS,
    fails=_certified(Containers=[{"Image": _OPT_IN_IMAGE}]) | ex.training(TrainingImage=_OPT_IN_IMAGE),
    passes=_certified(),
    deployment=Deployment(region="eu-south-1"),
    passes_in=Deployment(region="us-east-1"),
)
def certify_region(definition: Definition) -> Iterator[Report]:
    """Certification in a region that is opt-in, or of another partition."""
    region = definition.deployment.region
    if definition.certify and region is not None and region not in _PUBLISHING_REGIONS:
        problem = f"is true, but products cannot be published from {region}"
        yield Report(("CertifyForMarketplace",), problem, candidates=_PUBLISHING_REGIONS)


@rule(
    "certify-max-wait",
    WARNING,
    "a certified algorithm's profile waits for one hour, if it says so at all",
    why="AWS Marketplace sets MaxWaitTimeInSeconds to 3600 for all algorithms, so buyers' jobs have no more",
    source=sources.MARKETPLACE_LIMITS,
    fails=_certified(ex.training_job(StoppingCondition={"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200})),
    passes=_certified(ex.training_job(StoppingCondition={"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 3600})),
)
def certify_max_wait(definition: Definition) -> Iterator[Report]:
    """Certification, and another MaxWaitTimeInSeconds."""
    if not definition.certify:
        return
    for profile in definition.profiles:
        wait = child(profile.job, "StoppingCondition").get("MaxWaitTimeInSeconds")
        if isinstance(wait, int) and wait != _LISTED_WAIT:
            path = (*profile.job_path, "StoppingCondition", "MaxWaitTimeInSeconds")
            yield Report(path, "is not what buyers get", wait, str(_LISTED_WAIT))


@rule(
    "certify-model-data-source",
    WARNING,
    "a certified algorithm's containers have no ModelDataSource",
    why="the service's documentation rules it out for AWS Marketplace and for transform jobs",
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
def certify_model_data_source(definition: Definition) -> Iterator[Report]:
    """Certification, and a ModelDataSource."""
    if definition.certify and is_structure(definition.inference):
        for index, container in items(definition.inference, "Containers"):
            if container.get("ModelDataSource") is not None:
                path = ("InferenceSpecification", "Containers", index, "ModelDataSource")
                yield Report(path, "is given, but CertifyForMarketplace is true", allowed="ModelDataUrl")


@rule(
    "certify-deletes",
    WARNING,
    "a certified algorithm is kept when it is replaced or removed",
    why="buyers depend on published versions, and CloudFormation would delete them; give "
    "removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE",
    fails=_certified(),
    passes=_certified(),
    deployment=Deployment(deletes=True),
    passes_in=Deployment(deletes=False),
    constructs_only=True,
)
def certify_deletes(definition: Definition) -> Iterator[Report]:
    """Certification, and a removal policy that deletes."""
    if definition.certify and definition.deployment.deletes:
        yield Report(("CertifyForMarketplace",), "is true, but the removal policy deletes replaced versions")
