"""An engine that goes away while a container runs: one error, and the next run removes what that one could not."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_algorithm.cli.exit_statuses import FAILED
from tests.containers.conftest import Tools, engine_named
from tests.containers.profiles import definition
from tests.containers.test_command import PROGRAM, arguments, containers

RUNS = "print('runs', flush=True); time.sleep(300)"


def engine_that_can_go(tools: Tools, folder: Path) -> Path:
    """An engine's command that fails as soon as the file `gone` exists."""
    command = folder / "engine"
    command.write_text(
        f'#!/bin/sh\n[ ! -e {folder}/gone ] || {{ echo "Cannot connect to the engine" >&2; exit 1; }}\n'
        f'exec {tools.engine.command} "$@"\n',
        encoding="utf-8",
    )
    command.chmod(0o755)
    return command


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(word) for task in tasks for word in task.read_text(encoding="utf-8").split()]


@pytest.mark.parametrize(
    ("shared_tools", "content"),
    [engine_named("docker", definition(train=RUNS)), engine_named("podman", definition(serve=RUNS))],
    ids=["docker-training", "podman-serving"],
    indirect=["shared_tools"],
)
def test_an_engine_that_goes_away_is_one_error(content: dict[str, Any], tools: Tools, tmp_path: Path) -> None:
    command, temporary = engine_that_can_go(tools, tmp_path), tmp_path / "tmp"
    temporary.mkdir()
    words = [*arguments(tools, tmp_path, content), "--engine", str(command)]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen([*PROGRAM, *words], stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        while "runs" not in process.stderr.readline():
            assert process.poll() is None
        (tmp_path / "gone").touch()
        for child in children(process.pid):
            # Commands of the engine come and go.
            with suppress(FileNotFoundError, ProcessLookupError):
                if b"--attach" in Path(f"/proc/{child}/cmdline").read_bytes():
                    os.kill(child, signal.SIGKILL)
        text = process.stderr.read()
        assert process.wait(60) == FAILED
    assert [line for line in text.splitlines() if "| " not in line][-1].endswith("Cannot connect to the engine"), text
    assert text.count("error:") == 1
    assert "Traceback" not in text
    assert list(temporary.iterdir()) == []
    assert containers(tools, str(process.pid))
    assert tools.engine.sweep() >= 1
    assert containers(tools, str(process.pid)) == []
