"""Free disk space: a job checks it before it copies data."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from cdk_sagemaker_algorithm.containers.channels import DataError, local_objects
from cdk_sagemaker_algorithm.containers.engine import Engine
from cdk_sagemaker_algorithm.containers.training_job import TrainingJob, run_training

CHANNEL = {
    "ChannelName": "training",
    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/training/"}},
}


class FakeEngine(Engine):
    """An engine whose containers lie in a directory; creates none."""

    def __init__(self, host: str, directory: Path) -> None:
        super().__init__("docker", "docker", "docker 1")
        self.answer = f"{host}|{directory}\n".encode()
        self.words: list[str] = []

    def run(self, *arguments: str, **_: object) -> subprocess.CompletedProcess[bytes]:
        self.words.append(arguments[0])
        if arguments[0] == "create":
            raise InterruptedError
        return subprocess.CompletedProcess(arguments, 0, self.answer, b"")


def job(folder: Path, size: int, hosts: int = 1, *, mount: bool = False) -> TrainingJob:
    with (folder / "rows.bin").open("wb") as file:
        file.truncate(size)
    return TrainingJob(
        name="job",
        image="image",
        definition={"InputDataConfig": [CHANNEL], "ResourceConfig": {"InstanceCount": hosts}},
        specification={},
        data={"training": local_objects(folder / "rows.bin", "s3://bucket/training/")},
        mount=mount,
    )


def half_a_gigabyte(path: Path) -> SimpleNamespace:
    assert path.is_dir()
    return SimpleNamespace(free=5 * 10**8)


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", half_a_gigabyte)


@pytest.mark.usefixtures("free")
@pytest.mark.parametrize(("size", "hosts"), [(6 * 10**8, 1), (3 * 10**8, 2)])
def test_data_that_does_not_fit_is_not_copied(size: int, hosts: int, tmp_path: Path) -> None:
    engine = FakeEngine(socket.gethostname(), tmp_path)
    with pytest.raises(DataError, match=r"600,000,000 bytes, and .* has 500,000,000 free; add --mount"):
        run_training(engine, job(tmp_path, size, hosts), tmp_path / "out")
    assert engine.words == ["info"]


@pytest.mark.usefixtures("free")
@pytest.mark.parametrize(
    ("host", "size", "mount"),
    [
        pytest.param("", 4 * 10**8, False, id="fits"),
        pytest.param("", 6 * 10**8, True, id="mounted"),
        pytest.param("another-machine", 6 * 10**8, False, id="disk of another machine"),
        pytest.param("", 10**6, False, id="too small to ask"),
    ],
)
def test_other_jobs_go_on(host: str, size: int, mount: bool, tmp_path: Path) -> None:
    engine = FakeEngine(host or socket.gethostname(), tmp_path)
    with pytest.raises(InterruptedError):
        run_training(engine, job(tmp_path, size, mount=mount), tmp_path / "out")
