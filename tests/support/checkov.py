"""checkov, which has an environment of its own because it pins boto3."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = ROOT / ".tools/checkov/bin/checkov"


def failed_checks(folder: Path) -> list[tuple[str, str]]:
    """What checkov finds in a folder of templates and nobody has acknowledged: rules and resources.

    Without checkov the test is skipped, but not where the environment is known to have it.
    """
    if not COMMAND.is_file():
        message = f"{COMMAND.relative_to(ROOT)} is missing; requirements/checkov.txt locks what it needs"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    done = subprocess.run(
        [COMMAND, "-d", folder, "--framework", "cloudformation", "--compact", "--skip-download", "-o", "json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, "LOG_LEVEL": "ERROR"},
    )
    report: Any = json.loads(done.stdout)
    assert report["summary"]["passed"] > 0
    assert report["summary"]["parsing_errors"] == 0
    return [(each["check_id"], each["resource"]) for each in report["results"]["failed_checks"]]
