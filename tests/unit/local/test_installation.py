from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING

import pytest

from cdk_sagemaker_algorithm.local import LocalAwsError, installation

if TYPE_CHECKING:
    from pathlib import Path


def fake_emulator(environment: Path) -> Path:
    """What an environment with the emulator looks like."""
    (environment / "lib/python3.11/site-packages/ministack").mkdir(parents=True)
    python = environment / "bin/python"
    python.parent.mkdir()
    python.touch()
    return python


def no_report(message: str) -> None:
    pytest.fail(f"nothing takes long here, but it says {message!r}")


def test_environment_chosen_by_option_or_variable_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_option = fake_emulator(tmp_path / "option")
    by_variable = fake_emulator(tmp_path / "variable")
    monkeypatch.setenv(installation.OVERRIDE, str(tmp_path / "variable"))
    assert installation.emulator_python(None, no_report) == by_variable
    assert installation.emulator_python(tmp_path / "option", no_report) == by_option


def test_made_environment_is_used_again_until_the_lock_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(installation.OVERRIDE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made: list[Path] = []

    def install(environment: Path) -> None:
        made.append(fake_emulator(environment))

    monkeypatch.setattr(installation, "_install", install)
    reports: list[str] = []
    first = installation.emulator_python(None, reports.append)
    assert installation.emulator_python(None, no_report) == first
    lock = tmp_path / "requirements.txt"
    lock.write_text("ministack==2.0.0\n")
    monkeypatch.setattr(installation, "REQUIREMENTS", lock)
    assert installation.emulator_python(None, reports.append) != first
    assert len(made) == len(reports) == 2
    assert first.exists()


def test_environments_that_no_run_has_used_for_90_days_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(installation.OVERRIDE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(installation, "_install", fake_emulator)
    cache = tmp_path / "cdk-sagemaker-algorithm"
    days = {"emulator-used": 80, "emulator-unused": 100, "data": 100}
    for name, age in days.items():
        (cache / name).mkdir(parents=True)
        os.utime(cache / name, (0, time.time() - age * 24 * 3600))

    current = installation.emulator_python(None, lambda _: None).parents[1]
    assert {path.name for path in cache.iterdir()} == {"emulator-used", "data", current.name}
    os.utime(current, (0, 0))
    installation.emulator_python(None, no_report)
    assert time.time() - current.stat().st_mtime < 60


def test_failed_installation_says_why_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(installation.OVERRIDE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    lock = tmp_path / "requirements.txt"
    lock.write_text("--no-index\nno-such-package==1 --hash=sha256:" + "0" * 64 + "\n")
    monkeypatch.setattr(installation, "REQUIREMENTS", lock)
    with pytest.raises(LocalAwsError, match="No matching distribution found for no-such-package==1"):
        installation.emulator_python(None, lambda _: None)
    assert list((tmp_path / "cache" / "cdk-sagemaker-algorithm").iterdir()) == []


def test_lock_pins_everything_by_hash_and_names_no_registry() -> None:
    text = installation.REQUIREMENTS.read_text()
    pins = re.findall(r"^[a-z0-9.-]+==\S+", text, re.MULTILINE)
    requirements = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(pins) == len(requirements)
    assert {"ministack==1.5.33"} < set(pins)
    assert any(pin.startswith("boto3==") for pin in pins)
    assert text.count("--hash=sha256:") >= len(pins)
    assert "://" not in text
