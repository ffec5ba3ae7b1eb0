"""Images that are pulled from a registry, or built from assets and removed again."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdk_sagemaker_algorithm.assembly.assets import Assets, DockerImageAsset
from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.containers.engine import EngineError
from cdk_sagemaker_algorithm.preflight.image_store import ImageOptions, find_image, remove_built
from cdk_sagemaker_algorithm.preflight.inputs import AlgorithmInput
from tests.containers.conftest import Tools
from tests.support.container_images import busybox_image
from tests.support.registry import registry


def algorithm(*images: DockerImageAsset) -> AlgorithmInput:
    return AlgorithmInput(subject="Forest", stack="Stack", definition={}, assets=Assets(images=images))


def nothing(_source: str, _line: str) -> None:
    """Ignore a line."""


def test_an_image_is_pulled_when_asked(tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    local = busybox_image(tools.engine, "localhost/preflight-tests-pulled:1", ["/busybox", "true"])
    tools.engine.run("save", "--output", str(tmp_path / "image.tar"), local)
    with registry(tmp_path / "image.tar") as host:
        # Docker accepts HTTP on loopback; Podman needs to be told.
        (tmp_path / "registries.conf").write_text(f'[[registry]]\nlocation = "{host}"\ninsecure = true\n')
        monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(tmp_path / "registries.conf"))
        uri = f"{host}/forest:1"
        with pytest.raises(InputError, match="or add --pull"):
            find_image(tools.engine, algorithm(), uri, given="", options=ImageOptions(), log=nothing)
        image, origin = find_image(
            tools.engine, algorithm(), uri, given="", options=ImageOptions(pull=True), log=nothing
        )
        assert (image.entrypoint, origin) == (("/busybox", "true"), "pulled")
        assert image.digests
        tools.engine.run("image", "rm", "--force", uri)
        with pytest.raises(EngineError, match="pull"):
            find_image(
                tools.engine, algorithm(), f"{host}1/gone:1", given="", options=ImageOptions(pull=True), log=nothing
            )


def test_an_asset_is_built_in_its_context_and_removed(tools: Tools, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile.sagemaker").write_text(
        f"FROM {tools.image}\nARG NAME\nCOPY file /file\nENV NAME=$NAME\nUSER nobody\n", encoding="utf-8"
    )
    (tmp_path / "file").write_text("x", encoding="utf-8")
    asset = DockerImageAsset(
        id=f"{tools.engine.labels.run.removeprefix('preflight-'):0<64}",
        name="",
        directory=tmp_path,
        executable=(),
        dockerfile="Dockerfile.sagemaker",
        build_args={"NAME": "forest"},
        build_secrets={},
        build_contexts={},
        build_ssh=None,
        target=None,
        platform=None,
        network="none",
        destinations=("assets:1",),
    )
    lines: list[str] = []
    image, origin = find_image(
        tools.engine,
        algorithm(asset),
        "123456789012.dkr.ecr.us-east-1.amazonaws.com/assets:1",
        given="",
        options=ImageOptions(),
        log=lambda _source, line: lines.append(line),
    )
    assert (image.user, origin) == ("nobody", f"built from {tmp_path}")
    assert lines
    assert remove_built(tools.engine) >= 1
    assert tools.engine.image(image.name) is None
