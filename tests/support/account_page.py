"""The generated blocks of docs/preflight-account.md: an example, and the table of checks.

``python -m tests.support.account_page`` writes them; a test compares.
"""

from __future__ import annotations

import re
from pathlib import Path

from cdk_sagemaker_algorithm.account.table import CHECKS
from cdk_sagemaker_algorithm.cli.preflight_account import account_notes
from cdk_sagemaker_algorithm.reporting.formats.text import render
from tests.support.account import OCI, Run, details, manifest, quota, run
from tests.support.fake_aws import DENIED, Replies, Reply

PAGE = Path(__file__).parents[2] / "docs/preflight-account.md"

_FAULTS: Replies = {
    "ecr:BatchGetImage": manifest(OCI),
    "ecr:DescribeImages": details(),
    "iam:SimulatePrincipalPolicy": DENIED,
}


def _quota(parameters: dict[str, str]) -> Reply:
    return quota(parameters, 0 if parameters["QuotaCode"] == "L-236AE59F" else 4)


def example() -> Run:
    """An account with two faults, seen by a caller who may not simulate policies."""
    return run({**_FAULTS, "service-quotas:GetServiceQuota": _quota})


def blocks() -> dict[str, str]:
    """The generated blocks by their names."""
    report = example().report
    shown = [render(report), *account_notes(report, verbose=False)]
    console = "\n".join(["```console", "$ cdk-sagemaker-algorithm preflight forest.json --account", *shown, "```"])
    rows = [
        f"| `{check.rule}` | {check.level.value} | {check.requirement} | {check.stage.value} |"
        for check in sorted(CHECKS, key=lambda check: check.rule)
    ]
    table = "\n".join(["| check | level | requirement | a deployment fails at |", "|---|---|---|---|", *rows])
    return {"example": console, "checks": table}


def with_blocks(text: str) -> str:
    """The page with its blocks as they are generated now."""
    for name, block in blocks().items():
        pattern = re.compile(f"(<!-- {name} -->\n\n).*?(\n\n<!-- end of {name} -->)", re.DOTALL)
        text = pattern.sub(lambda match: f"{match[1]}{block}{match[2]}", text)  # noqa: B023 - called at once
    return text


if __name__ == "__main__":
    PAGE.write_text(with_blocks(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
