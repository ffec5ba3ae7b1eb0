"""The workflow files in examples/: well-formed, with a command that exists, and with shell that works."""

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

EXAMPLES = Path(__file__).parents[3] / "examples"
GITHUB, GITLAB = EXAMPLES / "github/algorithm-diff.yml", EXAMPLES / "gitlab/algorithm-diff.yml"


def scripts(path: Path) -> list[str]:
    document: Json = import_module("yaml").safe_load(path.read_text(encoding="utf-8"))
    if path == GITLAB:
        return list(document["algorithm-diff"]["script"])
    return [step["run"] for step in document["jobs"]["diff"]["steps"] if "run" in step]


def command(path: Path) -> list[str]:
    """The words of the command in a workflow, without its output."""
    (line,) = [
        line for script in scripts(path) for line in script.splitlines() if " diff " in line and "--format" in line
    ]
    return shlex.split(line.partition(" > ")[0])[1:]


@pytest.mark.parametrize("path", [GITHUB, GITLAB], ids=["github", "gitlab"])
def test_its_shell_is_well_formed(path: Path) -> None:
    for script in scripts(path):
        # GitHub puts values in before the shell runs.
        text = re.sub(r"\$\{\{.*?\}\}", "0", script)
        done = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", [GITHUB, GITLAB], ids=["github", "gitlab"])
def test_its_command_runs(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    stacks = {"Prod": template(resources(definition()))}
    values = {"FAIL_ON": "breaking", "CI_BUILDS_DIR": str(tmp_path)}
    words = [re.sub(r"\$(\w+)", lambda match: values[match.group(1)], word) for word in command(path)]
    monkeypatch.chdir(tmp_path)
    for side in words[1:3]:
        write_assembly(Path(side), stacks)
    assert run(words) == 0
    assert capfd.readouterr().out.startswith(MARKER)


@pytest.mark.parametrize("path", [GITHUB, GITLAB], ids=["github", "gitlab"])
def test_it_looks_for_the_marker_that_the_comment_has(path: Path) -> None:
    assert MARKER in path.read_text(encoding="utf-8")


def test_github_never_runs_a_fork_s_code_with_a_token_that_writes() -> None:
    text = GITHUB.read_text(encoding="utf-8")
    assert "pull_request_target" not in text
    # What the pull request's author can choose is no part of a script.
    for script in scripts(GITHUB):
        assert set(re.findall(r"\$\{\{(.*?)\}\}", script)) <= {" steps.compare.outputs.status "}


def fake(directory: Path, name: str, body: str) -> None:
    directory.mkdir(exist_ok=True)
    path = directory / name
    path.write_text(f"#!/bin/bash\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.mark.parametrize(("known", "method"), [("42", "PATCH"), ("", "POST")])
def test_github_updates_its_comment_instead_of_repeating_it(tmp_path: Path, known: str, method: str) -> None:
    script = next(script for script in scripts(GITHUB) if "marker=" in script)
    (tmp_path / "comment.md").write_text(MARKER, encoding="utf-8")
    fake(tmp_path / "bin", "gh", f'echo "$@" >> calls; if [[ "$*" == *--paginate* ]]; then echo "{known}"; fi')
    environment = {"COMMENTS": "repos/o/r/issues/1/comments", "GITHUB_REPOSITORY": "o/r"}
    subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=tmp_path,
        check=True,
        env={**environment, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"},
    )
    calls = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    assert calls[0].startswith("api --paginate repos/o/r/issues/1/comments")
    target = f"repos/o/r/issues/comments/{known}" if known else "repos/o/r/issues/1/comments"
    assert calls[1:] == [f"api --method {method} {target} --field body=@comment.md --silent"]


@pytest.mark.parametrize(("body", "method"), [(f"{MARKER}\\nold", "PUT"), ("something else", "POST")])
def test_gitlab_updates_its_note_instead_of_repeating_it(tmp_path: Path, body: str, method: str) -> None:
    script = next(script for script in scripts(GITLAB) if "find_note" in script)
    (tmp_path / "comment.md").write_text(MARKER, encoding="utf-8")
    answer = f'[{{"id": 7, "body": "{body}"}}]'
    fake(tmp_path / "bin", "curl", f'echo "$@" >> calls; if [[ "$*" == *per_page* ]]; then echo \'{answer}\'; fi')
    environment = {
        "ALGORITHM_DIFF_TOKEN": "t",
        "CI_API_V4_URL": "https://gitlab.example/api/v4",
        "CI_PROJECT_ID": "1",
        "CI_MERGE_REQUEST_IID": "2",
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
