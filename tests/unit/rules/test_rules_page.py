"""docs/rules.md equals the generated page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from cdk_sagemaker_algorithm.rules import RULES

ROOT = Path(__file__).parents[3]


def test_the_page_is_up_to_date() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "write_rules_page.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_rule_has_its_section() -> None:
    page = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    for name in RULES:
        assert f"\n## {name}\n" in page
