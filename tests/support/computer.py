"""A computer as a reader has it: Python, a shell, a package index with this library's wheel; no Node.js."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.pages import ROOT

_NODE = ("node", "npm", "npx", "corepack", "cdk")


class Computer:
    """A folder for the reader's projects, and the programs of an ordinary computer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._programs = folder / "programs"
        self._index = folder / "index"

    def make(self) -> None:
        """Build the wheel, and link the programs."""
        self._programs.mkdir(parents=True)
        for directory in ("/usr/local/bin", "/usr/bin", "/bin"):
            for program in Path(directory).iterdir():
                link = self._programs / program.name
                if (
                    program.name not in _NODE
                    and not program.name.startswith(("python", "pip"))
                    and not link.is_symlink()
                ):
                    link.symlink_to(program)
        (self._programs / "python3").symlink_to(Path(sys.executable).resolve())
        subprocess.run(
            [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", self._index, ROOT],
            check=True,
            capture_output=True,
        )

    def environment(self, environment: dict[str, str] | None = None, *, node: bool = False) -> dict[str, str]:
        """Return the variables of a shell.

        Args:
            environment: Variables to start from, such as those of local AWS. Default: the tests' own without AWS's.
            node: Whether Node.js is installed. Programs of `npm install -g` without a prefix are then on PATH as well.
        """
        path = [str(self._programs)]
        if node:
            path += [str(self.folder / "global/bin"), str(Path(sys.executable).parent)]
        base = environment or {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        links = " ".join(filter(None, [str(self._index), os.environ.get("PIP_FIND_LINKS")]))
        return {
            **{name: value for name, value in base.items() if name != "VIRTUAL_ENV"},
            "PATH": os.pathsep.join(path),
            "PYTHONPATH": "",
            "PIP_FIND_LINKS": links,
            # pip takes a falsy value for its negative options.
            "PIP_NO_COMPILE": "0",
            "NPM_CONFIG_PREFIX": str(self.folder / "global"),
            "CDK_VALIDATION": "false",
        }

    def run(
        self,
        script: str,
        *,
        folder: Path | None = None,
        environment: dict[str, str] | None = None,
        status: int = 0,
        typed: str = "",
    ) -> str:
        """Run lines in a new terminal, where the virtual environment is activated if there is one.

        Args:
            script: The lines.
            folder: Working directory, with or without a `.venv` of its own. Default: the computer's folder.
            environment: The shell's variables. Default: those of a computer without Node.js.
            status: The exit status that is expected.
            typed: What is typed while the script runs. Default: nothing, standard input is at its end.

        Returns:
            What the lines print.
        """
        folder = folder or self.folder
        own = folder / ".venv/bin/activate"
        activate = own if own.exists() else self.folder / ".venv/bin/activate"
        done = subprocess.run(
            ["bash", "-ec", f"if [ -f {activate} ]; then . {activate}; fi\n{script}"],
            cwd=folder,
            env=environment or self.environment(),
            input=typed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
            check=False,
        )
        assert done.returncode == status, f"{script}\n{done.stdout}"
        return done.stdout
