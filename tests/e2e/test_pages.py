"""The commands of README, getting started, guides and tutorials, one after the other in an empty directory.

They run as a reader runs them: with the wheel, in the virtual environment that README's install lines have made.
"""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdk_sagemaker_algorithm.local import LocalAws, ValidationPlan
from tests.support.computer import Computer
from tests.support.existing import WINE_NEEDS
from tests.support.page_runs import SCENARIOS, Command, in_order, on_local_aws, quotes, write_files
from tests.support.pages import ROOT
from tests.support.quotes import not_printed
from tests.support.sagemaker import definition

pytestmark = pytest.mark.e2e

#: Prints the name of the newest algorithm, which pages call forest-0123456789ab.
NEWEST = """
import boto3
found = boto3.client("sagemaker").list_algorithms(SortBy="CreationTime", SortOrder="Descending")
print(found["AlgorithmSummaryList"][0]["AlgorithmName"])
"""


@pytest.mark.parametrize("page", [page for page in SCENARIOS if in_order(page)])
def test_the_commands_of_a_page_do_what_it_says(page: str, computer: Computer, tmp_path: Path) -> None:
    write_files(page, tmp_path)
    blocks = in_order(page)
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        if not block.in_shell:
            typed = following.fence.body if following and following.in_shell else ""
            output = computer.run(block.fence.body, folder=tmp_path, status=block.status, typed=typed)
            assert_quoted(block, output)


@pytest.fixture(scope="module")
def account() -> Iterator[LocalAws]:
    """An account with two algorithms that no stack manages."""
    with LocalAws(plan=ValidationPlan().lasting(4), existing=WINE_NEEDS) as aws:
        sagemaker = aws.client("sagemaker")
        sagemaker.create_algorithm(**definition() | {"AlgorithmName": "forest"})
        request = (ROOT / "examples/tutorials/data_scientist/algorithm.json").read_text(encoding="utf-8")
        sagemaker.create_algorithm(**json.loads(request) | {"AlgorithmName": "wine-quality"})
        subprocess.run(["cdk", "bootstrap"], env=aws.environment, check=True, capture_output=True)
        yield aws


@pytest.mark.xdist_group("pages-on-local-aws")
@pytest.mark.parametrize("page", [page for page in SCENARIOS if on_local_aws(page)])
def test_the_commands_for_an_account_do_what_the_page_says(
    page: str, account: LocalAws, computer: Computer, tmp_path: Path
) -> None:
    write_files(page, tmp_path)
    newest = tmp_path / "newest"
    newest.write_text(f"#!{sys.executable}\n{NEWEST}", encoding="utf-8")
    newest.chmod(0o755)
    environment = computer.environment(account.environment)
    environment["PATH"] = os.pathsep.join([str(computer.folder / ".venv/bin"), environment["PATH"]])
    blocks = on_local_aws(page)
    deployment: subprocess.Popen[str] | None = None
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        script = block.fence.body.replace("forest-0123456789ab", '"$(./newest)"')
        running = start(script, tmp_path, environment, answer=block.answer)
        if "watch --stack" in script and deployment is None:
            # The page is about a deployment that is under way. It starts after the watch: on a slow computer, one that
            # ends before the watch has looked is the last one, and the watch waits for the next one.
            app = tmp_path / "app.py"
            app.write_text(app.read_text(encoding="utf-8").replace("forest:1.", "forest:1.1"), encoding="utf-8")
            deployment = start("cdk deploy --all", tmp_path, environment)
        elif "cdk deploy" in script and following is not None and "watch --stack" in following.fence.body:
            deployment = running
            continue
        assert_quoted(block, finish(running, f"{block.fence.id}\n{script}", block.status))
        if deployment is not None:
            finish(deployment, f"{block.fence.id}: the deployment")
            deployment = None


def start(script: str, folder: Path, environment: dict[str, str], answer: str = "") -> subprocess.Popen[str]:
    """Start lines in a shell; with an answer, standard input is a terminal on which it has been typed."""
    terminal, standard_input = pty.openpty() if answer else (None, subprocess.DEVNULL)
    if terminal is not None:
        os.write(terminal, f"{answer}\n".encode())
    return subprocess.Popen(
        ["bash", "-ec", script],
        cwd=folder,
        env=environment,
        stdin=standard_input,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen[str], what: str, status: int = 0) -> str:
    output, _ = process.communicate(timeout=480)
    assert process.returncode == status, f"{what}\n{output}"
    return output


def assert_quoted(block: Command, output: str) -> None:
    for quote in quotes(block):
        assert not_printed(quote.body, output) == [], f"{quote.id} is not what the commands print:\n{output}"
