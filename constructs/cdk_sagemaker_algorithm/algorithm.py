"""The construct: a SageMaker algorithm resource, validated as part of the deploy."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
import jsii
from aws_cdk.interfaces.aws_sagemaker import AlgorithmReference, IAlgorithmRef
from constructs import Construct

from cdk_sagemaker_algorithm_provider.plain import is_object

from .binding import Binding
from .lazy import lazy
from .model import ApiDict, InferenceSpecification, RoleSource, TrainingSpecification, ValidationSpecification, render
from .provider import AlgorithmProvider

ALGORITHM_TYPE: Final = "Custom::SageMakerAlgorithm"
VALIDATION_TYPE: Final = "Custom::SageMakerAlgorithmValidation"

#: CloudFormation gives a custom resource one hour at most, and a late delivery and the answer take some of it.
_SERVICE_TIMEOUT: Final = 3600
_SLICE_SECONDS: Final = 2880
_DEFAULT_TIMEOUT: Final = 3600
_DEFAULT_TIMEOUT_WITH_PROFILE: Final = 4 * 3600
_PREFIX_LENGTH: Final = 50


@jsii.implements(IAlgorithmRef, cdk.ITaggableV2)
class Algorithm(cdk.Resource):
    """A SageMaker algorithm resource.

    Deploying it calls ``CreateAlgorithm`` and waits until SageMaker has validated the algorithm. An algorithm cannot
    be changed, so a changed definition makes a new one, of another name, and the old one is deleted once the new one
    has passed; a change of tags alone is made in place.

    The arguments are the members of the `CreateAlgorithm
    <https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateAlgorithm.html>`_ request, followed by what
    concerns the deploy. Each structure may also be given as the API's own dict.
    """

    def __init__(  # noqa: PLR0913 (each is a property of the resource)
        self,
        scope: Construct,
        id: str,  # noqa: A002 (CDK's name)
        *,
        training_specification: TrainingSpecification | ApiDict,
        inference_specification: InferenceSpecification | ApiDict | None = None,
        validation_specification: ValidationSpecification | ApiDict | None = None,
        certify_for_marketplace: bool | None = None,
        algorithm_description: str | None = None,
        algorithm_name: str | None = None,
        algorithm_name_prefix: str | None = None,
        revision: str | None = None,
        validation_role: RoleSource | str | None = None,
        validation_timeout: cdk.Duration | None = None,
        wait_for_validation: bool = True,
        removal_policy: cdk.RemovalPolicy | None = None,
        provider: AlgorithmProvider | None = None,
    ) -> None:
        """Declare an algorithm.

        Args:
            scope: The construct that it belongs to.
            id: Its name within the scope.
            training_specification: ``TrainingSpecification``. How it trains: image, hyperparameters, channels,
                metrics, instance types.
            inference_specification: ``InferenceSpecification``. How trained models answer. Default: the algorithm
                cannot be used for inference.
            validation_specification: ``ValidationSpecification``. The jobs that SageMaker runs to validate the
                algorithm. Default: it runs none, and only looks at the images.
            certify_for_marketplace: ``CertifyForMarketplace``. Whether the algorithm is validated for a listing in
                AWS Marketplace. Default: it is not.
            algorithm_description: ``AlgorithmDescription``. What it does, up to 1,024 characters. Default: none.
            algorithm_name: ``AlgorithmName``. The exact name, 1 to 63 letters, digits and hyphens. With an exact
                name a changed definition is refused at deploy until it gets another one. Default: a generated name,
                which changes with the definition.
            algorithm_name_prefix: The beginning of a generated name, up to 50 letters, digits and hyphens. Another
                one takes effect when the definition changes. Default: the construct's path.
            revision: Any text; another one makes the algorithm anew though its definition is the same, such as when
                a tag of the image has moved. Default: none.
            validation_role: The role that the validation's jobs run with; it stands for
                ``ValidationSpecification.ValidationRole``, which may then be left out. Default: the one named there.
            validation_timeout: How long to wait for the validation, in all. Default: 4 hours with a validation
                profile, 1 hour without.
            wait_for_validation: Whether the deploy waits until validation is over, and fails if it fails. Default:
                true.
            removal_policy: What becomes of the algorithm when it is removed from the stack or replaced; seek
                ``RETAIN`` where buyers depend on published versions. Default: it is deleted.
            provider: The provider that serves it. Default: the stack's own, shared by its algorithms.

        Raises:
            ValueError: Arguments exclude each other, or one cannot be understood. What is wrong in the definition
                itself is reported when the app is synthesized, all of it at once.
        """
        super().__init__(scope, id)
        self._tags = cdk.TagManager(cdk.TagType.STANDARD, ALGORITHM_TYPE)
        path = self.node.path
        if algorithm_name is not None and algorithm_name_prefix is not None:
            raise ValueError(f"{path}: algorithm_name and algorithm_name_prefix exclude each other, give one of them")
        content = _content(
            {
                "AlgorithmDescription": algorithm_description,
                "TrainingSpecification": training_specification,
                "InferenceSpecification": inference_specification,
                "ValidationSpecification": validation_specification,
                "CertifyForMarketplace": certify_for_marketplace,
            },
            Binding(self, None),
        )
        role_arn = _validation_role(path, content, validation_role, Binding(self, None))
        self._provider = provider or AlgorithmProvider.of_stack(self)
        name = (
            {"AlgorithmName": algorithm_name}
            if algorithm_name is not None
            else {"AlgorithmNamePrefix": algorithm_name_prefix or _prefix(path)}
        )
        self._resource = cdk.CfnResource(
            self,
            "Resource",
            type=ALGORITHM_TYPE,
            properties={
                "ServiceToken": self._provider.service_token,
                "ServiceTimeout": _SERVICE_TIMEOUT,
                **name,
                **content,
                "Tags": lazy(self._tag_list),
                **({"Revision": revision} if revision is not None else {}),
                **({} if wait_for_validation else {"WaitForValidation": False}),
            },
        )
        self._provider.serve(self._resource, role_arn=role_arn)
        if removal_policy is not None:
            self._resource.apply_removal_policy(removal_policy)
        self._validated = self._resource
        if wait_for_validation:
            self._wait(_timeout(path, validation_timeout, with_profile="ValidationSpecification" in content))

    @classmethod
    def from_request(
        cls,
        scope: Construct,
        id: str,  # noqa: A002 (CDK's name)
        request: Mapping[str, Any] | str | Path,
        **options: Any,
    ) -> Algorithm:
        """Declare an algorithm from a ``CreateAlgorithm`` request, as the console and the CLI take it.

        Args:
            scope: The construct that it belongs to.
            id: Its name within the scope.
            request: The request as a dict, or the path of a JSON file that holds it. ``AlgorithmName`` is taken as
                the exact name, and ``Tags`` are added to the algorithm's.
            **options: The constructor's other arguments, from ``algorithm_name`` on. ``algorithm_name_prefix`` takes
                the place of the request's name.

        Raises:
            ValueError: The file is not JSON, or holds no object.
        """
        members = dict(_read(request))
        name = members.pop("AlgorithmName", None)
        if "algorithm_name_prefix" not in options:
            options.setdefault("algorithm_name", name)
        tags = members.pop("Tags", None) or ()
        algorithm = cls(
            scope,
            id,
            training_specification=members.pop("TrainingSpecification", None),
            inference_specification=members.pop("InferenceSpecification", None),
            validation_specification=members.pop("ValidationSpecification", None),
            certify_for_marketplace=members.pop("CertifyForMarketplace", None),
            algorithm_description=members.pop("AlgorithmDescription", None),
            **options,
        )
        for tag in tags:
            algorithm.cdk_tag_manager.set_tag(tag["Key"], tag["Value"])
        return algorithm

    @property
    def algorithm_arn(self) -> str:
        """The ARN of the algorithm, known once it has passed validation."""
        return self._validated.get_att("AlgorithmArn").to_string()

    @property
    def algorithm_name(self) -> str:
        """The name of the algorithm, known once it has passed validation."""
        return self._validated.get_att("AlgorithmName").to_string()

    @property
    def algorithm_ref(self) -> AlgorithmReference:
        """A reference to the algorithm, for constructs that take any."""
        return AlgorithmReference(algorithm_arn=self.algorithm_arn)

    @property
    def cdk_tag_manager(self) -> cdk.TagManager:
        """The algorithm's tags; ``Tags.of(scope).add`` sets them."""
        return self._tags

    def _tag_list(self) -> list[dict[str, str]] | None:
        return [{"Key": key, "Value": value} for key, value in self._tags.tag_values().items()] or None

    def _wait(self, timeout: int) -> None:
        slices = math.ceil(timeout / _SLICE_SECONDS)
        for number in range(1, slices + 1):
            self._validated = cdk.CfnResource(
                self,
                f"Validation{number}",
                type=VALIDATION_TYPE,
                properties={
                    "ServiceToken": self._provider.service_token,
                    "ServiceTimeout": _SERVICE_TIMEOUT,
                    "AlgorithmName": self._validated.get_att("AlgorithmName"),
                    "Slice": number,
                    "Slices": slices,
                    "ValidationTimeoutInSeconds": timeout,
                },
            )


def _content(members: Mapping[str, Any], binding: Binding) -> dict[str, Any]:
    given = {member: value for member, value in members.items() if value is not None}
    return render(given, binding.resolve)


def _validation_role(
    path: str, content: dict[str, Any], validation_role: RoleSource | str | None, binding: Binding
) -> str | None:
    """The ARN of the role that validates; where it was an argument, it is put into the definition."""
    specification = content.get("ValidationSpecification")
    if validation_role is None:
        return specification.get("ValidationRole") if is_object(specification) else None
    if not is_object(specification):
        raise ValueError(f"{path}: validation_role is given, but there is no validation_specification that uses it")
    if "ValidationRole" in specification:
        raise ValueError(f"{path}: the role is given twice, as validation_role and in validation_specification")
    arn = (
        validation_role
        if isinstance(validation_role, str)
        else str(binding.resolve(validation_role, "validation_role"))
    )
    content["ValidationSpecification"] = {"ValidationRole": arn, **specification}
    return arn


def _timeout(path: str, given: cdk.Duration | None, *, with_profile: bool) -> int:
    if given is None:
        return _DEFAULT_TIMEOUT_WITH_PROFILE if with_profile else _DEFAULT_TIMEOUT
    seconds = int(given.to_seconds())
    if seconds <= 0:
        raise ValueError(f"{path}: validation_timeout is {seconds} s, give a minute at least")
    return seconds


def _prefix(path: str) -> str:
    """The construct's path as the beginning of a name: its end tells more than its beginning."""
    return re.sub(r"[^A-Za-z0-9]+", "-", path)[-_PREFIX_LENGTH:].strip("-")


def _read(request: Mapping[str, Any] | str | Path) -> Mapping[str, Any]:
    if isinstance(request, Mapping):
        return request
    text = Path(request).read_text(encoding="utf-8")
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{request}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from error
    if not is_object(value):
        raise ValueError(f"{request}: a CreateAlgorithm request is a JSON object, this is a {type(value).__name__}")
    return value
