"""Rules for images."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_sagemaker_algorithm.containers.engine import Image
from cdk_sagemaker_algorithm.preflight.profile_run import ProfileRun, image_path
from cdk_sagemaker_algorithm.preflight.rules.rule import Citation, Hit, RunRule
from cdk_sagemaker_algorithm.reporting import Level

_DOCKERFILE: Final = "https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html"
_INFERENCE: Final = "https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html"
_PIPELINE: Final = "https://docs.aws.amazon.com/sagemaker/latest/dg/inference-pipeline-real-time.html"
_LARGEST: Final = 10 * 10**9
_PORT_LABEL: Final = "com.amazonaws.sagemaker.capabilities.accept-bind-to-port"
_SHELLS: Final = frozenset({"sh", "bash", "dash", "ash"})


def _images(run: ProfileRun) -> Iterator[tuple[str, Image]]:
    """Return each image once, with its path in the definition."""
    seen: set[str] = set()
    candidates = [("TrainingSpecification.TrainingImage", run.training_image)]
    candidates += [(image_path(index), image) for index, image in enumerate(run.inference_images)]
    for path, image in candidates:
        if image is not None and image.id not in seen:
            seen.add(image.id)
            yield path, image


def _platform(run: ProfileRun) -> Iterator[Hit]:
    for path, image in _images(run):
        if image.platform != "linux/amd64":
            yield Hit(
                message=f'the image is built for {image.platform}; the instance would report "exec format error"',
                path=path,
                evidence=(f"{image.name}: {image.platform}",),
            )


def _user(run: ProfileRun) -> Iterator[Hit]:
    for path, image in _images(run):
        if image.user.partition(":")[0] not in ("", "0", "root"):
            yield Hit(message=f"the image runs as user {image.user}", path=path, evidence=(f"USER {image.user}",))


def _shell_form(run: ProfileRun) -> Iterator[Hit]:
    for path, image in _images(run):
        words = image.entrypoint
        if len(words) > 1 and words[0].rpartition("/")[2] in _SHELLS and words[1] == "-c":
            yield Hit(
                message="ENTRYPOINT has the shell form: the shell drops train and serve, and does not forward SIGTERM",
                path=path,
                evidence=(f"ENTRYPOINT {list(words)}",),
            )


def _tini(run: ProfileRun) -> Iterator[Hit]:
    for path, image in _images(run):
        if image.entrypoint and image.entrypoint[0].rpartition("/")[2] == "tini" and "--" not in image.entrypoint:
            yield Hit(
                message="ENTRYPOINT is tini without `--`, which takes train and serve as its own arguments",
                path=path,
                evidence=(f"ENTRYPOINT {list(image.entrypoint)}",),
            )


def _size(run: ProfileRun) -> Iterator[Hit]:
    for path, image in _images(run):
        if image.size > _LARGEST:
            yield Hit(message=f"the image has {image.size / 10**9:.1f} GB", path=path)


def _port_label(run: ProfileRun) -> Iterator[Hit]:
    if len(run.inference_images) < 2:  # noqa: PLR2004 - a pipeline
        return
    for index, image in enumerate(run.inference_images):
        if image.labels.get(_PORT_LABEL) != "true":
            yield Hit(
                message="an image of an inference pipeline does not declare that it accepts a port",
                path=image_path(index),
                evidence=(f"LABEL {_PORT_LABEL} is {image.labels.get(_PORT_LABEL)!r}",),
            )


RULES: Final = (
    RunRule(
        id="wrong-platform",
        level=Level.ERROR,
        requirement="Images are built for linux/amd64, the architecture of ML instances",
        remedy="build with --platform linux/amd64 (AlgorithmImage.from_asset: platform=Platform.LINUX_AMD64)",
        source=Citation("https://docs.aws.amazon.com/sagemaker/latest/dg/docker-containers-troubleshooting.html"),
        check=_platform,
    ),
    RunRule(
        id="non-root-user",
        level=Level.WARNING,
        requirement="Containers run as root, which owns the files below /opt/ml",
        remedy="remove USER from the Dockerfile",
        source=Citation(_INFERENCE),
        check=_user,
    ),
    RunRule(
        id="entrypoint-shell-form",
        level=Level.WARNING,
        requirement="ENTRYPOINT has the exec form",
        remedy='write ENTRYPOINT as a JSON array, such as ENTRYPOINT ["python", "program.py"]',
        source=Citation(_DOCKERFILE),
        check=_shell_form,
    ),
    RunRule(
        id="tini-entrypoint",
        level=Level.WARNING,
        requirement="An init such as tini gets `--` before the program",
        remedy='write ENTRYPOINT ["tini", "--", "python", "program.py"]',
        source=Citation(_DOCKERFILE),
        check=_tini,
    ),
    RunRule(
        id="bind-to-port-label",
        level=Level.ERROR,
        requirement=f"Each image of an inference pipeline has LABEL {_PORT_LABEL}=true",
        remedy=f"add LABEL {_PORT_LABEL}=true to the Dockerfile and listen on $SAGEMAKER_BIND_TO_PORT",
        source=Citation(_PIPELINE),
        check=_port_label,
    ),
    RunRule(
        id="image-over-10-gb",
        level=Level.WARNING,
        requirement="Images are smaller than 10 GB",
        remedy="remove build tools and caches, or use a smaller base image",
        source=Citation("https://docs.aws.amazon.com/sagemaker/latest/dg/docker-containers.html", documented=False),
        check=_size,
    ),
)
