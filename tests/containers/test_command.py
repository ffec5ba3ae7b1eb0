"""The command with real containers: output, exit statuses, and cleanup after a kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cdk_sagemaker_algorithm.cli.app import run as run_command
from cdk_sagemaker_algorithm.cli.exit_statuses import DONE, FOUND, USAGE
from cdk_sagemaker_algorithm.containers.owner import RunLabels
from tests.containers.conftest import Tools, only
from tests.containers.profiles import definition

PROGRAM = (sys.executable, "-m", "cdk_sagemaker_algorithm")


def arguments(tools: Tools, folder: Path, content: dict[str, object]) -> list[str]:
    request = folder / "request.json"
    request.write_text(json.dumps(content), encoding="utf-8")
    rows = folder / "rows.csv"
    rows.write_text("1,2\n3,4\n", encoding="utf-8")
    data = ["--data", f"training={rows}", "--data", f"transform={rows}"]
    return ["preflight", str(request), "--containers", "--engine", tools.engine.command, "--image", tools.image, *data]


@only("docker")
def test_a_good_algorithm_exits_with_0(tools: Tools, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.html"
    words = arguments(tools, tmp_path, definition())
    assert run_command([*words, "--json", "--report", str(report), "--out", str(tmp_path / "out")]) == DONE
    captured = capsys.readouterr()
    content = json.loads(captured.out)
    assert content["kind"] == "preflight"
    assert content["findings"] == []
    assert "training   ✔ exit 0" in captured.err
    assert "containers: no findings" in captured.err
    assert "not checked by any run in containers: the validation role" in captured.err
    page = report.read_text(encoding="utf-8")
    assert "<b>accuracy</b>: one value, 0.9" in page
    assert "rows.csv.out" in page


@only("podman")
def test_a_wrong_algorithm_exits_with_3(tools: Tools, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = arguments(tools, tmp_path, definition(train="raise ValueError('no rows')"))
    report = tmp_path / "report.html"
    assert run_command([*words, "--quiet", "--thorough", "--report", str(report)]) == FOUND
    text = capsys.readouterr().out
    assert "<p>1 error, 1 warning. " in report.read_text(encoding="utf-8")
    assert "error" in text
    assert "training-failed" in text
    assert "not checked: profile Profile: the training job failed [broken-promise]" in text


@only("docker")
def test_missing_images_and_data_exit_with_2(tools: Tools, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = arguments(tools, tmp_path, definition())
    assert run_command([*words, "--image", "training=localhost/gone:1"]) == USAGE
    assert "no such image" in capsys.readouterr().err
    assert run_command(words[:7]) == USAGE
    assert "--data training=PATH" in capsys.readouterr().err


def containers(tools: Tools, owner: str) -> list[str]:
    form = f'{{{{.ID}}}} {{{{.Label "{RunLabels.OWNER}"}}}}'
    if tools.engine.kind == "podman":
        form = f'{{{{.ID}}}} {{{{index .Labels "{RunLabels.OWNER}"}}}}'
    lines = tools.engine.run("ps", "--all", "--format", form).stdout.decode().splitlines()
    return [line for line in lines if f":{owner}:" in line]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_no_container_is_left(number: signal.Signals, tools: Tools, tmp_path: Path) -> None:
    words = arguments(tools, tmp_path, definition(train="print('runs', flush=True); time.sleep(300)"))
    with subprocess.Popen([*PROGRAM, *words], stderr=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stderr is not None
        while "runs" not in process.stderr.readline():
            assert process.poll() is None
        assert containers(tools, str(process.pid))
        process.send_signal(number)
        process.stderr.read()
        status = process.wait(60)
    assert status == (-signal.SIGKILL if number is signal.SIGKILL else 130)
    deadline = time.monotonic() + 30
    while containers(tools, str(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert containers(tools, str(process.pid)) == []
