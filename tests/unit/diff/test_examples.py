"""The GitLab job in examples/: well-formed, with a command that exists, and with shell that works."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_algorithm.cli.app import run
from cdk_sagemaker_algorithm.diff.formats.markdown import MARKER
from tests.support.templates import definition, resources, template, write_assembly

Json = Any

GITLAB = Path(__file__).parents[3] / "examples" / "gitlab" / "algorithm-diff.yml"


def scripts() -> list[str]:
    document: Json = import_module("yaml").safe_load(GITLAB.read_text(encoding="utf-8"))
    return list(document["algorithm-diff"]["script"])


def command() -> list[str]:
    """The words of the command, without what comes after it."""
    (line,) = [line for script in scripts() for line in script.splitlines() if " diff " in line and "--format" in line]
    return shlex.split(line.partition(" || ")[0])[1:]


def test_its_shell_is_well_formed() -> None:
    for script in scripts():
        done = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("output_format", ["json", "markdown", "gitlab"])
def test_its_command_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output_format: str) -> None:
    stacks = {"Prod": template(resources(definition()))}
    values = {
        "FAIL_ON": "breaking",
        "CI_BUILDS_DIR": str(tmp_path),
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": "1a2b3c4",
        "CI_COMMIT_SHA": "5d6e7f8",
        "format": output_format,
    }
    words = [re.sub(r"\$(\w+)", lambda match: values[match.group(1)], word) for word in command()]
    monkeypatch.chdir(tmp_path)
    for side in words[1:3]:
        write_assembly(Path(side), stacks)
    assert run(words) == 0
    assert (tmp_path / f"algorithm-diff.{output_format}").read_text(encoding="utf-8")


def test_it_finds_the_marker_that_the_note_has() -> None:
    assert MARKER in GITLAB.read_text(encoding="utf-8")


def fake(directory: Path, name: str, body: str) -> None:
    directory.mkdir(exist_ok=True)
    path = directory / name
    path.write_text(f"#!/bin/bash\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.mark.parametrize(("body", "method"), [(f"{MARKER}\\nold", "PUT"), ("something else", "POST")])
def test_gitlab_updates_its_note_instead_of_repeating_it(tmp_path: Path, body: str, method: str) -> None:
    script = next(script for script in scripts() if "find_note" in script)
    (tmp_path / "comment.md").write_text(MARKER, encoding="utf-8")
    answer = f'[{{"id": 7, "body": "{body}"}}]'
    fake(tmp_path / "bin", "curl", f'echo "$@" >> calls; if [[ "$*" == *per_page* ]]; then echo \'{answer}\'; fi')
    environment = {
        "ALGORITHM_DIFF_TOKEN": "t",
        "CI_API_V4_URL": "https://gitlab.example/api/v4",
        "CI_PROJECT_ID": "1",
        "CI_MERGE_REQUEST_IID": "2",
        "changed": "True",
    }
    subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=tmp_path,
        check=True,
        env={**environment, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"},
    )
    last = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()[-1]
    assert f"--request {method} " in last
    assert last.endswith("/merge_requests/2/notes/7" if method == "PUT" else "/merge_requests/2/notes")
