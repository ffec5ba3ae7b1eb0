"""Which start errors are a fault of the image, which are the engine's, and what fixes them."""

from __future__ import annotations

import pytest

from cdk_sagemaker_algorithm.containers.engine import Engine, EngineError, Image, execution_error
from cdk_sagemaker_algorithm.preflight.rules.process_ends import start_remedy


class FakeEngine(Engine):
    def __init__(self, *entrypoint: str) -> None:
        super().__init__("podman", "podman", "")
        self._entrypoint = entrypoint

    def image(self, name: str) -> Image | None:
        return Image(name=name, id="1", entrypoint=self._entrypoint)


# As Docker 20.10 and Podman 4.3 write them.
@pytest.mark.parametrize(
    ("entrypoint", "words"),
    [
        ((), 'runc: exec failed: unable to start container process: exec: "train": executable file not found in $PATH'),
        (("/opt/run.sh",), 'caused: exec: "/opt/run.sh": permission denied: unknown'),
        (("python",), "unable to find user model: no matching entries in passwd file"),
        (("python",), 'caused: chdir to cwd ("/work") set in config.json failed: permission denied'),
    ],
)
def test_faults_of_an_image_are_reported(entrypoint: tuple[str, ...], words: str) -> None:
    assert FakeEngine(*entrypoint).start_error("image", "train", words) == words


@pytest.mark.parametrize(
    "words",
    [
        'unable to start container 7ebd: exec: "slirp4netns": executable file not found in $PATH',
        "OCI runtime error: unable to apply cgroup configuration",
        "could not select device driver with capabilities: [[gpu]]",
        "",
    ],
)
def test_what_the_engine_cannot_do_is_no_finding(words: str) -> None:
    with pytest.raises(EngineError, match="podman start"):
        FakeEngine("python").start_error("image", "train", words)


@pytest.mark.parametrize(
    ("log", "error"),
    [
        (["exec /run.sh: exec format error"], "exec /run.sh: exec format error"),
        (["exec /run.sh: no such file or directory"], "exec /run.sh: no such file or directory"),
        (["exec /run.sh: exec format error", "another line"], None),
        (["reading /run.sh: no such file or directory"], None),
        ([], None),
    ],
)
def test_a_program_that_was_not_executed_is_known_by_its_log(log: list[str], error: str | None) -> None:
    assert execution_error(log) == error


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        ('caused: exec: "/opt/run.sh": permission denied: unknown', "chmod +x"),
        ("exec /run.sh: exec format error", "#!/bin/sh"),
        ("exec /run.sh: no such file or directory", "end its lines with LF"),
        ("unable to find user model: no matching entries in passwd file", "USER"),
        ('chdir to cwd ("/work") set in config.json failed: permission denied', ""),
    ],
)
def test_a_start_error_has_a_fix_of_its_own(error: str, remedy: str) -> None:
    assert remedy in start_remedy(error)
    assert bool(start_remedy(error)) is bool(remedy)
