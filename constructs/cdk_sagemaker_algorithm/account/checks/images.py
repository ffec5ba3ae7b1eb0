"""Check container images: in Amazon ECR, with the right manifest type and platform."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from cdk_sagemaker_algorithm.account import service_errors
from cdk_sagemaker_algorithm.account.check import (
    Check,
    CheckResult,
    Failed,
    Item,
    Passed,
    PlannedCall,
    Stage,
    Unknown,
)
from cdk_sagemaker_algorithm.account.policy_documents import names_action, statements
from cdk_sagemaker_algorithm.account.reader import Reader
from cdk_sagemaker_algorithm.account.responses import DeniedError, ReadError, RejectedError, Response
from cdk_sagemaker_algorithm.account.target import Target, is_uploaded
from cdk_sagemaker_algorithm.account.uses import Use, images
from cdk_sagemaker_algorithm.model.ecr_image import EcrImage
from cdk_sagemaker_algorithm.model.json_access import json_list, json_object
from cdk_sagemaker_algorithm.model.regions import dns_suffix_of
from cdk_sagemaker_algorithm.reporting import Level
from cdk_sagemaker_algorithm_provider.contract.json_types import is_object

_DOCKER: Final = "application/vnd.docker.distribution.manifest.v2+json"
_DOCKER_LIST: Final = "application/vnd.docker.distribution.manifest.list.v2+json"
_OCI: Final = "application/vnd.oci.image.manifest.v1+json"
_OCI_INDEX: Final = "application/vnd.oci.image.index.v1+json"
_MEDIA_TYPES: Final = [_DOCKER, _DOCKER_LIST, _OCI, _OCI_INDEX]
_NAMES: Final = {
    _DOCKER: "Docker v2 manifest",
    _DOCKER_LIST: "Docker manifest list",
    _OCI: "OCI manifest",
    _OCI_INDEX: "OCI index",
}
_LISTS: Final = frozenset({_DOCKER_LIST, _OCI_INDEX})
_GIGABYTE: Final = 10**9
_LARGE: Final = 10 * _GIGABYTE
_DEEP: Final = ("CRITICAL", "HIGH")
_RESTRICTIONS: Final = (
    "https://docs.aws.amazon.com/marketplace/latest/userguide/ml-service-restrictions-and-limits.html"
)
_CREATE_ALGORITHM: Final = "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TrainingSpecification.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Missing:
    """An image that is not in ECR.

    Attributes:
        message: What does not exist.
        repository: Whether the repository exists.
    """

    message: str
    repository: bool


def build_command(image: EcrImage) -> str:
    """Return the command that builds and pushes an image in the form that SageMaker accepts."""
    name = image.uri.partition("@")[0]
    return (
        "docker buildx build --platform linux/amd64 --provenance=false --sbom=false "
        f"--output type=image,name={name},push=true,oci-mediatypes=false CONTEXT_DIRECTORY"
    )


def _in_region(
    examine: Callable[[Item, Target, Reader], CheckResult],
) -> Callable[[Item, Target, Reader], CheckResult]:
    """Examine images of the algorithm's region only: an image of another region must be pushed again anyway."""

    def examined(item: Item, target: Target, reader: Reader) -> CheckResult:
        image = _image(item)
        if image.region != target.environment.region:
            return Unknown(reason=f"the image is in {image.region}, not in the algorithm's region")
        return examine(item, target, reader)

    return examined


def _every(target: Target) -> Iterator[Item]:
    yield from (use.item() for use in images(target))


def _scanned(target: Target) -> Iterator[Item]:
    yield from (use.item(stage=Stage.IMAGE_SCAN) for use in images(target))


def _at_creation(target: Target) -> Iterator[Item]:
    yield from (use.item(stage=Stage.CREATION) for use in images(target))


def _in_ecr(items: Callable[[Target], Iterable[Item]], *, uploaded: bool = True) -> Callable[[Target], Iterator[Item]]:
    """Return the items that are ECR images or deploy-time values; one check alone reports other images."""

    def found(target: Target) -> Iterator[Item]:
        for item in items(target):
            known = item.unresolved or EcrImage.parse(item.value)
            if known and (uploaded or item.unresolved or not is_uploaded(item.value, target)):
                yield item

    return found


def _image(item: Item) -> EcrImage:
    image = EcrImage.parse(item.value)
    if image is None:
        raise ValueError(f"{item.value} is not in ECR")
    return image


def _use(item: Item) -> Use:
    use: Use = item.data
    return use


def _check_registry(item: Item, target: Target, reader: Reader) -> CheckResult:
    image = EcrImage.parse(item.value)
    if image is not None:
        return Passed(detail=f"in ECR of account {image.account}")
    return Failed(
        message=f"the image {item.value} is not in Amazon ECR, and SageMaker pulls from ECR only",
        remedy=f"docker tag {item.value} {target.environment.account}.dkr.ecr.{target.environment.region}."
        f"{_suffix(target)}/REPOSITORY:TAG, push it, and name it in the definition",
        source=_CREATE_ALGORITHM,
    )


def _check_region(item: Item, target: Target, reader: Reader) -> CheckResult:
    image = _image(item)
    if image.region == target.environment.region and image.domain in (_suffix(target), "on.aws"):
        return Passed(detail=image.region)
    text = service_errors.IMAGE_REGION
    return Failed(
        message=f"the image is in {image.region} ({image.domain}), the algorithm in {target.environment.region} "
        f"({_suffix(target)})",
        remedy="push the image to ECR of the algorithm's region, or replicate the repository "
        f"(aws ecr put-replication-configuration), and name {image.account}.dkr.ecr.{target.environment.region}."
        f"{_suffix(target)}/{image.repository} in the definition",
        error=text.error(image=image.uri, region=target.environment.region),
        source=text.source,
    )


def _suffix(target: Target) -> str:
    return dns_suffix_of(target.environment.region)


def _manifest(item: Item, reader: Reader) -> Response | _Missing:
    """Return the image in ECR, or what is missing."""
    image = _image(item)
    try:
        response = reader.ask(
            "ecr:BatchGetImage",
            region=image.region,
            **image.base,
            imageIds=[image.identifier],
            acceptedMediaTypes=_MEDIA_TYPES,
        )
    except RejectedError as error:
        if error.code == "RepositoryNotFoundException":
            message = f"there is no repository {image.repository} in account {image.account}, {image.region}"
            return _Missing(message=message, repository=False)
        raise
    found = response.parts("images")
    if found:
        return found[0]
    for failure in response.parts("failures"):
        code = failure.text("failureCode")
        if code == "ImageNotFound":
            message = f"repository {image.repository} has no image {image.tag or image.digest}"
            return _Missing(message=message, repository=True)
        raise ReadError(f"ECR returned {code} for the image: {failure.text('failureReason')}")
    raise ReadError("the response of ecr:BatchGetImage has neither the image nor a failure")


def _present(item: Item, target: Target, reader: Reader) -> Response:
    """Return the image in ECR; another check reports that it is missing."""
    found = _manifest(item, reader)
    if isinstance(found, Response):
        return found
    if is_uploaded(item.value, target):
        raise ReadError("cdk deploy has not built and pushed the image yet")
    raise ReadError(f"the image does not exist: {found.message}")


def _check_missing(item: Item, target: Target, reader: Reader) -> CheckResult:
    image = _image(item)
    if is_uploaded(item.value, target):
        return Passed(detail="uploaded by cdk deploy")
    found = _manifest(item, reader)
    if isinstance(found, Response):
        return Passed(detail=_described(found))
    create = ""
    if not found.repository:
        create = f"aws ecr create-repository --region {image.region} --repository-name {image.repository}\n"
    return Failed(
        message=found.message,
        remedy=f"{create}aws ecr get-login-password --region {image.region} | docker login --username AWS "
        f"--password-stdin {image.account}.dkr.ecr.{image.region}.{image.domain}\n{build_command(image)}",
        error=service_errors.IMAGE_NOT_PULLED.error(),
        source=service_errors.IMAGE_NOT_PULLED.source,
    )


def _described(found: Response) -> str:
    media_type = _media_type(found)
    return _NAMES.get(media_type, media_type)


def _media_type(found: Response) -> str:
    if media_type := found.text("imageManifestMediaType"):
        return media_type
    return str(_content(found).get("mediaType") or "")


def _content(found: Response) -> dict[str, Any]:
    try:
        return dict(json_object(json.loads(found.required("imageManifest"))))
    except ValueError as error:
        raise ReadError("the image's manifest is not JSON") from error


def _check_media_type(item: Item, target: Target, reader: Reader) -> CheckResult:
    image = _image(item)
    media_type = _media_type(_present(item, target, reader))
    if media_type == _DOCKER:
        return Passed(detail="Docker v2 manifest")
    if not media_type:
        return Unknown(reason="ECR does not return the manifest type of the image")
    name = _NAMES.get(media_type, media_type)
    served = any(path.startswith("InferenceSpecification.") for path in _use(item).paths)
    text = service_errors.IMAGE_MEDIA_TYPE
    if served:
        return Failed(
            message=f"the image {image.repository}:{image.tag or image.digest} has the manifest type {name}; "
            "SageMaker's CreateModel accepts a plain Docker v2 manifest only",
            remedy=build_command(image),
            error=text.error(media_type=media_type, image=image.uri),
            source=text.source,
        )
    return Failed(
        level=Level.WARNING,
        message=f"the training image has the manifest type {name}; SageMaker rejects it for inference, and no AWS "
        "document says that training accepts it",
        remedy=build_command(image),
        source=text.source,
    )


def _media_type_items(target: Target) -> Iterator[Item]:
    for use in images(target):
        served = any(path.startswith("InferenceSpecification.") for path in use.paths)
        yield use.item(stage=Stage.AFTER_TRAINING if served else Stage.TRAINING)


def _check_platform(item: Item, target: Target, reader: Reader) -> CheckResult:
    image = _image(item)
    found = _present(item, target, reader)
    if _media_type(found) in _LISTS:
        return Unknown(reason="the image is a list of manifests, so it has no platform of its own")
    digest = json_object(_content(found).get("config")).get("digest")
    if not isinstance(digest, str):
        return Unknown(reason="the image's manifest names no configuration")
    layer = reader.ask("ecr:GetDownloadUrlForLayer", region=image.region, **image.base, layerDigest=digest)
    try:
        config: Any = json.loads(reader.download(layer.required("downloadUrl")))
    except ValueError as error:
        raise ReadError("the image's configuration is not JSON") from error
    if not is_object(config) or not config.get("architecture"):
        return Unknown(reason="the image's configuration names no architecture")
    platform = f"{config.get('os') or 'linux'}/{config['architecture']}"
    if platform == "linux/amd64":
        return Passed(detail=platform)
    text = service_errors.IMAGE_PLATFORM
    entrypoint = json_list(json_object(config.get("config")).get("Entrypoint"))
    program = str(entrypoint[0]) if entrypoint else "train"
    return Failed(
        message=f"the image is built for {platform}; the instances of SageMaker's jobs run linux/amd64",
        remedy=build_command(image),
        evidence=(f"the job's log: {text.text(entrypoint=program)}",),
        source=text.source,
    )


def _details(item: Item, reader: Reader) -> Response:
    image = _image(item)
    try:
        response = reader.ask("ecr:DescribeImages", region=image.region, **image.base, imageIds=[image.identifier])
    except RejectedError as error:
        if error.code in ("ImageNotFoundException", "RepositoryNotFoundException"):
            raise ReadError("the image does not exist") from error
        raise
    found = response.parts("imageDetails")
    if not found:
        raise ReadError("the response of ecr:DescribeImages has no image")
    return found[0]


def _check_archived(item: Item, target: Target, reader: Reader) -> CheckResult:
    status = _details(item, reader).text("imageStatus")
    if status in ("", "ACTIVE"):
        return Passed(detail=status.lower())
    image = _image(item)
    name, value = next(iter(image.identifier.items()))
    return Failed(
        message=f"ECR has archived the image (status {status}): it cannot be pulled",
        remedy=f"aws ecr update-image-storage-class --registry-id {image.account} --repository-name "
        f"{image.repository} --image-id {name}={value} --target-storage-class STANDARD",
        source="https://docs.aws.amazon.com/AmazonECR/latest/userguide/archive_restore_image.html",
    )


def _check_size(item: Item, target: Target, reader: Reader) -> CheckResult:
    details = _details(item, reader)
    if not details.has("imageSizeInBytes"):
        return Unknown(reason="ECR does not return the size of the image")
    size = details.number("imageSizeInBytes")
    if size <= _LARGE:
        return Passed(detail=f"{size / 10**6:.0f} MB")
    return Failed(
        level=Level.WARNING,
        message=f"the image has {size / _GIGABYTE:.1f} GB compressed; every job pulls it before it starts",
        remedy="remove files that training and inference do not need from the image",
    )


def _check_scan(item: Item, target: Target, reader: Reader) -> CheckResult:
    image = _image(item)
    details = _details(item, reader)
    status = details.part("imageScanStatus").text("status")
    if status not in ("COMPLETE", "ACTIVE"):
        return Unknown(reason=f"ECR has no finished scan of the image (status {status or 'none'})")
    counts = details.part("imageScanFindingsSummary").part("findingSeverityCounts")
    found = {level: int(counts.number(level)) for level in _DEEP if counts.has(level)}
    if not any(found.values()):
        return Passed(detail="no critical or high vulnerabilities")
    name, value = next(iter(image.identifier.items()))
    listed = ", ".join(f"{count} {level.lower()}" for level, count in found.items())
    return Failed(
        level=Level.WARNING,
        message=f"ECR's scan found vulnerabilities in the image: {listed}; SageMaker's own scan can reject it",
        remedy=f"aws ecr describe-image-scan-findings --registry-id {image.account} --repository-name "
        f"{image.repository} --image-id {name}={value}",
        source="https://docs.aws.amazon.com/marketplace/latest/userguide/ml-product-submission.html",
    )


def _other_account(target: Target) -> Iterator[Item]:
    for item in _in_ecr(_at_creation)(target):
        image = EcrImage.parse(item.value)
        if item.unresolved or image is None or image.account != target.environment.account:
            yield item


def _check_account(item: Item, target: Target, reader: Reader) -> CheckResult:
    image = _image(item)
    if _use(item).certified:
        return Failed(
            message=f"the image is in ECR of account {image.account}; AWS Marketplace requires the seller's own "
            f"account ({target.environment.account})",
            remedy=build_command(replace(image, uri=_own_uri(image, target))),
            source=_RESTRICTIONS,
        )
    try:
        response = reader.ask("ecr:GetRepositoryPolicy", region=image.region, **image.base)
        policy = json.loads(response.required("policyText"))
    except RejectedError as error:
        if error.code != "RepositoryPolicyNotFoundException":
            raise
        policy = {}
    except ValueError as error:
        raise ReadError("the repository's policy is not JSON") from error
    except DeniedError as error:
        raise ReadError(f"{error}: the repository belongs to account {image.account}") from error
    if _grants_pull(policy, target.environment.account):
        return Passed(detail="the repository's policy names this account")
    text = service_errors.IMAGE_SERVICE_DENIED
    return Failed(
        level=Level.WARNING,
        message=f"the policy of repository {image.repository} in account {image.account} does not let this account "
        f"({target.environment.account}) pull",
        remedy="add to the repository's policy (aws ecr set-repository-policy):\n" + _pull_statement(target),
        error=text.error(image=image.uri),
        source=text.source,
    )


def _own_uri(image: EcrImage, target: Target) -> str:
    """Return the image's registry path in the algorithm's account and region."""
    registry = f"{target.environment.account}.dkr.ecr.{target.environment.region}.{_suffix(target)}"
    return f"{registry}/{image.repository}:{image.tag or 'TAG'}"


def _grants_pull(policy: Any, account: str) -> bool:
    """Return whether a repository's policy can let an account pull; conditions are taken to hold."""
    for statement in statements(policy):
        principal = json.dumps(statement.get("Principal"))
        named = account in principal or '"*"' in principal
        if statement.get("Effect") == "Allow" and named and names_action(statement, "ecr:BatchGetImage"):
            return True
    return False


def _pull_statement(target: Target) -> str:
    return json.dumps(
        {
            "Effect": "Allow",
            "Principal": {
                "AWS": target.environment.arn("iam", "root", region=""),
                "Service": "sagemaker.amazonaws.com",
            },
            "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        },
        indent=2,
    )


def _ask_image(item: Item, target: Target) -> Iterator[PlannedCall]:
    yield "ecr:BatchGetImage", _image(item).base


def _ask_config(item: Item, target: Target) -> Iterator[PlannedCall]:
    yield from _ask_image(item, target)
    yield "ecr:GetDownloadUrlForLayer", _image(item).base


def _ask_details(item: Item, target: Target) -> Iterator[PlannedCall]:
    yield "ecr:DescribeImages", _image(item).base


def _ask_policy(item: Item, target: Target) -> Iterator[PlannedCall]:
    if not _use(item).certified:
        yield "ecr:GetRepositoryPolicy", _image(item).base


CHECKS: Final = (
    Check(
        name="image-media-type",
        requirement="an image must be one plain Docker v2 manifest",
        reason="CreateModel rejects OCI manifests and lists of manifests, after training",
        stage=Stage.AFTER_TRAINING,
        items=_in_ecr(_media_type_items),
        calls=_ask_image,
        examine=_in_region(_check_media_type),
    ),
    Check(
        name="image-platform",
        requirement="an image must be built for linux/amd64",
        reason="the container does not start on SageMaker's instances",
        stage=Stage.TRAINING,
        items=_in_ecr(_every),
        calls=_ask_config,
        examine=_in_region(_check_platform),
    ),
    Check(
        name="image-missing",
        requirement="an image must exist",
        reason="SageMaker cannot pull it",
        stage=Stage.TRAINING,
        items=_in_ecr(_every),
        calls=_ask_image,
        examine=_in_region(_check_missing),
    ),
    Check(
        name="image-archived",
        requirement="an image must not be archived",
        reason="an archived image cannot be pulled",
        stage=Stage.TRAINING,
        items=_in_ecr(_every, uploaded=False),
        calls=_ask_details,
        examine=_in_region(_check_archived),
    ),
    Check(
        name="image-scan",
        requirement="an image should have no critical or high vulnerabilities",
        reason="SageMaker's image scan can reject the algorithm",
        stage=Stage.IMAGE_SCAN,
        level=Level.WARNING,
        items=_in_ecr(_scanned, uploaded=False),
        calls=_ask_details,
        examine=_in_region(_check_scan),
    ),
    Check(
        name="image-large",
        requirement="an image should be smaller than 10 GB",
        reason="every job pulls it before it starts",
        stage=Stage.TRAINING,
        level=Level.WARNING,
        items=_in_ecr(_every, uploaded=False),
        calls=_ask_details,
        examine=_in_region(_check_size),
    ),
    Check(
        name="image-not-ecr",
        requirement="an image must be in Amazon ECR",
        reason="SageMaker pulls images of algorithms from ECR only",
        stage=Stage.CREATION,
        items=_at_creation,
        examine=_check_registry,
    ),
    Check(
        name="image-region",
        requirement="an image must be in the algorithm's region",
        reason="SageMaker does not pull across regions",
        stage=Stage.CREATION,
        items=_in_ecr(_at_creation),
        examine=_check_region,
    ),
    Check(
        name="image-account",
        requirement="an image of another account must be shared with this one; certification requires an own image",
        reason="SageMaker cannot pull it, or AWS Marketplace rejects the algorithm",
        stage=Stage.CREATION,
        items=_other_account,
        calls=_ask_policy,
        examine=_check_account,
    ),
)
