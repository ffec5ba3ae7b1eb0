"""Check role, images and data that a validation requires, with AWS's error messages."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from cdk_sagemaker_algorithm.account import service_errors as texts
from cdk_sagemaker_algorithm.local.errors import LocalAwsError
from cdk_sagemaker_algorithm.local.sagemaker.errors import ServiceError
from cdk_sagemaker_algorithm.model.json_access import structure, structures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from cdk_sagemaker_algorithm.account.service_errors import ServiceText

_SAGEMAKER = "sagemaker.amazonaws.com"
_ECR = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.[a-z.]+/([^:@]+)(?::([^@]+))?(?:@(.+))?")
_S3 = re.compile(r"s3://([^/]+)/?(.*)")
_ROLE = re.compile(r"arn:[a-z-]+:iam::(\d{12}):role/(?:.*/)?([^/]+)")
_ABSENT = ("NoSuchBucket", "NoSuchEntity", "RepositoryNotFoundException", "404")


class Surroundings(Protocol):
    """Other resources of an account, as SageMaker accesses them."""

    def check_creation(self, request: Mapping[str, Any]) -> None:
        """Reject a CreateAlgorithm request with unusable resources.

        Args:
            request: The request.

        Raises:
            ServiceError: ValidationException.
        """
        ...

    def missing_input(self, sources: Iterable[str], role: str) -> str | None:
        """Read the input of a job.

        Args:
            sources: The S3 URIs.
            role: The role that the job runs under.

        Returns:
            Why the job fails; None if all of its input is there.
        """
        ...

    def missing_output(self, uri: str) -> str | None:
        """Find the bucket that a job writes to.

        Args:
            uri: The S3 URI.

        Returns:
            Why the job fails; None if the bucket is there.
        """
        ...

    def missing_image(self, image: str, role: str, *, training: bool) -> str | None:
        """Pull an image.

        Args:
            image: The image's URI.
            role: The role that pulls it.
            training: Whether a training job pulls it; a model otherwise.

        Returns:
            Why the job fails; None if the image is there.
        """
        ...


class Unlimited(Surroundings):
    """Account in which all resources exist."""

    def check_creation(self, request: Mapping[str, Any]) -> None:
        """Accept every request."""

    def missing_input(self, sources: Iterable[str], role: str) -> str | None:  # noqa: ARG002 - the protocol's
        """Miss nothing."""
        return None

    def missing_output(self, uri: str) -> str | None:  # noqa: ARG002 - the protocol's
        """Miss nothing."""
        return None

    def missing_image(self, image: str, role: str, *, training: bool) -> str | None:  # noqa: ARG002 - the protocol's
        """Miss nothing."""
        return None


class EmulatedAccount(Surroundings):
    """Account of the emulator, plus resources declared as existing.

    Attributes:
        missed: What was asked for and is not there, in the order it was missed.
    """

    def __init__(
        self, client: Callable[[str], Any], region: str, account: str, *, images_pushed: bool, existing: Iterable[str]
    ) -> None:
        """Create an account view without calling the emulator.

        Args:
            client: Makes a client of a service of the emulator.
            region: The region that everything is in.
            account: The account that everything is in.
            images_pushed: Whether the images are in the emulator's ECR, or fail the validation.
            existing: Roles by their ARNs, and S3 URIs, that are to exist.

        Raises:
            LocalAwsError: If one of `existing` is neither.
        """
        self.missed: dict[str, None] = {}
        self._s3, self._iam, self._ecr = client("s3"), client("iam"), client("ecr")
        self._region = region
        self._account = account
        self._images_pushed = images_pushed
        self._roles: set[str] = set()
        for name in existing:
            self._create(name)

    def check_creation(self, request: Mapping[str, Any]) -> None:
        """Check the role, and the regions of the images."""
        training = structure(request, "TrainingSpecification")
        containers = structures(request, "InferenceSpecification", "Containers")
        for specified in (training, *containers):
            image = specified.get("TrainingImage") or specified.get("Image") or ""
            match = _ECR.fullmatch(image)
            if match and match[2] != self._region:
                raise _rejection(texts.IMAGE_REGION, image=image, region=self._region)
        role = structure(request, "ValidationSpecification").get("ValidationRole")
        if role and not self._role_is_usable(role):
            raise _rejection(texts.ROLE_NOT_ASSUMED, role=role)

    def missing_input(self, sources: Iterable[str], role: str) -> str | None:
        """List each prefix, as the service does before it starts a job."""
        for uri in sources:
            bucket, key = _location(uri)
            found = _present(lambda: self._s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1))  # noqa: B023
            if not found or not found["KeyCount"]:
                self.missed[uri] = None
                return texts.NO_OBJECTS.failure_reason(uri=uri, region=self._region, role=role, bucket=bucket)
        return None

    def missing_output(self, uri: str) -> str | None:
        """Ask for the bucket."""
        bucket, _ = _location(uri)
        if _present(lambda: self._s3.head_bucket(Bucket=bucket)) is not None:
            return None
        self.missed[f"s3://{bucket}"] = None
        return texts.BUCKET_MISSING.failure_reason()

    def missing_image(self, image: str, role: str, *, training: bool) -> str | None:
        """Ask ECR, if the images are said to be there."""
        match = _ECR.fullmatch(image)
        if not self._images_pushed or match is None:
            return None
        _, _, repository, tag, digest = match.groups()
        wanted = {"imageDigest": digest} if digest else {"imageTag": tag or "latest"}
        found = _present(lambda: self._ecr.batch_get_image(repositoryName=repository, imageIds=[wanted]))
        if found and found["images"]:
            return None
        self.missed[image] = None
        if training:
            return texts.IMAGE_NOT_PULLED.failure_reason()
        return texts.IMAGE_ACCESS_DENIED.failure_reason(repository=repository, account=match[1], role=role)

    def _role_is_usable(self, arn: str) -> bool:
        """Return whether the role exists with this exact ARN and SageMaker can assume it."""
        if arn in self._roles:
            return True
        match = _ROLE.fullmatch(arn)
        role = None
        if match and match[1] == self._account:
            role = _present(lambda: self._iam.get_role(RoleName=match[2])["Role"])
        if role and role["Arn"] == arn and _SAGEMAKER in json.dumps(role["AssumeRolePolicyDocument"]):
            return True
        if not role:
            self.missed[arn] = None
        return False

    def _create(self, name: str) -> None:
        """Let something exist."""
        if _ROLE.fullmatch(name):
            self._roles.add(name)
        elif match := _S3.fullmatch(name):
            bucket, key = match.groups()
            self._s3.create_bucket(Bucket=bucket)
            if key:
                self._s3.put_object(Bucket=bucket, Key=f"{key}placeholder" if key.endswith("/") else key, Body=b"")
        else:
            raise LocalAwsError(
                f"--existing {name!r} is neither an S3 URI nor a role's ARN; write for example"
                " s3://my-bucket/train/ or arn:aws:iam::123456789012:role/Validation"
            )


def inputs_of(definition: Mapping[str, Any]) -> Iterator[str]:
    """Return the S3 URIs that a training or transform job reads.

    Args:
        definition: The validation profile's definition of the job.
    """
    for reader in (*structures(definition, "InputDataConfig"), structure(definition, "TransformInput")):
        uri = structure(structure(reader, "DataSource"), "S3DataSource").get("S3Uri")
        if uri:
            yield uri


def _rejection(text: ServiceText, **values: str) -> ServiceError:
    """Return an error of an operation."""
    return ServiceError(text.code, text.text(**values))


def _location(uri: str) -> tuple[str, str]:
    """Split an S3 URI into bucket and key."""
    match = _S3.fullmatch(uri)
    return (match[1], match[2]) if match else (uri, "")


def _present(ask: Callable[[], Any]) -> Any:
    """Return a response of the emulator; None if the resource does not exist."""
    try:
        return ask()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _ABSENT:
            return None
        raise
