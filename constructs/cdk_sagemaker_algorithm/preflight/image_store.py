"""Find the images of an algorithm in the engine's store, build them from assets, or pull them."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from cdk_sagemaker_algorithm.assembly.assets import DockerImageAsset
from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.containers.engine import Engine, EngineError, Image
from cdk_sagemaker_algorithm.containers.local_images import find_local_image
from cdk_sagemaker_algorithm.containers.logs import split_lines
from cdk_sagemaker_algorithm.model.display_text import log_line
from cdk_sagemaker_algorithm.preflight.inputs import AlgorithmInput

#: Repository of images that preflight builds.
BUILT: Final = "cdk-sagemaker-algorithm-preflight"
_PULL: Final = 3600.0
_BUILD_LINES: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageOptions:
    """Options for finding images.

    Attributes:
        training: Name of a local image for training.
        inference: Name of a local image for inference.
        build: Whether image assets are built.
        pull: Whether images that are not there are pulled.
        ecr: Returns an ECR client of a region, for the login; needed to pull from Amazon ECR.
    """

    training: str = ""
    inference: str = ""
    build: bool = True
    pull: bool = False
    ecr: Callable[[str], Any] | None = field(default=None, repr=False)


def find_image(
    engine: Engine,
    algorithm: AlgorithmInput,
    uri: str,
    *,
    given: str,
    options: ImageOptions,
    log: Callable[[str, str], None],
) -> tuple[Image, str]:
    """Find an image, or build or pull it.

    Args:
        uri: The image's URI in the definition.
        given: The local image that the user names; empty for none.
        options: Options for finding images.
        log: Is called with lines of a build or pull.

    Returns:
        The image, and where it comes from.

    Raises:
        InputError: If the image cannot be found.
        EngineError: If a build or pull fails.
    """
    if given:
        image = engine.image(given)
        if image is None:
            raise InputError(f"--image {given}: no such image in {engine.command}; run: {engine.command} image ls")
        return image, "--image"
    asset = algorithm.assets.image(uri)
    if asset is not None and options.build:
        return _build(engine, asset, log), f"built from {asset.directory}"
    image = find_local_image(engine, uri)
    if image is not None:
        return image, f"local image {image.name}"
    if options.pull and "${" not in uri:
        return _pull(engine, uri, options, log), "pulled"
    raise InputError(
        f"{algorithm.subject}: image {uri} is not in {engine.command}'s store and no asset of the assembly; "
        "name a local image with --image NAME, or add --pull"
    )


def _build(engine: Engine, asset: DockerImageAsset, log: Callable[[str, str], None]) -> Image:
    if asset.directory is None:
        raise InputError(f"image asset {asset.id}: is created by a command; build it and name it with --image")
    tag = f"localhost/{BUILT}:{asset.id[:40]}"
    process = engine.build(asset.directory, tag=tag, arguments=list(_build_arguments(asset)))
    lines: list[str] = []
    for line in split_lines(cast("Any", process.stdout)):
        text = log_line(line.decode(errors="replace").rstrip())
        lines = [*lines[-_BUILD_LINES:], text]
        log("build", text)
    if process.wait():
        raise EngineError(f"{engine.command} build {asset.directory}: failed: {' / '.join(lines[-5:])}")
    image = engine.image(tag)
    if image is None:
        raise EngineError(f"{engine.command} build: the image {tag} is not in the store after the build")
    return image


def _build_arguments(asset: DockerImageAsset) -> Iterator[str]:
    if asset.dockerfile:
        yield from ("--file", asset.dockerfile)
    for option, values in (
        ("--build-arg", asset.build_args),
        ("--secret", asset.build_secrets),
        ("--build-context", asset.build_contexts),
    ):
        for name, value in values.items():
            joined = f"id={name},{value}" if option == "--secret" else f"{name}={value}"
            yield from (option, joined)
    flags = {"--ssh": asset.build_ssh, "--target": asset.target, "--platform": asset.platform}
    for flag, setting in {**flags, "--network": asset.network}.items():
        if setting:
            yield from (flag, setting)


def _pull(engine: Engine, uri: str, options: ImageOptions, log: Callable[[str, str], None]) -> Image:
    log("pull", uri)
    registry = uri.partition("/")[0]
    with tempfile.TemporaryDirectory(prefix="preflight-login-") as directory:
        # A separate credentials store, so that the user's logins do not change.
        environment = {"DOCKER_CONFIG": directory, "REGISTRY_AUTH_FILE": f"{directory}/auth.json"}
        if ".dkr.ecr." in registry and options.ecr is not None:
            environment |= _context(engine)
            user, password = _credentials(options.ecr(registry.split(".")[3]))
            engine.run(
                "login",
                "--username",
                user,
                "--password-stdin",
                registry,
                data=password.encode(),
                environment=environment,
            )
            engine.run("pull", uri, timeout=_PULL, environment=environment)
        else:
            engine.run("pull", uri, timeout=_PULL)
    image = engine.image(uri)
    if image is None:
        raise EngineError(f"{engine.command} pull {uri}: the image is not in the store after the pull")
    return image


def _context(engine: Engine) -> Mapping[str, str]:
    """Return the address of Docker's current context, which the login's own configuration would hide."""
    if engine.kind != "docker":
        return {}
    done = engine.run("context", "inspect", "--format", "{{.Endpoints.docker.Host}}", check=False)
    address = done.stdout.decode(errors="replace").strip()
    return {"DOCKER_HOST": address} if done.returncode == 0 and address else {}


def _credentials(ecr: Any) -> tuple[str, str]:
    token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    user, _, password = base64.b64decode(token).decode().partition(":")
    return user, password


def remove_built(engine: Engine) -> int:
    """Remove the images that preflight built; return how many."""
    done = engine.run("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", check=False)
    names = [name for name in done.stdout.decode().split() if f"{BUILT}:" in name]
    return sum(engine.run("image", "rm", name, timeout=60, check=False).returncode == 0 for name in names)
