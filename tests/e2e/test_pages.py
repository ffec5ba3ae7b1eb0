"""The commands of README, getting started, guides and tutorials, one after the other in an empty directory."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdk_sagemaker_algorithm.local import LocalAws, ValidationPlan
from tests.support.existing import WINE_NEEDS
from tests.support.page_runs import SCENARIOS, files, in_order, on_local_aws
from tests.support.pages import ROOT, fences
from tests.support.sagemaker import definition

pytestmark = pytest.mark.e2e

#: Outputs of stacks.
_OUTPUT = re.compile(r"^\S+ = arn:\S+$", re.MULTILINE)
#: Prints the name of the newest algorithm, which pages call forest-0123456789ab.
NEWEST = """
import boto3
found = boto3.client("sagemaker").list_algorithms(SortBy="CreationTime", SortOrder="Descending")
print(found["AlgorithmSummaryList"][0]["AlgorithmName"])
"""
_PROGRAMS = [str(Path(sys.executable).parent), str(ROOT / "node_modules/.bin")]


@pytest.mark.parametrize("page", [page for page in SCENARIOS if in_order(page)])
def test_the_commands_of_a_page_do_what_it_says(page: str, tmp_path: Path) -> None:
    write_files(page, tmp_path)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "PATH": os.pathsep.join([*_PROGRAMS, os.environ["PATH"]]),
        "CDK_VALIDATION": "false",
    }
    output = ""
    for command in in_order(page):
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


@pytest.fixture(scope="module")
def account() -> Iterator[LocalAws]:
    """An account with two algorithms that no stack manages."""
    with LocalAws(plan=ValidationPlan().lasting(4), existing=WINE_NEEDS) as aws:
        for name in ("forest", "wine-quality"):
            aws.client("sagemaker").create_algorithm(**definition() | {"AlgorithmName": name})
        subprocess.run(["cdk", "bootstrap"], env=aws.environment, check=True, capture_output=True)
        yield aws


@pytest.mark.xdist_group("pages-on-local-aws")
@pytest.mark.parametrize("page", [page for page in SCENARIOS if on_local_aws(page)])
def test_the_commands_for_an_account_do_what_the_page_says(page: str, account: LocalAws, tmp_path: Path) -> None:
    write_files(page, tmp_path)
    newest = tmp_path / "newest"
    newest.write_text(f"#!{sys.executable}\n{NEWEST}", encoding="utf-8")
    newest.chmod(0o755)
    environment = {**account.environment, "CDK_VALIDATION": "false", "CDK_REQUIRE_APPROVAL": "never"}
    blocks = on_local_aws(page)
    deployment: subprocess.Popen[str] | None = None
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        script = block.fence.body.replace("forest-0123456789ab", '"$(./newest)"')
        if "watch --stack" in script and deployment is None:
            # The page is about a deployment that is under way.
            app = tmp_path / "app.py"
            app.write_text(app.read_text(encoding="utf-8").replace("forest:1.", "forest:1.1"), encoding="utf-8")
            deployment = start("cdk deploy --all", tmp_path, environment)
        running = start(script, tmp_path, environment)
        if deployment is None and following is not None and "watch --stack" in following.fence.body:
            deployment = running
            continue
        finish(running, f"{block.fence.id}\n{script}", block.status)
        if deployment is not None:
            finish(deployment, f"{block.fence.id}: the deployment")
            deployment = None


def start(script: str, folder: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["bash", "-ec", script],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen[str], what: str, status: int = 0) -> None:
    output, _ = process.communicate(timeout=240)
    assert process.returncode == status, f"{what}\n{output}"


def write_files(page: str, folder: Path) -> None:
    """Write what the reader has."""
    for name, source in SCENARIOS[page].items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / source, folder / name)
    for name, content in files(page).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")


def _masked(text: str) -> str:
    """Replace fingerprints, which depend on the stack's random ID."""
    return re.sub(r"-[0-9a-f]{12}\b", "-<fingerprint>", text)
