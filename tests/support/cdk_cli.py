"""The real CDK CLI, run on local AWS."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdk_sagemaker_algorithm.local import LocalAws

#: A deploy that takes longer hangs.
TIMEOUT_SECONDS = 240


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished command and its output."""

    status: int
    output: str


class CdkCli:
    """``cdk``, for one app."""

    def __init__(self, aws: LocalAws, app: Path, work: Path, python_path: Path | None = None) -> None:
        """`python_path` has packages that the app imports instead of the installed ones."""
        self._aws = aws
        self._python_path = str(python_path or "")
        self._app = app
        self._work = work

    def run(self, *arguments: str, settings: dict[str, Any] | None = None) -> Finished:
        """Run a command; `settings` are what the app reads from its context."""
        app = ["--app", f"{sys.executable} {self._app}", "--output", str(self.assembly)]
        context = [part for name, value in (settings or {}).items() for part in ("--context", f"{name}={value}")]
        return self._run(*arguments, *app, *context)

    def _run(self, *arguments: str) -> Finished:
        done = subprocess.run(
            ["cdk", *arguments],
            cwd=self._work,
            env={**self._aws.environment, "CDK_VALIDATION": "false", "PYTHONPATH": self._python_path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        return Finished(done.returncode, done.stdout)

    @property
    def assembly(self) -> Path:
        """The cloud assembly of the last command."""
        return self._work / "cdk.out"

    def bootstrap(self) -> None:
        done = self._run("bootstrap", f"aws://{self._aws.account}/{self._aws.region}")
        assert done.status == 0, done.output

    def deploy(self, stack: str, /, **settings: Any) -> Finished:
        return self.run(
            "deploy",
            stack,
            "--require-approval=never",
            "--outputs-file",
            str(self._work / "outputs.json"),
            settings={"stack": stack} | settings,
        )

    def destroy(self, stack: str) -> Finished:
        """Destroy a stack of the last command's assembly."""
        return self._run("destroy", stack, "--force", "--app", str(self.assembly))

    def outputs(self, stack: str) -> dict[str, str]:
        """The outputs of the last deploy that succeeded."""
        text = (self._work / "outputs.json").read_text(encoding="utf-8")
        found: dict[str, str] = json.loads(text)[stack]
        return found
