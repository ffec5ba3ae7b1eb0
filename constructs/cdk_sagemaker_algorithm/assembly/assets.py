"""Read the assets that a deployment publishes: Docker images and files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cdk_sagemaker_algorithm.assembly.bounded_files import AssemblyFiles
from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.assembly.stack import Stack
from cdk_sagemaker_algorithm.model.json_access import Json, json_list, json_object

_PLACEHOLDER: Final = re.compile(r"\$\{(AWS::[A-Za-z]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerImageAsset:
    """A Docker image that a deployment builds and pushes.

    Attributes:
        id: Asset ID in the manifest, a hash of the source.
        name: Display name; empty if the app sets none.
        directory: Build context in the assembly; None if a command creates the image.
        executable: Command that creates the image and prints its local tag; empty if Docker builds the image.
        dockerfile: Name of the Dockerfile in the context; None means `Dockerfile`.
        build_args: Build arguments.
        build_secrets: Build secrets, in the format of the Docker CLI.
        build_contexts: Further build contexts, by name.
        build_ssh: SSH agent sockets or keys of the build, in the format of the Docker CLI.
        target: Target stage of the build; None means the last stage.
        platform: Platform of the build; None means the platform of the Docker engine.
        network: Network mode of the build; None means the default of the Docker engine.
        destinations: Repositories and tags that the image is pushed to, as `repository:tag`.
    """

    id: str
    name: str
    directory: Path | None
    executable: tuple[str, ...]
    dockerfile: str | None
    build_args: Mapping[str, str]
    build_secrets: Mapping[str, str]
    build_contexts: Mapping[str, str]
    build_ssh: str | None
    target: str | None
    platform: str | None
    network: str | None
    destinations: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAsset:
    """A file that a deployment uploads to S3.

    Attributes:
        id: Asset ID in the manifest, a hash of the content.
        name: Display name; empty if the app sets none.
        path: File or directory in the assembly; None if a command creates the file.
        executable: Command that creates the file and prints its path; empty if `path` is set.
        zipped: True if `path` is a directory that is uploaded as a ZIP archive.
        destinations: S3 locations of the upload, as `bucket/key`.
    """

    id: str
    name: str
    path: Path | None
    executable: tuple[str, ...]
    zipped: bool
    destinations: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assets:
    """Docker image assets and file assets of an assembly."""

    images: tuple[DockerImageAsset, ...] = ()
    files: tuple[FileAsset, ...] = ()

    def image(self, uri: str) -> DockerImageAsset | None:
        """Return the asset with an image URI; None if the image is not an asset of the assembly.

        Args:
            uri: URI from `unresolved.display`; can contain pseudo parameters such as `${AWS::AccountId}`.
        """
        return next((image for image in self.images if any(uri.endswith(f"/{to}") for to in image.destinations)), None)

    def file(self, uri: str) -> FileAsset | None:
        """Return the asset with an S3 URI; None if the object is not an asset of the assembly.

        Args:
            uri: `s3://bucket/key`; can contain pseudo parameters such as `${AWS::AccountId}`.
        """
        return next((file for file in self.files if uri.removeprefix("s3://") in file.destinations), None)

    def files_below(self, uri: str) -> dict[str, FileAsset]:
        """Return the assets below an S3 prefix, by the rest of their key.

        Args:
            uri: `s3://bucket/prefix`.
        """
        prefix = uri.removeprefix("s3://")
        return {to[len(prefix) :]: file for file in self.files for to in file.destinations if to.startswith(prefix)}


def read_assets(stack: Stack) -> Assets:
    """Read the assets of the assembly that a stack belongs to.

    Args:
        stack: Stack of an assembly; a template file has no assets.

    Returns:
        The assets of all stacks of the assembly, with account and region filled in if the assembly contains them.

    Raises:
        InputError: If a manifest cannot be read, or an asset is outside of the assembly.
    """
    if stack.files is None:
        return Assets()
    values = stack.pseudo_parameters()

    def fill(text: object) -> str:
        return _PLACEHOLDER.sub(lambda placeholder: values.get(placeholder.group(1), placeholder.group()), str(text))

    images: dict[str, DockerImageAsset] = {}
    files: dict[str, FileAsset] = {}
    for manifest in stack.asset_manifests:
        content = stack.files.read_json(manifest)
        for identifier, value in json_object(content.get("dockerImages")).items():
            images[identifier] = _image(stack.files, identifier, json_object(value), fill)
        for identifier, value in json_object(content.get("files")).items():
            files[identifier] = _file(stack.files, identifier, json_object(value), fill)
    return Assets(images=tuple(images.values()), files=tuple(files.values()))


_Fill = Callable[[object], str]


def _image(files: AssemblyFiles, identifier: str, asset: dict[str, Json], fill: _Fill) -> DockerImageAsset:
    source = json_object(asset.get("source"))
    directory, executable = source.get("directory"), tuple(map(str, json_list(source.get("executable"))))
    if not isinstance(directory, str) and not executable:
        raise InputError(f"{files.directory}: Docker image asset {identifier} has neither directory nor executable")
    return DockerImageAsset(
        id=identifier,
        name=str(asset.get("displayName") or ""),
        directory=files.path(directory) if isinstance(directory, str) else None,
        executable=executable,
        dockerfile=_optional(source.get("dockerFile")),
        build_args=_texts(source.get("dockerBuildArgs")),
        build_secrets=_texts(source.get("dockerBuildSecrets")),
        build_contexts=_texts(source.get("dockerBuildContexts")),
        build_ssh=_optional(source.get("dockerBuildSsh")),
        target=_optional(source.get("dockerBuildTarget")),
        platform=_optional(source.get("platform")),
        network=_optional(source.get("networkMode")),
        destinations=tuple(
            f"{fill(to.get('repositoryName'))}:{fill(to.get('imageTag'))}" for to in _destinations(asset)
        ),
    )


def _file(files: AssemblyFiles, identifier: str, asset: dict[str, Json], fill: _Fill) -> FileAsset:
    source = json_object(asset.get("source"))
    path, executable = source.get("path"), tuple(map(str, json_list(source.get("executable"))))
    if not isinstance(path, str) and not executable:
        raise InputError(f"{files.directory}: file asset {identifier} has neither path nor executable")
    return FileAsset(
        id=identifier,
        name=str(asset.get("displayName") or ""),
        path=files.path(path) if isinstance(path, str) else None,
        executable=executable,
        zipped=source.get("packaging") == "zip",
        destinations=tuple(f"{fill(to.get('bucketName'))}/{fill(to.get('objectKey'))}" for to in _destinations(asset)),
    )


def _destinations(asset: dict[str, Json]) -> Iterator[dict[str, Json]]:
    return map(json_object, json_object(asset.get("destinations")).values())


def _optional(value: Json) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: Json) -> dict[str, str]:
    return {name: str(text) for name, text in json_object(value).items()}
