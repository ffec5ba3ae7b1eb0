"""A botocore that knows more than this library's model: check, construct, handler and local AWS pass what it knows."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.exceptions import ParamValidationError
from botocore.stub import Stubber

from cdk_sagemaker_algorithm.check.files import check_text
from cdk_sagemaker_algorithm.local.sagemaker import operations
from cdk_sagemaker_algorithm.model import shapes
from cdk_sagemaker_algorithm.rules import check
from cdk_sagemaker_algorithm_provider import clients
from cdk_sagemaker_algorithm_provider.algorithm_store import Algorithms
from tests.support.sagemaker import local_sagemaker
from tests.support.stacks import ALGORITHM, algorithm, new_stack, only

MODEL = Path("data/sagemaker/2017-07-24")
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/forest:1.0"
REQUEST: dict[str, Any] = {
    "AlgorithmName": "forest",
    # A larger limit.
    "AlgorithmDescription": "x" * 1500,
    "TrainingSpecification": {
        "TrainingImage": IMAGE,
        # A type of the list that is no instance type to the library.
        "SupportedTrainingInstanceTypes": ["ml.m5.large", "xl.m9.large"],
        # A higher count.
        "TrainingChannels": [
            # A new value.
            {"Name": f"channel{number}", "SupportedContentTypes": ["text/csv"], "SupportedInputModes": ["Stream"]}
            for number in range(9)
        ],
        # A new member, with a structure of its own.
        "NewMember2027": {"Enabled": True, "Seconds": 5},
    },
}
BROKEN = {
    ("string-length", "AlgorithmDescription"),
    ("instance-type-form", "TrainingSpecification.SupportedTrainingInstanceTypes[1]"),
    ("item-count", "TrainingSpecification.TrainingChannels"),
    ("unknown-member", "TrainingSpecification.NewMember2027"),
} | {("enum-value", f"TrainingSpecification.TrainingChannels[{number}].SupportedInputModes[0]") for number in range(9)}


def newer_model() -> dict[str, Any]:
    """The installed model, as a later release could have it."""
    installed = Path(botocore.__file__).parent / MODEL / "service-2.json.gz"
    model: dict[str, Any] = json.loads(gzip.decompress(installed.read_bytes()))
    shapes_: dict[str, Any] = model["shapes"]
    shapes_["TrainingSpecification"]["members"]["NewMember2027"] = {"shape": "New2027"}
    shapes_["New2027"] = {
        "type": "structure",
        "required": ["Enabled"],
        "members": {"Enabled": {"shape": "Boolean"}, "Seconds": {"shape": "NewSeconds2027"}},
    }
    shapes_["NewSeconds2027"] = {"type": "integer", "min": 1}
    shapes_["TrainingInputMode"]["enum"].append("Stream")
    shapes_["TrainingInstanceType"]["enum"].append("xl.m9.large")
    shapes_["EntityDescription"]["max"] = 4096
    shapes_["ChannelSpecifications"]["max"] = 20
    return model


def finder(botocore_spec: ModuleSpec | None) -> Callable[[str], ModuleSpec | None]:
    """Find another botocore, or none."""

    def find(name: str) -> ModuleSpec | None:
        return botocore_spec if name == "botocore" else find_spec(name)

    return find


@pytest.fixture
def forget() -> Iterator[None]:
    """What is read once, is read again."""
    caches: list[Any] = [
        shapes.installed_input_shape,
        operations._model,  # pyright: ignore[reportPrivateUsage]
        clients._session,  # pyright: ignore[reportPrivateUsage]
        clients._client,  # pyright: ignore[reportPrivateUsage]
        clients.create_algorithm_shape,
    ]
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forget: None) -> None:  # noqa: ARG001 - its order matters
    """The botocore of the app, of the Lambda runtime and of local AWS is a newer one."""
    folder = tmp_path / "botocore" / MODEL
    folder.mkdir(parents=True)
    (folder / "service-2.json").write_text(json.dumps(newer_model()), encoding="utf-8")
    spec = ModuleSpec("botocore", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path / "botocore")]
    monkeypatch.setattr(shapes, "find_spec", finder(spec))
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path / "botocore" / "data"))


def broken(findings: Any) -> set[tuple[str, str]]:
    return {(each.rule.partition(":")[2], each.api_path) for each in findings if each.level.value == "error"}


def test_with_the_installed_botocore_all_of_it_is_an_error() -> None:
    assert broken(check(REQUEST, name_required=True)) == BROKEN


@pytest.mark.usefixtures("newer")
def test_check_passes_what_a_newer_botocore_knows() -> None:
    assert broken(check(REQUEST, name_required=True)) == set()
    assert broken(each.finding for each in check_text(json.dumps(REQUEST), "forest.json", {})) == set()


@pytest.mark.usefixtures("newer")
def test_what_is_wrong_in_a_new_member_is_an_error() -> None:
    training = REQUEST["TrainingSpecification"] | {"NewMember2027": {"Seconds": 0, "Enable": True}}

    assert broken(check(REQUEST | {"TrainingSpecification": training}, name_required=True)) == {
        ("number-range", "TrainingSpecification.NewMember2027.Seconds"),
        ("unknown-member", "TrainingSpecification.NewMember2027.Enable"),
    }


@pytest.mark.usefixtures("newer")
def test_the_construct_passes_what_a_newer_botocore_knows() -> None:
    stack = new_stack()
    algorithm(
        stack,
        training_specification=REQUEST["TrainingSpecification"],
        algorithm_description=REQUEST["AlgorithmDescription"],
    )

    assert only(stack, ALGORITHM)["Properties"]["TrainingSpecification"] == REQUEST["TrainingSpecification"]


def test_without_botocore_the_librarys_model_decides(monkeypatch: pytest.MonkeyPatch, forget: None) -> None:  # noqa: ARG001 - caches are cleared
    monkeypatch.setattr(shapes, "find_spec", finder(None))

    assert broken(check(REQUEST, name_required=True)) == BROKEN
    assert broken(check(REQUEST | {"AlgorithmDescription": "x"}, name_required=True)) < BROKEN


def handler_request(monkeypatch: pytest.MonkeyPatch, **members: Any) -> dict[str, Any]:
    """What the handler's own clients send, with botocore's checks of parameters."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    sent: list[dict[str, Any]] = []
    for trimmed in (True, False):
        client: Any = clients._client("sagemaker", trimmed=trimmed)  # pyright: ignore[reportPrivateUsage]
        client.meta.events.register("provide-client-params.sagemaker.CreateAlgorithm", _recorder(sent))
        stubber = Stubber(client)
        stubber.add_response(
            "create_algorithm", {"AlgorithmArn": f"arn:aws:sagemaker:us-east-1:{'1' * 12}:algorithm/f"}
        )
        stubber.activate()
    content = {name: value for name, value in REQUEST.items() if name != "AlgorithmName"} | members
    Algorithms(clients._client("sagemaker")).create("forest", content, {})  # pyright: ignore[reportPrivateUsage]
    (request,) = sent
    return request


def _recorder(sent: list[dict[str, Any]]) -> Any:
    def record(params: dict[str, Any], **_: Any) -> None:
        sent.append(params)

    return record


@pytest.mark.usefixtures("newer")
def test_the_handler_sends_what_the_runtimes_botocore_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    # As CloudFormation delivers it.
    training = REQUEST["TrainingSpecification"] | {"NewMember2027": {"Enabled": "true", "Seconds": "5"}}

    request = handler_request(monkeypatch, TrainingSpecification=training)

    assert request["TrainingSpecification"] == REQUEST["TrainingSpecification"]


@pytest.mark.usefixtures("forget")
def test_the_handler_says_which_member_its_botocore_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ParamValidationError, match='Unknown parameter in TrainingSpecification: "NewMember2027"'):
        handler_request(monkeypatch)


@pytest.mark.usefixtures("newer")
def test_local_aws_passes_what_its_botocore_knows() -> None:
    with local_sagemaker() as local:
        local.client.create_algorithm(**REQUEST)

        assert local.status("forest") == "Pending"
