"""A user's project with the code of the pages is clean for type checkers, with what `cdk synth` leaves in it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.page_runs import files
from tests.support.pages import ROOT, fences

#: What README does not show: targets of rules, which CDK's own protocol rejects.
RULES = """
import aws_cdk as cdk
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sns as sns
from cdk_sagemaker_algorithm import Algorithm, AlgorithmImage, ChannelSpecification, TrainingSpecification

stack = cdk.Stack(cdk.App(), "Forest")
algorithm = Algorithm(
    stack,
    "Algorithm",
    training_specification=TrainingSpecification(
        training_image=AlgorithmImage.from_asset("container"),
        supported_training_instance_types=["ml.m5.large"],
        training_channels=[ChannelSpecification.file("training", content_types=["text/csv"])],
    ),
    validation_timeout=cdk.Duration.hours(2),
)
topic = sns.Topic.from_topic_arn(stack, "Topic", "arn:aws:sns:eu-west-1:123456789012:failed")
algorithm.on_validation_failed("Failed", target=targets.SnsTopic(topic))
algorithm.on_state_change("Changed", target=targets.SnsTopic(topic))
cdk.CfnOutput(stack, "Arn", value=algorithm.algorithm_arn)
"""


#: Errors in the CDK's own type information, which docs/getting-started.md names.
CDKS_OWN = "ServicePrincipal"
TUTORIALS = ("seller", "platform_team", "data_scientist")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the code of the pages, the settings of getting started, and what `cdk synth` has left."""
    page = "docs/getting-started.md"
    settings = next(fence.body for fence in fences("toml") if fence.page == page)
    (tmp_path / "pyproject.toml").write_text(settings, encoding="utf-8")
    shown = {**files("README.md"), **files(page), "rules.py": RULES}
    for tutorial in TUTORIALS:
        source = ROOT / "examples/tutorials" / tutorial / "app.py"
        shown[f"{tutorial}/{tutorial}_app.py"] = source.read_text(encoding="utf-8")
    shown |= {f"{folder}/cdk.out/asset.1/index.py": "import absent\nx: int = ''\n" for folder in (".", "seller")}
    for name, content in shown.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("mode", ["basic", "strict"])
def test_a_users_project_has_no_type_errors_in_pyright(project: Path, mode: str) -> None:
    settings = (project / "pyproject.toml").read_text(encoding="utf-8")
    text = settings.replace("[tool.pyright]", f'[tool.pyright]\ntypeCheckingMode = "{mode}"')
    (project / "pyproject.toml").write_text(text, encoding="utf-8")
    command: list[str | Path] = [
        Path(sys.executable).with_name("pyright"),
        "--project",
        project,
        "--pythonpath",
        sys.executable,
    ]
    done = subprocess.run([*command, "--outputjson"], capture_output=True, text=True, check=False)
    result = json.loads(done.stdout)

    assert result["summary"]["filesAnalyzed"] >= len(TUTORIALS) + 3
    messages = [f"{error['file']}: {error['message']}" for error in result["generalDiagnostics"]]
    assert [message for message in messages if f'"{CDKS_OWN}" cannot be assigned' not in message] == []


def test_a_users_project_has_no_type_errors_in_mypy(project: Path) -> None:
    # Where the types of this project have been checked before, mypy knows the CDK's; reading those takes minutes.
    if (ROOT / ".mypy_cache").exists():
        shutil.copytree(ROOT / ".mypy_cache", project / ".mypy_cache")
    command: list[str | Path] = [
        Path(sys.executable).with_name("mypy"),
        "--strict",
        "--python-executable",
        sys.executable,
        ".",
    ]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
