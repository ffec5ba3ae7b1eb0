"""parliament and asl-validator, run on the policies and state machines of templates."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_PARLIAMENT = Path(sys.executable).parent / "parliament"
_ASL_VALIDATOR = ROOT / "node_modules/.bin/asl-validator"


def parliament(policies: Mapping[str, Any], folder: Path) -> list[tuple[str, str, Any]]:
    """What parliament finds in policies: the policy's name, the issue and its details."""
    for name, document in policies.items():
        (folder / f"{name}.json").write_text(json.dumps(document))
    done = subprocess.run(
        # pkg_resources warns of its end, which setuptools<81 puts off.
        [sys.executable, "-W", "ignore", _PARLIAMENT, "--directory", folder, "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    # 1 is for findings as well as for a crash.
    assert not done.stderr, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [(Path(each["location"]["filepath"]).stem, each["issue"], each["detail"]) for each in lines]


def asl_validator(definitions: Mapping[str, Any], folder: Path) -> str:
    """What asl-validator finds in state machines; empty if it finds nothing."""
    paths: list[str | Path] = []
    for name, definition in definitions.items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(definition))
        paths += ["--json-path", path]
    done = subprocess.run([_ASL_VALIDATOR, *paths], capture_output=True, text=True, check=False, timeout=120)
    return "" if done.returncode == 0 else done.stdout + done.stderr
