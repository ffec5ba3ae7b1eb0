from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from cdk_sagemaker_algorithm.local import LocalAws, LocalAwsError, ValidationPlan
from tests.support.existing import WINE_NEEDS
from tests.support.json_schemas import validate
from tests.support.sagemaker import definition

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks processes up in /proc"),
]

PROGRAM = [sys.executable, "-m", "cdk_sagemaker_algorithm.cli"]
MARK = "LOCAL_COMMAND_TEST"
WAIT = 60.0
# A command with a process of its own; not in sh, which may miss a signal between two of its commands.
SLEEPER = [
    sys.executable,
    "-c",
    "import subprocess; child = subprocess.Popen(['sleep', '300']); print('ready', flush=True); child.wait()",
]


class Run:
    """A run of `local`, whose processes are known by a variable that they all inherit."""

    def __init__(self, temporary: Path, wrapper: list[str], arguments: list[str]) -> None:
        self.mark = str(uuid4())
        self.temporary = temporary
        self.process = subprocess.Popen(
            [*wrapper, *PROGRAM, *arguments],
            env={**os.environ, MARK: self.mark, "TMPDIR": str(temporary)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def processes(self) -> list[str]:
        """Command lines of everything that belongs to this run and still runs."""
        wanted = f"{MARK}={self.mark}".encode()
        found: list[str] = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    found.append((folder / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue
        return [line for line in found if line]

    def wait_for(self, text: str) -> str:
        """Read output up to a line with a text."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if text in line:
                return line
        raise AssertionError(f"ended without {text!r}: {self.process.stderr and self.process.stderr.read()}")

    def finish(self) -> tuple[int, str, str]:
        """Wait for the end, and return exit status, output and errors."""
        output, errors = self.process.communicate(timeout=WAIT)
        return self.process.returncode, output, errors

    def nothing_is_left(self) -> bool:
        """Return whether no process and no temporary file remains."""
        return self.processes() == [] and list(self.temporary.iterdir()) == []


@pytest.fixture
def local(tmp_path: Path) -> Generator[Callable[..., Run]]:
    runs: list[Run] = []

    def start(*arguments: str, wrapper: list[str] | None = None) -> Run:
        runs.append(Run(tmp_path, wrapper or [], ["local", *arguments]))
        return runs[-1]

    yield start
    for run in runs:
        if run.process.poll() is None:
            run.process.terminate()
        run.process.communicate(timeout=WAIT)


def test_runs_the_command_with_its_arguments_and_returns_its_exit_status(local: Callable[..., Run]) -> None:
    code = "import json, os, sys; print(json.dumps([sys.argv[1:], dict(os.environ)])); sys.exit(7)"
    status, output, errors = (run := local("--", sys.executable, "-c", code, "--help", "-x")).finish()
    assert status == 7, errors
    arguments, environment = json.loads(output)
    assert arguments == ["--help", "-x"]
    assert environment["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert environment["AWS_ENDPOINT_URL_SAGEMAKER"].startswith("http://127.0.0.1:")
    assert environment["PATH"].endswith(os.environ["PATH"])
    assert environment["CDK_SAGEMAKER_ALGORITHM_LOCAL"] == environment["AWS_ENDPOINT_URL"]
    up, *_, down = errors.splitlines()
    assert up.startswith("local AWS is up: account 000000000000, us-east-1; the emulator's log is /")
    assert down == "local AWS is stopped, and everything deployed to it is removed"
    assert not Path(environment["CDK_HOME"]).exists()
    assert run.nothing_is_left()


def test_no_account_of_the_user_can_be_reached(local: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of production")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://s3.example.com")
    monkeypatch.setenv("CDK_DEFAULT_ACCOUNT", "123456789012")
    _, output, _ = local("--region", "eu-west-1", "--", "env").finish()
    lines = dict(line.split("=", 1) for line in output.splitlines())
    aws = {name: value for name, value in lines.items() if name.startswith("AWS_")}
    assert {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"}.isdisjoint(aws)
    assert "CDK_DEFAULT_ACCOUNT" not in lines
    assert aws["AWS_REGION"] == aws["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert aws["AWS_CONFIG_FILE"] == aws["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_ends_command_and_emulator(local: Callable[..., Run], number: int, status: int) -> None:
    run = local("--", *SLEEPER)
    run.wait_for("ready")
    assert any("emulator_process" in line for line in run.processes())
    run.process.send_signal(number)
    assert run.finish()[0] == status
    assert run.nothing_is_left()


def test_signal_while_starting_leaves_nothing(local: Callable[..., Run]) -> None:
    run = local("--", "echo", "never reached")
    deadline = time.monotonic() + WAIT
    while not any("emulator_process" in line for line in run.processes()) and time.monotonic() < deadline:
        time.sleep(0.01)
    run.process.send_signal(signal.SIGINT)
    status, output, _ = run.finish()
    assert (status, output) == (130, "")
    assert run.nothing_is_left()


def test_ctrl_c_in_a_terminal_ends_everything(local: Callable[..., Run]) -> None:
    terminal = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
    run = local("--", *SLEEPER, wrapper=[sys.executable, "-c", terminal])
    run.wait_for("ready")
    assert run.process.stdin is not None
    run.process.stdin.write("\x03")
    run.process.stdin.flush()
    assert run.finish()[0] == 130
    assert run.nothing_is_left()


def test_emulator_ends_even_if_the_command_line_is_killed(local: Callable[..., Run]) -> None:
    run = local("--", "sh", "-c", "echo ready; exec sleep 3")
    run.wait_for("ready")
    run.process.kill()
    assert run.finish()[0] == -signal.SIGKILL
    deadline = time.monotonic() + WAIT
    while run.processes() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert run.processes() == []


def test_what_the_command_leaves_running_ends_with_it(local: Callable[..., Run]) -> None:
    run = local("--", "sh", "-c", "sleep 300 >/dev/null 2>&1 & exit 0")
    assert run.finish()[0] == 0
    assert run.nothing_is_left()


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--", "no-such-command"], 127, "command not found: no-such-command; check the spelling and PATH"),
        (["--emulator", "/nonexistent", "--", "true"], 1, "no emulator in /nonexistent: install it there with"),
        (
            ["--existing", "my-bucket", "--", "true"],
            1,
            "--existing 'my-bucket' is neither an S3 URI nor the ARN of a role",
        ),
        (["--fail", "deploy=x", "--", "true"], 2, "steps image-scan, training, model, transform"),
        (["--duration", "0", "--", "true"], 2, "--duration 0: expected a number above 0"),
        (["--profile", "prod", "--", "true"], 2, "--profile 'prod' chooses another AWS than this machine"),
        ([], 2, "Missing argument 'COMMAND'"),
    ],
)
def test_mistakes_are_explained(local: Callable[..., Run], arguments: list[str], status: int, message: str) -> None:
    run = local(*arguments)
    ended, _, errors = run.finish()
    assert ended == status
    assert message in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("command", [["cdk", "deploy"], ["/bin/sh", "-c", "cdk bootstrap && cdk deploy"]])
def test_missing_cdk_cli_says_how_to_get_it(
    local: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: list[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    status, output, errors = local("--", *command).finish()
    assert (status, output) == (127, "")
    assert f"command not found: cdk; install the CDK CLI with: npm install -g --prefix {sys.prefix} aws-cdk@2" in errors


def test_validation_fails_as_told_and_its_log_is_in_cloudwatch(local: Callable[..., Run]) -> None:
    code = (
        "import boto3, json, sys, time\n"
        "sagemaker, logs = boto3.client('sagemaker'), boto3.client('logs')\n"
        "sagemaker.create_algorithm(**json.loads(sys.argv[1]))\n"
        "status = ''\n"
        "while status != 'Failed':\n"
        "    time.sleep(0.1)\n"
        "    status = sagemaker.describe_algorithm(AlgorithmName='wine-quality')['AlgorithmStatus']\n"
        "    assert status != 'Completed'\n"
        "lines = []\n"
        "while not any('ERROR' in line for line in lines):\n"
        "    time.sleep(0.1)\n"
        "    groups = logs.describe_log_groups(logGroupNamePrefix='/aws/sagemaker/TrainingJobs')['logGroups']\n"
        "    events = [logs.filter_log_events(logGroupName=group['logGroupName'])['events'] for group in groups]\n"
        "    lines = [event['message'] for found in events for event in found]\n"
        "print(json.dumps(lines))\n"
    )
    existing = [option for name in WINE_NEEDS for option in ("--existing", name)]
    existing += ["--existing", "s3://wine-example"]
    failing = ["--fail", "training=out of memory", "--duration", "1", *existing]
    status, output, errors = local(*failing, "--", sys.executable, "-c", code, json.dumps(definition())).finish()
    assert status == 0, errors
    assert json.loads(output)[-1] == "ERROR out of memory"
    assert "warning" not in errors


def test_a_planned_failure_that_never_came_up_is_warned_of(local: Callable[..., Run]) -> None:
    status, _, errors = local("--fail", "training=out of memory", "--", "true").finish()
    assert status == 0, errors
    assert "warning: --fail training=out of memory: no validation reached this step; it requires a validation" in errors


def test_the_endpoints_are_one_line_of_json(local: Callable[..., Run]) -> None:
    status, output, errors = local("--json", "--", "env").finish()
    assert status == 0, errors
    first, _, environment = output.partition("\n")
    endpoints = json.loads(first)
    validate(endpoints, "local-schema.json")
    assert endpoints["kind"] == "local"
    assert f"AWS_ENDPOINT_URL={endpoints['endpointUrl']}\n" in environment
    assert f"AWS_ENDPOINT_URL_SAGEMAKER={endpoints['sagemakerEndpointUrl']}\n" in environment


def test_an_interactive_shell_is_marked(local: Callable[..., Run]) -> None:
    terminal = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
    run = local("--", "bash", wrapper=[sys.executable, "-c", terminal])
    assert run.process.stdin is not None
    run.process.stdin.write("exit 5\n")
    run.process.stdin.flush()
    status, output, _ = run.finish()
    assert status == 5
    assert "(local AWS) " in output


def fate(client: Any) -> str:
    """Return why the wine-quality definition is rejected, or why its validation fails."""
    with suppress(client.exceptions.ClientError):
        client.create_algorithm(**definition())
    try:
        client.describe_algorithm(AlgorithmName="wine-quality")
    except client.exceptions.ClientError:
        with pytest.raises(client.exceptions.ClientError) as caught:
            client.create_algorithm(**definition())
        return str(caught.value)
    deadline = time.monotonic() + WAIT
    while (found := client.describe_algorithm(AlgorithmName="wine-quality"))["AlgorithmStatus"] != "Failed":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return " ".join(item.get("FailureReason", "") for item in found["AlgorithmStatusDetails"]["ValidationStatuses"])


@pytest.mark.parametrize(
    ("existing", "reason"),
    [
        (
            ["s3://wine-example/train/"],
            "Could not assume role arn:aws:iam::123456789012:role/validation. Please ensure",
        ),
        ([WINE_NEEDS[0]], 'No S3 objects found under S3 URL "s3://wine-example/train/" given in input data source.'),
        ([WINE_NEEDS[0], WINE_NEEDS[1]], 'No S3 objects found under S3 URL "s3://wine-example/test.csv"'),
    ],
)
def test_a_rehearsal_fails_where_the_account_would(existing: list[str], reason: str) -> None:
    with LocalAws(plan=ValidationPlan().lasting(0.5), existing=existing) as aws:
        assert reason in fate(aws.client("sagemaker"))
        assert aws.missed


@contextmanager
def running(plan: ValidationPlan) -> Generator[tuple[LocalAws, Any]]:
    """Local AWS with a client of its SageMaker."""
    with LocalAws(plan=plan, existing=WINE_NEEDS) as aws:
        yield aws, aws.client("sagemaker")


def test_several_run_at_once_and_know_nothing_of_each_other(tmp_path: Path) -> None:
    with running(ValidationPlan()) as (first, one), running(ValidationPlan()) as (second, two):
        assert len({first.url, second.url, first.sagemaker_url, second.sagemaker_url}) == 4
        one.create_algorithm(**definition())
        assert two.list_algorithms()["AlgorithmSummaryList"] == []
        url = second.url
        homes = [Path(aws.environment["CDK_HOME"]).parent for aws in (first, second)]
        assert all(home.exists() for home in homes)
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url, timeout=5)
    assert not any(home.exists() for home in homes)
    with pytest.raises(LocalAwsError, match="not running"):
        _ = first.url
    assert tmp_path.exists()


def test_emulator_that_does_not_start_says_why(tmp_path: Path) -> None:
    fake = tmp_path / "bin" / "python"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho licence expired\nexit 1\n")
    fake.chmod(0o755)
    (tmp_path / "lib/python3/site-packages/ministack").mkdir(parents=True)
    with pytest.raises(LocalAwsError, match="licence expired"), LocalAws(emulator=tmp_path):
        pytest.fail("local AWS runs without an emulator")
