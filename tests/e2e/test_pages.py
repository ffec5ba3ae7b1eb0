"""The commands of README, getting started, guides and tutorials, one after the other in an empty directory."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.page_runs import SCENARIOS, commands, files
from tests.support.pages import ROOT, fences

pytestmark = pytest.mark.e2e

#: Outputs of stacks.
_OUTPUT = re.compile(r"^\S+ = arn:\S+$", re.MULTILINE)
_PROGRAMS = [str(Path(sys.executable).parent), str(ROOT / "node_modules/.bin")]


@pytest.mark.parametrize("page", SCENARIOS)
def test_the_commands_of_a_page_do_what_it_says(page: str, tmp_path: Path) -> None:
    for name, source in SCENARIOS[page].items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / source, tmp_path / name)
    for name, content in files(page).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "PATH": os.pathsep.join([*_PROGRAMS, os.environ["PATH"]]),
        "CDK_VALIDATION": "false",
    }
    run = [command for command in commands() if command.fence.page == page and not command.reason]

    assert run
    output = ""
    for command in run:
        done = subprocess.run(
            ["bash", "-ec", command.fence.body],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=400,
            check=False,
        )
        assert done.returncode == command.status, f"{command.fence.id}\n{command.fence.body}\n{done.stdout}"
        output += done.stdout
    quoted = [line for fence in fences("text") if fence.page == page for line in _OUTPUT.findall(fence.body)]
    assert [line for line in quoted if _masked(line) not in _masked(output)] == []


def _masked(text: str) -> str:
    """Replace fingerprints, which depend on the stack's random ID."""
    return re.sub(r"-[0-9a-f]{12}\b", "-<fingerprint>", text)
