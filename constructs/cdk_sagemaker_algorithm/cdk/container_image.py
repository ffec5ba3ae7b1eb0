"""Define container images: in a repository, built from a directory, or given by a URI."""

from __future__ import annotations

import abc
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from constructs import Construct

from cdk_sagemaker_algorithm.cdk.arguments import must_be, must_be_path, must_be_text
from cdk_sagemaker_algorithm.cdk.kernel import free_id, partition
from cdk_sagemaker_algorithm.model.ecr_image import EcrImage

if TYPE_CHECKING:
    from aws_cdk import aws_ecr, aws_iam
    from aws_cdk.aws_ecr_assets import DockerImageAsset, Platform

#: Actions on a repository that pulling an image requires.
_PULL: Final = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
_DOCKER: Final = "docker"
#: Loads the image into Docker, in the form that every version of CreateModel accepts.
_DOCKER_V2: Final = ("type=docker,oci-mediatypes=false",)
_TAG: Final = re.compile(r":(?P<tag>[^:/@]+)$")


class AlgorithmImage(abc.ABC):
    """A container image for training or inference.

    SageMaker resolves the image to a digest once, when the algorithm is created. It does not notice that a mutable tag
    is reassigned later. Build the image from a directory (its tag identifies its content), use a digest, or change
    ``revision``.
    """

    @staticmethod
    def from_ecr_repository(repository: aws_ecr.IRepository, tag_or_digest: str) -> AlgorithmImage:
        """Use an image in a repository of Amazon ECR.

        The validation role is granted to pull the image. A mutable tag causes a warning.

        Args:
            repository: ECR repository.
            tag_or_digest: A tag, or a digest such as ``sha256:9f86d0…``.
        """
        name = repository if isinstance(repository, str) else "trees"
        remedy = f'use an object such as ecr.Repository.from_repository_name(scope, "Repository", "{name}")'
        function = "AlgorithmImage.from_ecr_repository"
        must_be(f"{function}: repository", "an ECR repository", repository, "repository_uri_for_tag_or_digest", remedy)
        must_be_text(f"{function}: tag_or_digest", tag_or_digest)
        return _RepositoryImage(repository, tag_or_digest)

    @staticmethod
    def from_asset(  # noqa: PLR0913 - as the CDK has it
        directory: str | Path,
        *,
        file: str | None = None,
        target: str | None = None,
        build_args: Mapping[str, str] | None = None,
        platform: Platform | None = None,
        exclude: list[str] | None = None,
        outputs: list[str] | None = None,
    ) -> AlgorithmImage:
        """Build an image and push it during deployment; changed content replaces the algorithm.

        The validation role is granted to pull the image. You can use the object for training and inference: the image
        is built once.

        Args:
            directory: Path of the directory with the Dockerfile.
            file: Path of the Dockerfile within the directory. Default: ``Dockerfile``.
            target: Stage to build. Default: the last stage.
            build_args: Build arguments. Default: none.
            platform: Target platform. Default: ``linux/amd64``, the platform of SageMaker's instances.
            exclude: Patterns of files to exclude, in addition to ``.dockerignore``. Default: none.
            outputs: Values of ``docker build --output``. SageMaker's ``CreateModel`` rejects OCI manifests, which
                Docker builds by default. Default: ``type=docker,oci-mediatypes=false``, which gives a plain Docker v2
                manifest. If ``CDK_DOCKER`` names another tool: none; for Podman, set ``BUILDAH_FORMAT=docker``.
        """
        must_be_path("AlgorithmImage.from_asset: directory", directory)
        if not Path(directory).is_dir():
            raise ValueError(
                f"AlgorithmImage.from_asset: {directory}: directory not found; relative paths start at the directory "
                "where cdk runs"
            )
        return _AssetImage(
            str(directory),
            {
                "file": file,
                "target": target,
                "build_args": build_args,
                "exclude": exclude,
                "outputs": _outputs(outputs),
            },
            platform,
        )

    @staticmethod
    def from_uri(uri: str) -> AlgorithmImage:
        """Use an image by its registry path.

        If the registry is Amazon ECR, the validation role is granted to pull the image.

        Args:
            uri: Registry path with a tag or a digest, such as
                ``123456789012.dkr.ecr.eu-west-1.amazonaws.com/forest@sha256:9f86d0…``.
        """
        must_be_text("AlgorithmImage.from_uri: uri", uri)
        return _UriImage(uri)

    @abc.abstractmethod
    def bind(self, scope: Construct, grantee: aws_iam.IGrantable | None) -> str:
        """Return the image's registry path.

        Args:
            scope: Construct that uses the image.
            grantee: Principal that pulls the image; None for no grant.
        """

    def mutable_tag(self) -> str | None:
        """Return the tag if it is known to be mutable; otherwise None."""
        return None


def mutable_tag_of(uri: str) -> str | None:
    """Return the tag of a registry path if it is mutable by itself; otherwise None.

    Args:
        uri: Registry path; no tag means ``latest``.
    """
    if "@" in uri or uri.endswith("]}"):
        return None
    tag = _TAG.search(uri)
    if tag is None:
        return "latest"
    return tag["tag"] if tag["tag"] == "latest" else None


class _RepositoryImage(AlgorithmImage):
    def __init__(self, repository: aws_ecr.IRepository, tag_or_digest: str) -> None:
        if not tag_or_digest:
            raise ValueError("tag_or_digest is empty; give the image's tag, or its digest (sha256:…)")
        self._repository = repository
        self._tag_or_digest = tag_or_digest

    def bind(self, scope: Construct, grantee: aws_iam.IGrantable | None) -> str:  # noqa: ARG002 - part of binding
        if grantee is not None:
            self._repository.grant_pull(grantee)
        return self._repository.repository_uri_for_tag_or_digest(self._tag_or_digest)

    def mutable_tag(self) -> str | None:
        if self._tag_or_digest.startswith("sha256:") or cdk.Token.is_unresolved(self._tag_or_digest):
            return None
        return self._tag_or_digest if self._tag_or_digest == "latest" or self._is_mutable() else None

    def _is_mutable(self) -> bool:
        from aws_cdk import aws_ecr  # noqa: PLC0415 - loaded already by who has a repository

        child = self._repository.node.default_child
        return isinstance(child, aws_ecr.CfnRepository) and child.image_tag_mutability in (None, "MUTABLE")


class _AssetImage(AlgorithmImage):
    def __init__(self, directory: str, options: Mapping[str, Any], platform: Platform | None) -> None:
        self._directory = directory
        self._options = options
        self._platform = platform
        self._assets: WeakKeyDictionary[Construct, DockerImageAsset] = WeakKeyDictionary()

    def bind(self, scope: Construct, grantee: aws_iam.IGrantable | None) -> str:
        asset = self._assets.get(scope)
        if asset is None:
            asset = self._assets[scope] = self._asset(scope)
        if grantee is not None:
            asset.repository.grant_pull(grantee)
        return asset.image_uri

    def _asset(self, scope: Construct) -> DockerImageAsset:
        from aws_cdk import aws_ecr_assets  # noqa: PLC0415 - large, and not always needed

        return aws_ecr_assets.DockerImageAsset(
            scope,
            free_id(scope, "Image"),
            directory=self._directory,
            platform=self._platform or aws_ecr_assets.Platform.LINUX_AMD64,
            **self._options,
        )


def _outputs(given: list[str] | None) -> list[str] | None:
    """Return the build outputs: the user's, or the one with which Docker builds a Docker v2 manifest."""
    if given is not None:
        return given or None
    tool = Path(os.environ.get("CDK_DOCKER") or _DOCKER).stem
    return list(_DOCKER_V2) if tool == _DOCKER else None


class _UriImage(AlgorithmImage):
    def __init__(self, uri: str) -> None:
        self._uri = uri

    def bind(self, scope: Construct, grantee: aws_iam.IGrantable | None) -> str:  # noqa: ARG002 - part of binding
        repository = EcrImage.parse(self._uri, tokens=True)
        if grantee is not None and repository is not None:
            _grant_pull(grantee, repository)
        return self._uri

    def mutable_tag(self) -> str | None:
        return mutable_tag_of(self._uri)


def _grant_pull(grantee: aws_iam.IGrantable, image: EcrImage) -> None:
    from aws_cdk import aws_iam  # noqa: PLC0415 - not always needed

    arn = f"arn:{partition()}:ecr:{image.region}:{image.account}:repository/{image.repository}"
    aws_iam.Grant.add_to_principal(grantee=grantee, actions=list(_PULL), resource_arns=[arn])
    # The login token is for the whole registry.
    aws_iam.Grant.add_to_principal(grantee=grantee, actions=["ecr:GetAuthorizationToken"], resource_arns=["*"])
