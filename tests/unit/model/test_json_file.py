from __future__ import annotations

import json
from pathlib import Path

import pytest

from cdk_sagemaker_algorithm.model.json_file import JsonFileError, parse_object, read_text
from cdk_sagemaker_algorithm.model.request_file import Request

REQUEST: dict[str, object] = {"AlgorithmName": "wälder", "TrainingSpecification": {}}
TEXT = json.dumps(REQUEST, ensure_ascii=False)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_encoding_of_json_is_read_by_every_reader(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "request.json"
    path.write_text(TEXT, encoding=encoding)
    assert parse_object(read_text(str(path)), "request.json") == REQUEST
    assert Request.read(path).name == "wälder"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'{"AlgorithmName": "\xe4"}', "byte 19 is not UTF-8; save the file as UTF-8"),
        (b'{"AlgorithmName": }', ":1:19: not JSON: Expecting value"),
        (b"[]", ": a CreateAlgorithm request is a JSON object, this is a list"),
        (b"[" * 100_000, ": nested too deeply for a request"),
    ],
)
def test_a_bad_file_is_named(raw: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "request.json"
    path.write_bytes(raw)
    with pytest.raises(JsonFileError) as caught:
        Request.read(path)
    assert str(caught.value).startswith(str(path))
    assert str(caught.value).endswith(message)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(JsonFileError, match=r"request.json: no such file or directory; give the path"):
        Request.read(tmp_path / "request.json")
