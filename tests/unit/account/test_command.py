"""``preflight --account`` on the command line: its exit statuses, its formats, and that it reads only."""

from __future__ import annotations

import json
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError

from cdk_sagemaker_algorithm.cli import preflight_account
from cdk_sagemaker_algorithm.cli.app import run as run_command
from tests.support.account import REGION, good, quota, request, write_request
from tests.support.fake_aws import DENIED, FakeAws, Refusal, Replies

Json = Any


@pytest.fixture
def request_file(tmp_path: Path) -> str:
    return str(write_request(tmp_path / "forest.json"))


def account(monkeypatch: pytest.MonkeyPatch, replies: Replies) -> FakeAws:
    """Let the command ask a fake account."""
    # The image's configuration comes by HTTPS, which no test has.
    aws = FakeAws({**good(), "ecr:GetDownloadUrlForLayer": DENIED, **replies})

    def clients(_: object) -> tuple[FakeAws, str]:
        return aws, REGION

    monkeypatch.setattr(preflight_account, "_clients", clients)
    return aws


def test_nothing_wrong_is_status_0(
    monkeypatch: pytest.MonkeyPatch, request_file: str, capfd: pytest.CaptureFixture[str]
) -> None:
    account(monkeypatch, {})

    assert run_command(["preflight", request_file, "--account", "--verbose"]) == 0
    out, err = capfd.readouterr()
    assert "not checked: " in out
    assert "not allowed to call ecr:GetDownloadUrlForLayer [account-image-platform]" in out
    assert "right: account-quota-training: ml.m5.large for training job usage (4, 1 needed)" in err
    assert "34 checks passed, 0 findings, 1 not checked" in err
    assert "not knowable from here: whether instances are available;" in err


def test_what_was_not_checked_fails_with_strict(monkeypatch: pytest.MonkeyPatch, request_file: str) -> None:
    account(monkeypatch, {})

    assert run_command(["preflight", request_file, "--account", "--strict"]) == 3
    assert run_command(["preflight", request_file, "--account", "--strict", "--ignore", "account-image-platform"]) == 0


def test_an_error_is_status_3_with_the_fix(
    monkeypatch: pytest.MonkeyPatch, request_file: str, capfd: pytest.CaptureFixture[str]
) -> None:
    account(monkeypatch, {"service-quotas:GetServiceQuota": lambda parameters: quota(parameters, 0)})

    assert run_command(["preflight", request_file, "--account", "--only", "quota-transform"]) == 3
    out = capfd.readouterr().out
    assert out.startswith(f"{request_file}:1:")
    assert "the quota 'ml.m5.large for transform job usage' is 0, and the transform job needs 1" in out
    assert "fix: aws service-quotas request-service-quota-increase" in out


def test_a_finding_in_a_request_file_has_its_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    account(monkeypatch, {"service-quotas:GetServiceQuota": lambda parameters: quota(parameters, 0)})
    file = tmp_path / "forest.json"
    file.write_text(json.dumps(request(), indent=2), encoding="utf-8")
    line = 1 + [each.strip() for each in file.read_text().splitlines()].index('"TransformResources": {')

    assert run_command(["preflight", str(file), "--account", "--only", "quota-transform", "--format", "gitlab"]) == 3
    (entry,) = json.loads(capfd.readouterr().out)
    assert entry["location"]["path"] == str(file)
    assert entry["location"]["lines"]["begin"] in (line, line + 1)
    assert "fix: aws service-quotas request-service-quota-increase" in entry["description"]


def test_markdown_has_commands_in_one_block(
    monkeypatch: pytest.MonkeyPatch, request_file: str, capfd: pytest.CaptureFixture[str]
) -> None:
    account(monkeypatch, {"s3:HeadBucket": Refusal(code="404", status=404)})

    arguments = ["preflight", request_file, "--account", "--only", "data-missing", "--format", "markdown"]
    assert run_command(arguments) == 3
    block = "  Fix:\n\n      aws s3 mb s3://forest-data --region eu-west-1\n      aws s3 cp --recursive DIRECTORY "
    assert block in capfd.readouterr().out


def test_json_has_the_stage_the_hours_and_what_is_not_knowable(
    monkeypatch: pytest.MonkeyPatch, request_file: str, capfd: pytest.CaptureFixture[str]
) -> None:
    account(monkeypatch, {"service-quotas:GetServiceQuota": lambda parameters: quota(parameters, 0)})

    assert run_command(["preflight", request_file, "--account", "--only", "quota-transform", "--json"]) == 3
    document: Json = json.loads(capfd.readouterr().out)
    assert document["kind"] == "preflight"
    (finding,) = document["findings"]
    assert finding["rule"] == "account-quota-transform"
    assert finding["hours"] == pytest.approx(2.5)
    assert finding["stage"] == "after training"
    assert "whether instances are available" in document["notKnowable"]


def test_unusable_credentials_are_status_1_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, request_file: str, capfd: pytest.CaptureFixture[str]
) -> None:
    account(monkeypatch, {"sts:GetCallerIdentity": NoCredentialsError()})

    assert run_command(["preflight", request_file, "--account"]) == 1
    assert "error: no AWS credentials were found; log in again" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--only", "quotas"], "quotas is not a check of the account; did you mean quota? allowed: quota, quota-trans"),
        (["--ignore", "account-wood"], "account-wood is not a check of the account; allowed: quota, "),
        (["--policy", "--json"], "--policy makes --json meaningless; remove one of them"),
        (["--policy", "--containers"], "--policy makes --containers meaningless; remove one of them"),
        (["--engine", "docker"], "--account makes --engine meaningless; remove one of them"),
        (["--time-limit", "0"], "--time-limit 0: expected a number above 0"),
        (["--stack", "Wood"], "no stack Wood"),
    ],
)
def test_wrong_options_are_status_2(
    monkeypatch: pytest.MonkeyPatch,
    request_file: str,
    capfd: pytest.CaptureFixture[str],
    options: list[str],
    says: str,
) -> None:
    account(monkeypatch, {})

    assert run_command(["preflight", request_file, "--account", *options]) == 2
    assert says in capfd.readouterr().err


def test_a_group_of_checks_can_be_chosen(
    monkeypatch: pytest.MonkeyPatch, request_file: str, capfd: pytest.CaptureFixture[str]
) -> None:
    account(monkeypatch, {})

    assert run_command(["preflight", request_file, "--account", "--only", "key", "--json"]) == 0
    document: Json = json.loads(capfd.readouterr().out)
    checks = {each.partition(":")[0] for each in document["checked"]}
    assert {"account-key-state", "account-key-usage", "account-key-region"} <= checks
    assert not [each for each in checks if each.startswith(("account-image", "account-quota"))]


def test_what_is_known_without_aws_is_shown_before_the_time_limit_is_told(
    monkeypatch: pytest.MonkeyPatch, request_file: str, capfd: pytest.CaptureFixture[str]
) -> None:
    def hangs(_: dict[str, Any]) -> Json:
        sleep(3)
        return {}

    aws = account(monkeypatch, {})
    aws.replies = {name: reply if name == "sts:GetCallerIdentity" else hangs for name, reply in aws.replies.items()}

    assert run_command(["preflight", request_file, "--account", "--time-limit", "0.5"]) == 5
    out, err = capfd.readouterr()
    assert "not checked: " in out
    assert "AWS did not respond within 0.5 seconds; set a longer --time-limit" in err


def test_a_time_limit_that_ends_before_any_check_is_status_5(
    monkeypatch: pytest.MonkeyPatch, request_file: str, capfd: pytest.CaptureFixture[str]
) -> None:
    account(monkeypatch, {})

    options = ["--time-limit", "0.000001", "--only", "quota-training"]
    assert run_command(["preflight", request_file, "--account", *options]) == 5
    assert "set a longer --time-limit" in capfd.readouterr().err


def test_the_policy_is_printed_without_a_call(
    monkeypatch: pytest.MonkeyPatch, request_file: str, capfd: pytest.CaptureFixture[str]
) -> None:
    aws = account(monkeypatch, {})

    assert run_command(["preflight", request_file, "--account", "--policy", "--only", "data-missing"]) == 0
    document: Json = json.loads(capfd.readouterr().out)
    assert document["Statement"] == [
        {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::forest-data"]}
    ]
    assert aws.calls == []


def test_containers_alone_ask_no_account(monkeypatch: pytest.MonkeyPatch, request_file: str) -> None:
    aws = account(monkeypatch, {})

    # Without a container engine of this name the run ends, after the account would have been asked.
    assert run_command(["preflight", request_file, "--containers", "--engine", "/absent/engine"]) == 1
    assert aws.calls == []


def test_without_a_flag_the_account_comes_first(
    monkeypatch: pytest.MonkeyPatch, request_file: str, capfd: pytest.CaptureFixture[str]
) -> None:
    account(monkeypatch, {"service-quotas:GetServiceQuota": lambda parameters: quota(parameters, 0)})

    assert run_command(["preflight", request_file, "--engine", "/absent/engine"]) == 1
    out, err = capfd.readouterr()
    assert "[account-quota-transform]" in out
    assert "/absent/engine" in err


def test_without_a_flag_missing_credentials_only_leave_the_account_unchecked(
    monkeypatch: pytest.MonkeyPatch, request_file: str, capfd: pytest.CaptureFixture[str]
) -> None:
    account(monkeypatch, {"sts:GetCallerIdentity": NoCredentialsError()})

    assert run_command(["preflight", request_file, "--engine", "/absent/engine"]) == 1
    assert "not checked: no AWS credentials were found" in capfd.readouterr().out
