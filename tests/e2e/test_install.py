"""The install lines of README and getting started, from the wheel, in clean environments, with and without Node.js."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.page_runs import run_by
from tests.support.pages import ROOT, fences

pytestmark = pytest.mark.e2e

_NODE = ("node", "npm", "npx", "corepack", "cdk")
BLOCKS = run_by("tests/e2e/test_install.py")


class Computer:
    """A computer with Python, a shell and a package index that has the wheel, but without Node.js."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        programs = folder / "programs"
        programs.mkdir()
        for directory in ("/usr/local/bin", "/usr/bin", "/bin"):
            for program in Path(directory).iterdir():
                link = programs / program.name
                if program.name not in _NODE and not program.name.startswith("python") and not link.is_symlink():
                    link.symlink_to(program)
        (programs / "python3").symlink_to(Path(sys.executable).resolve())
        self._programs = str(programs)
        index = folder / "index"
        subprocess.run(
            [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", index, ROOT],
            check=True,
            capture_output=True,
        )
        self._links = " ".join(filter(None, [str(index), os.environ.get("PIP_FIND_LINKS")]))

    def run(self, script: str, *, in_folder: str = ".", node: bool = False) -> str:
        """Run lines in a shell, with the folder's virtual environment if there is one, and return the output."""
        folder = self.folder / in_folder
        path = [self._programs]
        if node:
            # Where `npm install -g` puts programs, and the Node.js of the tests.
            path += [str(self.folder / "global/bin"), str(Path(sys.executable).parent)]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "VIRTUAL_ENV"))}
        done = subprocess.run(
            ["bash", "-ec", f"if [ -f .venv/bin/activate ]; then . .venv/bin/activate; fi\n{script}"],
            cwd=folder,
            env={
                **kept,
                "PATH": os.pathsep.join(path),
                "PYTHONPATH": "",
                "PIP_FIND_LINKS": self._links,
                "PIP_NO_COMPILE": "1",
                **({"NPM_CONFIG_PREFIX": str(self.folder / "global")} if node else {}),
                "CDK_VALIDATION": "false",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=400,
            check=False,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}"
        return done.stdout


def blocks(page: str) -> list[str]:
    return [block.fence.body for block in BLOCKS if block.fence.page == page]


def file_of(page: str, note: str) -> str:
    (body,) = (fence.body for fence in fences("python") if fence.page == page and fence.note == note)
    return body


def test_the_lines_lead_from_nothing_to_an_algorithm(tmp_path: Path) -> None:
    computer = Computer(tmp_path)
    library, with_node, without_node, init = blocks("docs/getting-started.md")
    assert blocks("README.md") == ["\n".join([library.splitlines()[-1], with_node]), without_node]
    assert blocks("docs/cli.md") == [f"{library.splitlines()[-1]}\n"]

    computer.run(library)
    computer.run(with_node, node=True)
    assert computer.run("cdk --version", node=True).startswith("2.")

    computer.run(without_node)
    assert computer.run("cdk --version").startswith("2.")
    for program in ("cdk-sagemaker-algorithm", "python -m cdk_sagemaker_algorithm"):
        assert computer.run(f"{program} --version").startswith("cdk-sagemaker-algorithm 0.")
    (computer.folder / "app.py").write_text(file_of("README.md", "file: app.py"), encoding="utf-8")
    computer.run("cdk synth --quiet --app 'python3 app.py'")
    assert "Custom::SageMakerAlgorithm" in (computer.folder / "cdk.out/Forest.template.json").read_text(
        encoding="utf-8"
    )

    computer.run(init)
    stack = computer.folder / "forest/forest/forest_stack.py"
    assert stack.exists()
    stack.write_text(file_of("docs/getting-started.md", "file: forest/forest_stack.py"), encoding="utf-8")
    # The page says to repeat these lines in the project's environment.
    computer.run(without_node, in_folder="forest")
    computer.run("cdk synth --quiet", in_folder="forest")
    template = (computer.folder / "forest/cdk.out/ForestStack.template.json").read_text(encoding="utf-8")
    assert "Custom::SageMakerAlgorithm" in template
