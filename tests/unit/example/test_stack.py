"""The example stack: what it declares, and what the linters find in it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions

from cdk_sagemaker_algorithm.rules import check
from stacks.decision_trees.stack import DecisionTreesStack
from tests.support import checkov
from tests.support.nag import nag


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> cdk.App:
    made = cdk.App(outdir=str(tmp_path_factory.mktemp("cdk.out")))
    DecisionTreesStack(made, "DecisionTrees")
    return made


@pytest.fixture(scope="module")
def template_file(app: cdk.App) -> Path:
    return Path(app.synth().get_stack_by_name("DecisionTrees").template_full_path)


def resources(template_file: Path, kind: str) -> list[dict[str, Any]]:
    found = json.loads(template_file.read_text(encoding="utf-8"))["Resources"].values()
    return [each for each in found if each["Type"] == kind]


def test_it_is_what_aws_marketplace_asks_for(template_file: Path) -> None:
    (algorithm,) = resources(template_file, "Custom::SageMakerAlgorithm")
    properties = algorithm["Properties"]
    (profile,) = properties["ValidationSpecification"]["ValidationProfiles"]
    assert properties["CertifyForMarketplace"] is True
    assert {"TrainingJobDefinition", "TransformJobDefinition"} <= profile.keys()
    assert properties["InferenceSpecification"]["SupportedResponseMIMETypes"] == ["text/csv"]
    assert len(resources(template_file, "Custom::SageMakerAlgorithmValidation")) == 5


def test_no_rule_has_an_error_for_it(template_file: Path) -> None:
    (algorithm,) = resources(template_file, "Custom::SageMakerAlgorithm")
    ours = {"ServiceToken", "ServiceTimeout", "AlgorithmNamePrefix"}
    definition = {name: value for name, value in algorithm["Properties"].items() if name not in ours}
    assert [str(finding) for finding in check(definition) if finding.level == "error"] == []


def test_it_is_declared_without_a_warning() -> None:
    stack = DecisionTreesStack(cdk.App(), "DecisionTrees")
    assert assertions.Annotations.from_stack(stack).find_warning("*", assertions.Match.any_value()) == []


def test_cdk_nag_finds_nothing(app: cdk.App) -> None:
    assert nag(app) == []


def test_cfn_lint_finds_nothing(template_file: Path) -> None:
    done = subprocess.run(
        ["cfn-lint", "--regions", "us-east-1", "--", template_file],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stdout == ""
    assert done.returncode == 0


def test_checkov_finds_nothing(template_file: Path, tmp_path: Path) -> None:
    shutil.copy(template_file, tmp_path)
    assert checkov.failed_checks(tmp_path) == []
