"""Check the resources that a validation needs in the emulated account, with the checks of ``preflight --account``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from cdk_sagemaker_algorithm.account import service_errors as texts
from cdk_sagemaker_algorithm.account.check import Failed
from cdk_sagemaker_algorithm.account.read_operations import AwsEnvironment
from cdk_sagemaker_algorithm.account.reader import Reader
from cdk_sagemaker_algorithm.account.table import check_named
from cdk_sagemaker_algorithm.account.target import targets
from cdk_sagemaker_algorithm.assembly.stack import Stack
from cdk_sagemaker_algorithm.local.errors import LocalAwsError
from cdk_sagemaker_algorithm.local.sagemaker.errors import ServiceError
from cdk_sagemaker_algorithm.model.arn import Arn
from cdk_sagemaker_algorithm.model.ecr_image import EcrImage
from cdk_sagemaker_algorithm.model.json_access import Json
from cdk_sagemaker_algorithm.model.s3_uri import split_s3_uri
from cdk_sagemaker_algorithm.reporting import Level
from cdk_sagemaker_algorithm_provider.contract.resource_schema import ALGORITHM_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from cdk_sagemaker_algorithm.account.check import Item
    from cdk_sagemaker_algorithm.account.service_errors import AwsError

#: What SageMaker asks for at a moment of a validation.
Moment = Literal["creation", "training", "training output", "model", "transform", "transform output"]

_INPUTS: Final = ("data-missing", "data-region", "key-state", "key-usage")
_OUTPUTS: Final = ("output-bucket-missing", "output-region")
#: The checks of an account by the moment at which AWS notices what they find.
_CHECKS: Final[Mapping[Moment, tuple[str, ...]]] = {
    "creation": ("image-region", "role-missing", "role-trust"),
    "training": ("image-missing", *_INPUTS),
    "training output": _OUTPUTS,
    "model": ("image-missing", "image-media-type"),
    "transform": _INPUTS,
    "transform output": _OUTPUTS,
}


class AccountResources(Protocol):
    """Resources of an account that a validation needs."""

    def check_creation(self, request: Mapping[str, Any]) -> None:
        """Reject a CreateAlgorithm request with unusable resources.

        Raises:
            ServiceError: ValidationException.
        """
        ...

    def failure(self, request: Mapping[str, Any], moment: Moment, *parts: object) -> str | None:
        """Return why a job fails that needs resources; None if all of them can be used.

        Args:
            request: The CreateAlgorithm request.
            moment: The moment of the validation.
            parts: What names the resources of this moment: an image, the definition of a job.
        """
        ...


class EverythingExists(AccountResources):
    """An account in which all resources exist."""

    def check_creation(self, request: Mapping[str, Any]) -> None:
        """Accept every request."""

    def failure(self, request: Mapping[str, Any], moment: Moment, *parts: object) -> str | None:  # noqa: ARG002 - the protocol's
        """Return None: all resources exist."""
        return None


class EmulatedAccount(AccountResources):
    """The account of the emulator, with resources that are declared to exist.

    Attributes:
        missed: Resources that a validation needed and could not use, in order of use.
    """

    def __init__(
        self, client: Callable[[str], Any], region: str, account: str, *, images_pushed: bool, existing: Iterable[str]
    ) -> None:
        """Create the S3 objects that are declared to exist.

        Args:
            client: Returns a client of a service of the emulator.
            region: The region of all resources.
            account: The account of all resources.
            images_pushed: True lets a validation fail if its images are not in the emulator's ECR.
            existing: S3 URIs, and ARNs of roles and KMS keys, to treat as existing.

        Raises:
            LocalAwsError: If one of `existing` is none of these.
        """
        self.missed: dict[str, None] = {}
        self._client = client
        self._environment = AwsEnvironment(account=account, region=region)
        self._images_pushed = images_pushed
        self._declared: set[str] = set()
        for name in existing:
            self._declare(name)

    def check_creation(self, request: Mapping[str, Any]) -> None:
        """Check the role, and the regions of the images."""
        for _, failed in self._failed(request, "creation"):
            if failed.error is not None:
                raise ServiceError(failed.error.code, failed.error.text)

    def failure(self, request: Mapping[str, Any], moment: Moment, *parts: object) -> str | None:
        """Return AWS's error text for the first unusable resource."""
        named = set(_strings(parts))
        for item, failed in self._failed(request, moment):
            if item.value in named:
                self.missed[item.value] = None
                if moment == "model" and failed.error == texts.IMAGE_NOT_PULLED.error():
                    return str(_model_error(item, request))
                return str(failed.error or failed.message)
        return None

    def _failed(self, request: Mapping[str, Any], moment: Moment) -> Iterator[tuple[Item, Failed]]:
        """Yield the failed checks of a moment."""
        resources: Json = {"Algorithm": {"Type": ALGORITHM_TYPE, "Properties": dict(request)}}
        stack = Stack(name=None, label="request", template={"Resources": resources})
        (target,) = targets([stack], self._environment)
        reader = Reader(lambda service, _: self._client(service), self._environment)
        for check in map(check_named, _CHECKS[moment]):
            for item in check.items(target):
                skipped = check.name in _OF_PUSHED_IMAGES and not self._images_pushed
                if skipped or item.value in self._declared:
                    continue
                result = check.examine(item, target, reader)
                if isinstance(result, Failed) and result.level is Level.ERROR:
                    if check.name == "role-missing":
                        self.missed[item.value] = None
                    yield item, result

    def _declare(self, name: str) -> None:
        arn = Arn.parse(name)
        if arn and (arn.is_a("iam", "role") or arn.is_a("kms", "key")):
            self._declared.add(name)
            return
        bucket, key = split_s3_uri(name)
        if bucket:
            s3 = self._client("s3")
            s3.create_bucket(Bucket=bucket)
            if key:
                s3.put_object(Bucket=bucket, Key=f"{key}placeholder" if key.endswith("/") else key, Body=b"")
        else:
            raise LocalAwsError(
                f"--existing {name!r} is neither an S3 URI nor the ARN of a role or a KMS key; write for example"
                " s3://my-bucket/train/ or arn:aws:iam::123456789012:role/Validation"
            )


#: Checks that make sense only if the images are said to be in the emulator's ECR.
_OF_PUSHED_IMAGES: Final = frozenset({"image-missing", "image-media-type"})


def _model_error(item: Item, request: Mapping[str, Any]) -> AwsError:
    """Return the error of CreateModel for a missing image, which differs from that of a training job."""
    image = EcrImage.parse(item.value)
    role = request["ValidationSpecification"]["ValidationRole"]
    if image is None:
        raise ValueError(f"{item.value} is not in ECR")
    return texts.IMAGE_ACCESS_DENIED.error(repository=image.repository, account=image.account, role=role)


def _strings(value: object) -> Iterator[str]:
    """Yield all strings in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():  # pyright: ignore[reportUnknownVariableType]
            yield from _strings(each)  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(value, list | tuple):
        for each in value:  # pyright: ignore[reportUnknownVariableType]
            yield from _strings(each)  # pyright: ignore[reportUnknownArgumentType]
