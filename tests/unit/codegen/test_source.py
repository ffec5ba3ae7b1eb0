from __future__ import annotations

import json
import re
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from hypothesis import HealthCheck, given, settings

from cdk_sagemaker_algorithm import model
from cdk_sagemaker_algorithm.codegen import (
    Imported,
    ImportingError,
    definition_source,
    from_description,
    from_request,
    python_source,
)
from cdk_sagemaker_algorithm.model import AlgorithmDefinition, render
from cdk_sagemaker_algorithm.model.shapes import input_shape
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import read_tags
from tests.support.request_files import VALID
from tests.support.requests import create_algorithm_requests
from tests.support.sagemaker import LocalSageMaker, definition, local_sagemaker
from tests.support.snapshots import check_snapshot
from tests.support.valid_requests import valid_requests


def wine(**changes: Any) -> dict[str, Any]:
    """A request that the rules find nothing in."""
    request = definition(**changes)
    request["TrainingSpecification"]["SupportedHyperParameters"] = [{"Name": "max_depth", "Type": "Integer"}]
    return request


def evaluated(source: str) -> dict[str, Any]:
    """The request that the source of a definition stands for."""
    names = {name: getattr(model, name) for name in model.__all__}
    made: AlgorithmDefinition = eval(source, names)  # noqa: S307 - the source is our own
    return render(made)


def synthesized(source: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> dict[str, Any]:
    """The request in the template that a whole file gives, with its tags."""
    monkeypatch.setattr(cdk, "App", partial(cdk.App, outdir=str(folder)))
    exec(compile(source, "imported.py", "exec"), {"__name__": "imported"})  # noqa: S102 - the generated source must run
    (file,) = folder.glob("*.template.json")
    resources = json.loads(file.read_text(encoding="utf-8"))["Resources"]
    (found,) = (each for each in resources.values() if each["Type"] == "Custom::SageMakerAlgorithm")
    return {
        name: value
        for name, value in found["Properties"].items()
        if name not in {"ServiceToken", "ServiceTimeout", "Revision"}
    }


def comparable(request: dict[str, Any]) -> dict[str, Any]:
    """A request as templates have it: tags in no order, and none instead of an empty list."""
    tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}
    return {**{name: value for name, value in request.items() if name != "Tags"}, "tags": tags}


def ruff(source: str, folder: Path, *, width: int = 88) -> None:
    """Fail if the formatter or the linter has a wish."""
    file = folder / "stack.py"
    file.write_text(source, encoding="utf-8")
    for command in (["format", "--diff"], ["check", "--select", "E4,E7,E9,F,I,B,UP,SIM,RUF,PL,N,Q,ISC,PIE,ANN"]):
        done = subprocess.run(
            ["ruff", *command, "--isolated", "--ignore", "ANN401", f"--line-length={width}", file.name]
            if command[0] == "check"
            else ["ruff", *command, "--isolated", f"--line-length={width}", file.name],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}{done.stderr}"


@given(create_algorithm_requests())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_request_comes_back_from_its_source(request: dict[str, Any]) -> None:
    assert evaluated(definition_source(request)) == request


@given(valid_requests())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_requests_that_make_sense_use_the_factories_and_come_back(request: dict[str, Any]) -> None:
    source = definition_source(request)
    assert evaluated(source) == request
    for specification in request["TrainingSpecification"].get("SupportedHyperParameters", []):
        if specification["Type"] != "FreeText":
            assert f"HyperParameterSpecification.{specification['Type'].lower()}(" in source


@given(create_algorithm_requests())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_source_is_as_ruff_formats_it(tmp_path_factory: pytest.TempPathFactory, request: dict[str, Any]) -> None:
    for width in (88, 120):
        ruff(python_source(from_request(request), width=width), tmp_path_factory.mktemp("ruff"), width=width)


@pytest.mark.parametrize("file", VALID, ids=lambda file: file.stem)
def test_request_files_come_back_from_a_synthesis(file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    request = json.loads(file.read_text(encoding="utf-8"))
    source = python_source(from_request(request))
    ruff(source, tmp_path)
    assert comparable(synthesized(source, monkeypatch, tmp_path / "cdk.out")) == comparable(request)


def test_a_request_comes_back_from_a_synthesis(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    request = wine()
    source = python_source(from_request(request))
    ruff(source, tmp_path)
    assert comparable(synthesized(source, monkeypatch, tmp_path / "cdk.out")) == comparable(request)


def test_a_live_algorithm_comes_back_but_for_its_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    request = wine()
    source = python_source(described(request))
    ruff(source, tmp_path)
    found = comparable(synthesized(source, monkeypatch, tmp_path / "cdk.out"))
    assert found.pop("AlgorithmNamePrefix") == "wine-quality"
    assert found["tags"] == {"team": "wine"}
    # What the service adds, and what it keeps to itself, is all that differs.
    assert found["TrainingSpecification"].pop("TrainingImageDigest").startswith("sha256:")
    assert found["InferenceSpecification"]["Containers"][0].pop("ImageDigest").startswith("sha256:")
    job = request["ValidationSpecification"]["ValidationProfiles"][0]["TrainingJobDefinition"]
    for member in ("InputMode", "ShuffleConfig"):
        del job["InputDataConfig"][0][member]
    del job["OutputDataConfig"]["CompressionType"]
    del job["ResourceConfig"]["KeepAlivePeriodInSeconds"]
    for member in ("MaxWaitTimeInSeconds", "MaxPendingTimeInSeconds"):
        del job["StoppingCondition"][member]
    del request["AlgorithmName"]
    assert found == comparable(request)


def test_a_live_algorithm_can_keep_its_name_to_be_adopted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    request = wine()
    source = python_source(described(request), exact_name=True)
    ruff(source, tmp_path)
    found = synthesized(source, monkeypatch, tmp_path / "cdk.out")
    assert found["AlgorithmName"] == request["AlgorithmName"]
    assert "AlgorithmNamePrefix" not in found
    assert 'acknowledge_rules={"algorithm-name-given": "the algorithm was adopted"}' in source
    assert "held by the algorithm" not in source


def described(request: dict[str, Any]) -> Imported:
    """What an algorithm made of a request is imported as, while it exists."""
    with local_sagemaker() as local:
        return description_of(local, local.create(**request))


def description_of(local: LocalSageMaker, name: str) -> Imported:
    answer = local.client.describe_algorithm(AlgorithmName=name)
    return from_description(answer, read_tags(local.client, answer["AlgorithmArn"]))


def test_the_source_of_a_live_algorithm_says_what_nobody_is_told() -> None:
    source = re.sub(r"\n *# (?=[a-z])", " ", python_source(described(wine())))
    for member in (
        "input_mode and shuffle_config",
        "compression_type",
        "keep_alive_period_in_seconds",
        "max_pending_time_in_seconds and max_wait_time_in_seconds",
    ):
        assert f"# DescribeAlgorithm does not return {member}.\n" in source
    assert "# SageMaker returns the digest even if the request had none" in source
    assert "# The name itself is held by the algorithm that this was read from.\n" in source


def test_a_file_with_a_description_is_taken_as_one() -> None:
    with local_sagemaker() as local:
        answer = local.client.describe_algorithm(AlgorithmName=local.create())
    saved = json.loads(json.dumps(answer, default=str))
    assert python_source(from_request(saved)) == python_source(from_description(answer))


def test_tags_that_belong_to_aws_or_to_this_library_are_left_out() -> None:
    tags = {"aws:cloudformation:stack-name": "x", "cdk-sagemaker-algorithm:stack-id": "x", "team": "wine"}
    with local_sagemaker() as local:
        answer = local.client.describe_algorithm(AlgorithmName=local.create())
    assert from_description(answer, tags).request["Tags"] == [{"Key": "team", "Value": "wine"}]


def test_a_generated_name_gives_its_prefix_back() -> None:
    with local_sagemaker() as local:
        name = local.create(AlgorithmName="Forest-Wine-0123456789ab")
        answer = local.client.describe_algorithm(AlgorithmName=name)
    tags = {"cdk-sagemaker-algorithm:fingerprint": "0123456789ab"}
    source = python_source(from_description(answer, tags))
    assert 'algorithm_name_prefix="Forest-Wine",' in source
    assert "class ForestWineStack(cdk.Stack):" in source
    assert 'algorithm_name_prefix="Forest-Wine-0123456789ab",' in python_source(from_description(answer))


def test_the_source_reads_as_if_a_person_had_written_it() -> None:
    types = ["ml.m5.large", "ml.m5.xlarge"]
    request = wine()
    request["AlgorithmDescription"] = (
        "Predicts the quality of wine from its chemistry, with a forest of trees that is grown on what "
        "eleven sommeliers said of 6,497 wines from the north of Portugal"
    )
    request["TrainingSpecification"] |= {
        "SupportedTrainingInstanceTypes": types,
        "SupportedHyperParameters": [
            {
                "Name": "max_depth",
                "Type": "Integer",
                "Range": {"IntegerParameterRangeSpecification": {"MinValue": "1", "MaxValue": "100000"}},
                "IsTunable": True,
                "DefaultValue": "6",
            },
            {
                "Name": "rate",
                "Type": "Continuous",
                "Range": {"ContinuousParameterRangeSpecification": {"MinValue": "0.0", "MaxValue": "0.5"}},
                "DefaultValue": "1e-1",
            },
            {
                "Name": "colour",
                "Type": "Categorical",
                "Range": {"CategoricalParameterRangeSpecification": {"Values": ["red", "white"]}},
                "IsRequired": True,
            },
            {"Name": "note", "Type": "FreeText", "Description": 'any "text"'},
        ],
    }
    request["InferenceSpecification"]["SupportedTransformInstanceTypes"] = types
    check_snapshot(Path(__file__).with_name("wine_quality_stack.py.txt"), python_source(from_request(request)))


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            {"TrainingSpec": {}},
            (
                "'TrainingSpec': not a member of a CreateAlgorithm request, which has "
                f"{', '.join(input_shape().members)}; import takes such a request, or a DescribeAlgorithm response"
            ),
        ),
        (
            {"AlgorithmName": "wine"},
            "TrainingSpecification is missing; a CreateAlgorithm request must have it",
        ),
    ],
)
def test_what_is_no_request_is_refused(request_: dict[str, Any], message: str) -> None:
    with pytest.raises(ImportingError) as refused:
        from_request(request_)
    assert str(refused.value) == message


def test_structures_that_no_class_fits_stay_dicts() -> None:
    request = wine(ValidationSpecification=None, InferenceSpecification=None)
    request["TrainingSpecification"]["TrainingChannels"][0]["Colour"] = ["red", None, 2]
    source = definition_source(request)
    assert '"Colour": ["red", None, 2]' in source
    assert evaluated(source) == request


def test_a_request_without_a_name_gets_a_generated_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    request = wine(AlgorithmName=None)
    source = python_source(from_request(request))
    ruff(source, tmp_path)
    assert "algorithm_name" not in source
    found = synthesized(source, monkeypatch, tmp_path / "cdk.out")
    assert found["AlgorithmNamePrefix"] == "algorithmstack-algorithm"


def test_names_that_are_no_identifiers_make_classes() -> None:
    request = wine(AlgorithmName="3-wines")
    assert "class Algorithm3WinesStack(cdk.Stack):" in python_source(from_request(request))
