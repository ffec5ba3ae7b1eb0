from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import typer
from botocore.exceptions import ClientError, NoCredentialsError

from cdk_sagemaker_algorithm.cli import app as top
from cdk_sagemaker_algorithm.cli import completion
from cdk_sagemaker_algorithm.cli.errors import CliError, explain
from cdk_sagemaker_algorithm.cli.lazy_group import Command
from cdk_sagemaker_algorithm.cli.shared_options import Options, options_of
from tests.support.sagemaker import definition, local_sagemaker

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MODULE = "cdk_sagemaker_algorithm_test_command"


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., None]], None]:
    """Make a function the only command, called try."""

    def register(function: Callable[..., None]) -> None:
        module = ModuleType(MODULE)
        app = typer.Typer()
        app.command()(function)
        setattr(module, "app", app)  # noqa: B010 - a module has no such attribute to assign to
        monkeypatch.setitem(sys.modules, MODULE, module)
        monkeypatch.setattr(top.Commands, "table", (Command("try", MODULE, "Tries."),))

    return register


def test_help_lists_every_command_and_imports_none() -> None:
    code = (
        "import sys; from cdk_sagemaker_algorithm.cli.app import run; status = run(['--help']);"
        "slow = {'aws_cdk', 'jsii', 'boto3', 'botocore'} & set(sys.modules);"
        "commands = [name for name in sys.modules if name.startswith('cdk_sagemaker_algorithm.cli.')];"
        "print(sorted(slow), sorted(commands)); sys.exit(status)"
    )
    done = python(code)
    assert done.returncode == 0, done.stderr
    for row in top.COMMANDS:
        assert f" {row.name} " in done.stdout
    modules = ("app", "completion", "errors", "exit_statuses", "lazy_group", "messages", "shared_options")
    expected = [f"cdk_sagemaker_algorithm.cli.{name}" for name in modules]
    assert done.stdout.splitlines()[-1] == f"[] {expected}"


@pytest.mark.parametrize("row", top.COMMANDS, ids=lambda row: row.name)
def test_every_command_has_help_of_its_own(row: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert top.run([row.name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"cdk-sagemaker-algorithm {row.name}" in shown
    assert "--profile" in shown
    assert "--install-completion" not in shown
    assert row.summary.endswith(".")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--profile", "dev", "--region", "eu-west-1", "--endpoint-url", "http://127.0.0.1:1", "try"],
        ["try", "--profile", "dev", "--region", "eu-west-1", "--endpoint-url", "http://127.0.0.1:1"],
        ["--profile", "prod", "--region", "eu-west-1", "try", "--profile", "dev", "--endpoint-url=http://127.0.0.1:1"],
    ],
    ids=["before", "after", "after wins"],
)
def test_shared_options_stand_on_both_sides_of_a_command(
    command: Callable[[Callable[..., None]], None], arguments: list[str]
) -> None:
    seen: list[Options] = []

    def try_(context: typer.Context) -> None:
        seen.append(options_of(context))

    command(try_)
    assert top.run(arguments) == 0
    assert seen == [Options(profile="dev", region="eu-west-1", endpoint_url="http://127.0.0.1:1", debug=False)]


def test_error_is_a_sentence_with_its_exit_status(
    command: Callable[[Callable[..., None]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def try_() -> None:
        raise CliError("no algorithm 'wine' in eu-west-1; list them with: status", exit_status=4)

    command(try_)
    assert top.run(["try"]) == 4
    assert capsys.readouterr().err == "error: no algorithm 'wine' in eu-west-1; list them with: status\n"


def test_debug_shows_the_traceback_besides(
    command: Callable[[Callable[..., None]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def try_() -> None:
        raise ZeroDivisionError("division by zero")

    command(try_)
    assert top.run(["try"]) == 1
    plain = capsys.readouterr().err
    assert plain == "error: unexpected ZeroDivisionError: division by zero (--debug shows the traceback)\n"
    assert top.run(["try", "--debug"]) == 1
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_ctrl_c_is_130(command: Callable[[Callable[..., None]], None]) -> None:
    def try_() -> None:
        raise KeyboardInterrupt

    command(try_)
    assert top.run(["try"]) == 130


def test_a_commands_own_exit_status_is_kept(command: Callable[[Callable[..., None]], None]) -> None:
    def try_() -> None:
        raise typer.Exit(3)

    command(try_)
    assert top.run(["try"]) == 3


def test_mistyped_command_is_wrong_usage_with_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert top.run(["locla"]) == 2
    assert "Did you mean 'local'?" in capsys.readouterr().err


def test_no_arguments_show_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert top.run([]) == 2
    shown = capsys.readouterr()
    assert "Commands" in shown.out + shown.err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert top.run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("cdk-sagemaker-algorithm 0.")


def without(package: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line where a package is not installed."""
    blocked = f"import sys; sys.modules[{package!r}] = None; from cdk_sagemaker_algorithm.cli import main; main()"
    return python(blocked, *arguments)


@pytest.mark.parametrize(("package", "arguments"), [("typer", ["--help"]), ("botocore", ["local", "--help"])])
def test_missing_extra_says_what_to_install(package: str, arguments: list[str]) -> None:
    done = without(package, *arguments)
    assert done.returncode == 1
    assert done.stderr == (
        f"error: the command line needs the package {package!r}, which is not installed:"
        " pip install 'cdk-sagemaker-algorithm[cli]'\n"
    )


def test_other_missing_modules_are_not_blamed_on_the_extra() -> None:
    done = without("http.server", "local", "--help")
    assert done.returncode == 1
    assert "import of http.server halted" in done.stderr
    assert "pip install" not in done.stderr


def test_aws_errors_come_with_a_remedy() -> None:
    assert "--profile" in explain(NoCredentialsError())
    assert explain(client_error("ExpiredToken", "too old")).endswith("log in again, for example with `aws sso login`")
    assert explain(client_error("ValidationException", "no")) == "DescribeAlgorithm failed: no (ValidationException)"


def client_error(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "DescribeAlgorithm")


def test_help_and_version_in_short(capsys: pytest.CaptureFixture[str]) -> None:
    assert top.run(["help", "check"]) == 0
    assert "cdk-sagemaker-algorithm check" in capsys.readouterr().out
    assert top.run(["help"]) == 0
    assert "Commands" in capsys.readouterr().out
    assert top.run(["-V"]) == 0
    assert capsys.readouterr().out.startswith("cdk-sagemaker-algorithm ")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            "AccessDeniedException",
            "AWS does not allow DescribeAlgorithm: no; ask for this permission, or choose",
        ),
        ("ThrottlingException", "AWS asks for fewer calls (ThrottlingException); try again in a minute"),
    ],
)
def test_refusals_of_aws_are_one_sentence_with_a_remedy(code: str, expected: str) -> None:
    error = ClientError({"Error": {"Code": code, "Message": "no."}}, "DescribeAlgorithm")
    assert explain(error).startswith(expected)


def test_wrong_usage_is_found_before_aws_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    assert top.run(["status", "bad name!"]) == 2
    assert "'bad name!' cannot be the name of an algorithm" in capsys.readouterr().err
    assert top.run(["--region", "us-east-1", "--endpoint-url", "foo", "status", "wine"]) == 2
    assert "'foo' cannot be an endpoint; give --endpoint-url" in capsys.readouterr().err
    assert top.run(["--region", "bad region!", "status"]) == 2
    assert "'bad region!' cannot be a region; give one such as eu-west-1" in capsys.readouterr().err


def test_diff_of_the_deployed_refuses_an_address_that_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "manifest.json").write_text('{"version": "48.0.0", "artifacts": {}}', encoding="utf-8")
    where = ["--region", "us-east-1", "--endpoint-url", "foo"]
    assert top.run([*where, "diff", "--deployed", str(tmp_path)]) == 2
    assert "'foo' cannot be an endpoint; give --endpoint-url" in capsys.readouterr().err


def test_completion_offers_what_is_there_and_never_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config"
    config.write_text("[profile wine]\n[profile beer]\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    assert completion.profile_names("w") == ["wine"]
    assert "eu-west-1" in completion.region_names("eu-west")
    context: Any = SimpleNamespace(
        params={"region": "us-east-1", "profile": None, "endpoint_url": "http://127.0.0.1:1"}, parent=None
    )
    assert completion.algorithm_names(context, "w") == []
    assert completion.stack_names(context, "w") == []
    with local_sagemaker() as sagemaker:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", sagemaker.key.access_key_id)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", sagemaker.key.secret_access_key)
        context.params["endpoint_url"] = sagemaker.server.url
        sagemaker.create()
        assert completion.algorithm_names(context, "wi") == ["wine-quality"]
        assert completion.algorithm_names(context, "be") == []
    assert capsys.readouterr().out == ""


def completed(words: str) -> list[str]:
    """What the shell offers after some words, through the program's own protocol for bash."""
    done = subprocess.run(
        [sys.executable, "-m", "cdk_sagemaker_algorithm"],
        env={
            **os.environ,
            "_CDK_SAGEMAKER_ALGORITHM_COMPLETE": "complete_bash",
            "COMP_WORDS": f"cdk-sagemaker-algorithm {words}",
            "COMP_CWORD": str(len(words.split(" "))),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("check --ignore channel-f", "channel-fast-file"),
        ("check --explain profile-vol", "profile-volume-size"),
        ("preflight --ignore output-b", "output-bucket-missing"),
        ("preflight --only quota-a", "quota-all"),
        ("local --fail trai", "training="),
        ("status --region eu-west-", "eu-west-1"),
        ("rep", "report"),
    ],
)
def test_shells_complete_rules_steps_regions_and_commands(words: str, expected: str) -> None:
    assert expected in completed(words)


def test_quiet_leaves_results_and_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    for arguments in (["-q", "check", str(tmp_path)], ["check", "-q", str(tmp_path / "bad.json")]):
        top.run(arguments)
        shown = capsys.readouterr()
        assert "no findings" not in shown.err
        assert "1 error in" not in shown.err
        assert "no CreateAlgorithm request" in shown.err or "json-syntax" in shown.out
    top.run(["check", str(tmp_path / "bad.json")])
    assert "1 error in 1 file" in capsys.readouterr().err


def test_verbose_shows_calls_without_their_content(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with local_sagemaker() as sagemaker:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", sagemaker.key.access_key_id)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", sagemaker.key.secret_access_key)
        sagemaker.create()
        where = ["--region", "us-east-1", "--endpoint-url", sagemaker.server.url]
        assert top.run([*where, "-v", "status"]) == 0
        assert capsys.readouterr().err == "aws: sagemaker ListAlgorithms 200\n"
        assert top.run([*where, "status"]) == 0
        assert capsys.readouterr().err == ""


def test_the_manual_page_has_every_command_and_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert top.run(["help", "--man"]) == 0
    page = capsys.readouterr().out
    assert page.startswith(".TH CDK-SAGEMAKER-ALGORITHM 1 ")
    for row in top.COMMANDS:
        assert f"\n.SS {row.name} " in page
    assert ".B \\-\\-start\\-within SECONDS" in page
    assert "cdk\\-sagemaker\\-algorithm watch wine\\-quality" in page
    assert "0 done" in page
    # A line of text that begins with a dot would be lost.
    requests = {line.split(" ")[0] for line in page.splitlines() if line.startswith((".", "'"))}
    assert requests <= {".TH", ".SH", ".SS", ".TP", ".B", ".PP", ".IP", ".EX", ".EE"}


@pytest.mark.skipif(shutil.which("groff") is None, reason="no groff on this machine")
def test_groff_has_nothing_to_say_about_the_manual_page(capsys: pytest.CaptureFixture[str]) -> None:
    top.run(["help", "--man"])
    page = capsys.readouterr().out
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww"],
        input=page,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


COLORS: list[tuple[dict[str, str], bool]] = [
    ({}, False),
    ({"FORCE_COLOR": "1"}, True),
    ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
]


@pytest.mark.parametrize(("environment", "colored"), COLORS)
@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "bad.json"],
        ["status"],
        ["status", "wine-quality"],
        ["diff", "base.json", "head.json"],
        ["status", "bad name!"],
        ["--nonsense"],
        ["--help"],
    ],
    ids=" ".join,
)
def test_colors_in_a_pipe_are_those_that_are_asked_for(
    arguments: list[str], environment: dict[str, str], *, colored: bool, tmp_path: Path
) -> None:
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    request = definition()
    (tmp_path / "base.json").write_text(json.dumps(request), encoding="utf-8")
    (tmp_path / "head.json").write_text(json.dumps({**request, "AlgorithmDescription": "other"}), encoding="utf-8")
    with local_sagemaker() as sagemaker:
        sagemaker.create()
        done = subprocess.run(
            [sys.executable, "-m", "cdk_sagemaker_algorithm", *arguments],
            cwd=tmp_path,
            env={
                **{name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}},
                "AWS_ACCESS_KEY_ID": sagemaker.key.access_key_id,
                "AWS_SECRET_ACCESS_KEY": sagemaker.key.secret_access_key,
                "AWS_REGION": "us-east-1",
                "AWS_ENDPOINT_URL": sagemaker.server.url,
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )
    shown = done.stdout + done.stderr
    assert ("\x1b[" in shown) == colored
    # Nothing moves the cursor where there is no terminal.
    assert "\x1b[?25l" not in shown
    assert "\x1b[2K" not in shown
