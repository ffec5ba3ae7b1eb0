"""Each snippet of the documentation runs, and shows what it says."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from tests.support.snippets import FOLDER, NAMES, assembly, resources_of, templates
from tests.support.stacks import ALGORITHM, text


def all_of(name: str, kind: str) -> list[dict[str, Any]]:
    return [each for template in templates(name).values() for each in resources_of(template, kind).values()]


@pytest.mark.parametrize("name", NAMES)
def test_a_snippet_runs_and_says_what_it_shows(name: str) -> None:
    source = (FOLDER / f"{name}.py").read_text()

    assert ast.get_docstring(ast.parse(source))
    assert any(template["Resources"] for template in templates(name).values())
    assert bool(all_of(name, ALGORITHM)) is (name != "existing_algorithm")


def test_the_sellers_image_can_be_pushed_before_the_algorithm_is_deployed() -> None:
    seller = next(stack for stack in assembly("marketplace_seller").stacks if stack.stack_name == "Seller")

    assert [artifact.id for artifact in seller.dependencies if artifact.id in templates("marketplace_seller")] == [
        "SellerRegistry"
    ]
    assert not resources_of(seller.template, "AWS::ECR::Repository")
    assert set(templates("marketplace_seller")) == {"SellerRegistry", "Seller"}
    assert not resources_of(templates("marketplace_seller")["SellerRegistry"], ALGORITHM)


def test_the_sellers_policy_names_its_own_places() -> None:
    (policy,) = (
        each
        for key, each in resources_of(templates("marketplace_seller")["Seller"], "AWS::IAM::Policy").items()
        if "ValidationRole" in key
    )
    arns = {text(arn) for each in policy["Properties"]["PolicyDocument"]["Statement"] for arn in [each["Resource"]]}

    assert [arn for arn in arns if arn.endswith("/models/*}")] == []
    assert any(arn.endswith(".Arn}/models/*") for arn in arns)
    assert any(arn.endswith(".Arn}/predictions/*") for arn in arns)


@pytest.mark.parametrize("name", ["train_with_step_functions", "tuning_job"])
def test_jobs_are_made_from_the_validated_algorithm(name: str) -> None:
    (machine,) = all_of(name, "AWS::StepFunctions::StateMachine")[:1]
    definitions = [
        text(each["Properties"]["DefinitionString"]) for each in all_of(name, "AWS::StepFunctions::StateMachine")
    ]

    assert machine
    assert any('"AlgorithmName":"${ForestValidation' in each for each in definitions)


def test_published_versions_stay() -> None:
    (kept,) = all_of("keep_algorithms", ALGORITHM)

    assert kept["UpdateReplacePolicy"] == "Retain"
    assert kept["Properties"]["RetainFailed"] is True


def test_the_topic_hears_of_failures() -> None:
    (rule,) = all_of("validation_failed_to_sns", "AWS::Events::Rule")

    assert rule["Properties"]["EventPattern"]["detail"]["Outcome"] == ["Failed", "TimedOut"]
    (alarm,) = all_of("validation_failed_to_sns", "AWS::CloudWatch::Alarm")
    assert alarm["Properties"]["Namespace"] == "SageMakerAlgorithm"
