"""A member that only one of the two service models knows is sent with that one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ParamValidationError
from botocore.model import ServiceModel

from cdk_sagemaker_algorithm_provider import clients
from cdk_sagemaker_algorithm_provider.algorithm_store import Algorithms

CONTENT: dict[str, Any] = {
    "TrainingSpecification": {
        "TrainingImage": "image",
        "SupportedTrainingInstanceTypes": ["ml.m5.large"],
        "TrainingChannels": [{"Name": "train", "SupportedContentTypes": ["x"], "SupportedInputModes": ["File"]}],
    }
}


class Recorder:
    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []

    def create_algorithm(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        return {"AlgorithmArn": "arn"}


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """The runtime's boto3 knows a member that the trimmed model does not."""
    (file,) = clients.MODELS.glob("sagemaker/*/service-2.json")
    model: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    model["shapes"]["TrainingSpecification"]["members"]["NewMember2027"] = {"shape": "NewInteger"}
    model["shapes"]["NewInteger"] = {"type": "integer"}
    shape: Any = ServiceModel(model).operation_model("CreateAlgorithm").input_shape
    recorder = Recorder()
    monkeypatch.setattr(clients, "create_algorithm_shape", lambda *, trimmed=True: _TRIMMED() if trimmed else shape)

    def client(*_: object, **__: object) -> Recorder:
        return recorder

    monkeypatch.setattr(clients, "_client", client)
    return recorder


_TRIMMED = clients.create_algorithm_shape


def content(**members: Any) -> dict[str, Any]:
    return {"TrainingSpecification": {**CONTENT["TrainingSpecification"], **members}}


def test_what_the_trimmed_model_knows_goes_by_it(newer: Recorder) -> None:
    own = Recorder()
    Algorithms(own).create("forest-1", CONTENT, {})

    assert len(own.requests) == 1
    assert newer.requests == []


def test_a_newer_member_goes_by_the_runtimes_model_and_its_types(newer: Recorder) -> None:
    own = Recorder()
    Algorithms(own).create("forest-1", content(NewMember2027="5"), {})

    assert own.requests == []
    assert newer.requests[0]["TrainingSpecification"]["NewMember2027"] == 5


def test_what_neither_knows_is_said_by_botocore(newer: Recorder) -> None:
    client = clients._session().create_client(  # pyright: ignore[reportPrivateUsage]
        "sagemaker", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )

    with pytest.raises(ParamValidationError, match='Unknown parameter in TrainingSpecification: "Unheard"'):
        Algorithms(client).create("forest-1", content(Unheard="5"), {})
    assert newer.requests == []
