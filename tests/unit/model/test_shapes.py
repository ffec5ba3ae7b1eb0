from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cdk_sagemaker_algorithm.model import shapes
from cdk_sagemaker_algorithm.model.shapes import input_shape, model_path, shape
from cdk_sagemaker_algorithm_provider.contract.resource_schema import REQUEST_MEMBERS

ROOT = Path(__file__).parents[3]


def test_the_file_is_what_the_script_makes_of_the_installed_botocore() -> None:
    script = ROOT / "scripts" / "trim_service_model.py"
    code = (
        "import runpy, sys\n"
        f"made = runpy.run_path({str(script)!r})\n"
        "sys.stdout.buffer.write(made['serialized'](made['trim'](made['installed_model']())).encode())\n"
    )

    made = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout

    assert model_path().read_bytes() == made, "the installed botocore knows another API: run `make model`"


def test_reading_it_imports_neither_botocore_nor_the_cdk_nor_the_handler() -> None:
    code = (
        "import sys\n"
        "from cdk_sagemaker_algorithm.model.shapes import input_shape\n"
        "assert input_shape().members\n"
        "heavy = {'botocore', 'boto3', 'aws_cdk', 'jsii', 'cdk_sagemaker_algorithm_provider'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )

    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout

    assert printed.strip() == "[]"


def test_the_request_has_the_four_parts_of_an_algorithm() -> None:
    request = input_shape()

    assert request.name == "CreateAlgorithmInput"
    assert request.type == "structure"
    assert {"TrainingSpecification", "InferenceSpecification", "ValidationSpecification"} < request.members.keys()
    assert set(request.members) == set(REQUEST_MEMBERS)
    assert request.required == {"AlgorithmName", "TrainingSpecification"}


def test_limits_are_the_services() -> None:
    name = input_shape().members["AlgorithmName"]
    channels = shape("TrainingSpecification").members["TrainingChannels"]
    environment = shape("TransformJobDefinition").members["Environment"]

    assert (name.type, name.min, name.max) == ("string", 1, 63)
    assert name.pattern == "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
    assert name.enum == ()
    assert (channels.type, channels.min, channels.max) == ("list", 1, 8)
    assert channels.member is shape("ChannelSpecification")
    assert (channels.key, channels.value) == (None, None)
    assert environment.type == "map"
    assert environment.key is shape("TransformEnvironmentKey")
    assert environment.value is shape("TransformEnvironmentValue")
    assert shape("ParameterType").enum == ("Integer", "Continuous", "Categorical", "FreeText")


def test_members_that_only_answers_have_are_no_part_of_a_request() -> None:
    members = shape("ResourceConfig").members

    assert "InstanceType" in members
    assert not [name for name in members if name.startswith("Selected")]


def test_a_shape_is_one_object() -> None:
    assert shape("TrainingSpecification") is input_shape().members["TrainingSpecification"]


def test_an_unknown_shape_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="NoSuchShape"):
        shape("NoSuchShape")


def test_a_missing_handler_package_says_how_to_get_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_nothing(_: str) -> None:
        return None

    monkeypatch.setattr(shapes, "find_spec", find_nothing)
    model_path.cache_clear()

    with pytest.raises(ModuleNotFoundError, match="installing that again brings it back"):
        model_path()
    model_path.cache_clear()
