"""`--app` is a command or a cloud assembly, as for the CDK CLI."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdk_sagemaker_algorithm.cli.errors import CliError
from cdk_sagemaker_algorithm.cli.synthesis import assembly_of


def test_without_the_option_the_assembly_is_the_default() -> None:
    assert assembly_of(None, Path("cdk.out")) == Path("cdk.out")


def test_a_directory_is_the_assembly(tmp_path: Path) -> None:
    assert assembly_of(str(tmp_path), Path("cdk.out")) == tmp_path


def test_a_command_is_run_by_the_cdk_cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cdk = tmp_path / "cdk"
    cdk.write_text(f'#!/bin/sh\nprintf "%s|" "$@" > {tmp_path}/arguments\n')
    cdk.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    assert assembly_of("python app.py", tmp_path / "out") == tmp_path / "out"
    assert (tmp_path / "arguments").read_text() == f"synth|--quiet|--app|python app.py|--output|{tmp_path}/out|"


@pytest.mark.parametrize(("body", "problem"), [("exit 1", "cdk synth failed"), (None, "needs the CDK CLI")])
def test_a_failure_names_the_option(
    body: str | None, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if body is not None:
        cdk = tmp_path / "cdk"
        cdk.write_text(f"#!/bin/sh\n{body}\n")
        cdk.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(CliError, match=f"--app.*{problem}"):
        assembly_of("python app.py", tmp_path / "out")
