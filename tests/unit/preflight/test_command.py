"""The command's options and errors, without an engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdk_sagemaker_algorithm.cli.app import run
from cdk_sagemaker_algorithm.cli.exit_statuses import FAILED, USAGE


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "training"], "CHANNEL=PATH"),
        (["--max-download", "much"], "not a size"),
        (["--memory", "lots"], "auto, none"),
        (["--model", "gone.tar.gz"], "no such file"),
        (["--startup-timeout", "0"], "above 0"),
        (["--ignore", "no-such-rule"], "no such rule"),
    ],
)
def test_wrong_usage_is_named(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["preflight", *arguments]) == USAGE
    assert message in capsys.readouterr().err


def test_without_an_engine_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CDK_DOCKER", raising=False)
    request = tmp_path / "request.json"
    request.write_text('{"TrainingSpecification": {"TrainingImage": "forest:1"}}', encoding="utf-8")
    assert run(["preflight", "--containers", str(request)]) == FAILED
    text = capsys.readouterr().err
    assert "no container engine responds" in text
    assert "docker: not installed; podman: not installed" in text


def test_downloads_are_cleared_without_an_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CDK_DOCKER", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cached = tmp_path / "cdk-sagemaker-algorithm/preflight/ab/object"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"0123456789")
    assert run(["preflight", "--clear-cache"]) == FAILED
    text = capsys.readouterr().err
    assert "removed 10 B of downloaded data" in text
    assert "built images are not removed: no container engine responds" in text
    assert not cached.exists()
