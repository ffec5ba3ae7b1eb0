"""The snippets of the documentation: each is run as a program, and its app's stacks are read."""

from __future__ import annotations

import runpy
from functools import cache
from pathlib import Path
from typing import Any

from aws_cdk import App
from aws_cdk.cx_api import CloudAssembly

FOLDER = Path(__file__).parents[2] / "examples/snippets"
# The guides' programs have a test of their own.
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("guide_"))


@cache
def assembly(name: str) -> CloudAssembly:
    """What a snippet synthesizes."""
    app = runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")["app"]
    assert isinstance(app, App)
    return app.synth()


@cache
def templates(name: str) -> dict[str, dict[str, Any]]:
    """The templates of a snippet's stacks, by the stacks' names."""
    return {stack.stack_name: stack.template for stack in assembly(name).stacks}


def template_files(name: str) -> list[Path]:
    """The files of a snippet's templates."""
    return [Path(stack.template_full_path) for stack in assembly(name).stacks]


def resources_of(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """The resources of one type, by their logical IDs."""
    return {name: each for name, each in template["Resources"].items() if each["Type"] == kind}
