"""The watch in a pseudo-terminal."""

from __future__ import annotations

import os
import re
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.sagemaker import local_sagemaker

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from tests.support.sagemaker import LocalSageMaker

# There are no types for it.
pexpect: Any = import_module("pexpect")
COMMAND = ["-m", "cdk_sagemaker_algorithm.cli", "watch", "wine-quality", "--interval", "0.3"]


@pytest.fixture
def sagemaker() -> Generator[LocalSageMaker]:
    with local_sagemaker() as running:
        running.create()
        yield running


def environment(sagemaker: LocalSageMaker, folder: Path) -> dict[str, str]:
    """An environment that leads to this SageMaker and to no other AWS, with credentials from a file."""
    credentials = folder / "credentials"
    key, secret = sagemaker.key.access_key_id, sagemaker.key.secret_access_key
    credentials.write_text(
        f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n", encoding="utf-8"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **kept,
        "AWS_ENDPOINT_URL": sagemaker.server.url,
        "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
        "TERM": "xterm-256color",
        "LC_ALL": "C.UTF-8",
    }


def spawn(sagemaker: LocalSageMaker, folder: Path, **settings: str) -> Any:
    env = {**environment(sagemaker, folder), **settings}
    return pexpect.spawn(sys.executable, COMMAND, env=env, dimensions=(24, 100), encoding="utf-8", timeout=30)


def finish(child: Any) -> tuple[int, str]:
    """The exit status, and what was shown last, without what moves the cursor."""
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", child.before)


def test_ctrl_c_ends_the_watch_and_says_how_to_go_on(sagemaker: LocalSageMaker, tmp_path: Path) -> None:
    child = spawn(sagemaker, tmp_path)
    child.expect("waiting for validation to begin")
    child.expect("Ctrl-C ends the watch")
    child.sendintr()
    status, text = finish(child)
    assert status == 130
    assert "stopped watching; the validation continues. To watch again:" in text
    assert "Traceback" not in text


def test_expired_credentials_are_shown_and_the_watch_goes_on_after_a_login(
    sagemaker: LocalSageMaker, tmp_path: Path
) -> None:
    child = spawn(sagemaker, tmp_path)
    child.expect("waiting for validation to begin")
    sagemaker.service.fail_call("DescribeAlgorithm", "ExpiredTokenException", "The security token is expired", times=5)
    child.expect("the credentials are no longer valid")
    # The line may break anywhere within the command.
    child.expect("sso")
    sagemaker.clock.forward(15)
    child.expect("image scan")
    child.sendintr()
    assert finish(child)[0] == 130


def test_credentials_that_no_login_renews_end_the_watch(sagemaker: LocalSageMaker, tmp_path: Path) -> None:
    key = sagemaker.key
    fixed = {"AWS_ACCESS_KEY_ID": key.access_key_id, "AWS_SECRET_ACCESS_KEY": key.secret_access_key}
    child = spawn(sagemaker, tmp_path, **fixed)
    child.expect("waiting for validation to begin")
    sagemaker.service.fail_call("DescribeAlgorithm", "ExpiredTokenException", "The security token is expired", times=9)
    status, text = finish(child)
    assert status == 1
    assert "Set new ones in the environment, and continue with:" in " ".join(text.split())


def test_the_outcome_stays_on_the_screen(sagemaker: LocalSageMaker, tmp_path: Path) -> None:
    child = spawn(sagemaker, tmp_path)
    child.expect("waiting for validation to begin")
    sagemaker.clock.forward(200)
    child.expect("passed its validation")
    status, text = finish(child)
    assert status == 0
    assert "cdk-sagemaker-algorithm report wine-quality" in text
    # The screen is higher than this terminal, so the verdict comes once more at its end.
    assert text.replace("\a", "").splitlines()[-1] == "✔ wine-quality  Completed  passed its validation"
