"""The protection of the emulator, without the emulator."""

from __future__ import annotations

import asyncio
import json
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cdk_sagemaker_algorithm.local import emulator_process
from cdk_sagemaker_algorithm.local.emulator_process import AddressSigner, ClosedApp
from cdk_sagemaker_algorithm.local.run_key import RunKey
from cdk_sagemaker_algorithm_provider.cfn_response import Recipient
from cdk_sagemaker_algorithm_provider.contract.resource_schema import ALGORITHM_TYPE, VALIDATION_TYPE

KEY = RunKey.create()
SIGNED = (b"authorization", f"AWS4-HMAC-SHA256 Credential={KEY.access_key_id}/".encode())
HOST = (b"host", b"127.0.0.1:4566")


async def inner(scope: Any, _receive: Any, send: Any) -> None:
    """An emulator that opens every answer to every page."""
    headers = [(b"Access-Control-Allow-Origin", b"*"), (b"x-amzn-requestid", b"1")]
    await send({"type": f"{scope['type']}.response.start", "status": 200, "headers": headers})


def messages(scope: dict[str, Any]) -> list[dict[str, Any]]:
    """What the closed emulator sends."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("the body of a rejected request is not read")

    asyncio.run(ClosedApp(inner, KEY, 4566)(scope, receive, send))
    return sent


def test_requests_of_this_run_pass_and_answers_are_not_for_pages() -> None:
    (start,) = messages({"type": "http", "headers": [HOST, SIGNED], "query_string": b""})
    assert start["status"] == 200
    assert start["headers"] == [(b"x-amzn-requestid", b"1")]


def test_others_get_an_error_that_says_what_to_use() -> None:
    start, body = messages({"type": "http", "headers": [HOST], "query_string": b""})
    assert start["status"] == 403
    assert "AWS_ACCESS_KEY_ID" in json.loads(body["body"])["message"]
    assert KEY.access_key_id.encode() not in body["body"]


def test_web_sockets_are_closed_to_others() -> None:
    assert messages({"type": "websocket", "headers": [HOST], "query_string": b""}) == [
        {"type": "websocket.close", "code": 1008}
    ]


def test_the_server_itself_starts_and_stops() -> None:
    assert messages({"type": "lifespan"})[0]["status"] == 200


def test_addresses_are_signed_as_cloudformation_has_them_signed() -> None:
    signer = AddressSigner(KEY, "eu-west-1")
    address = signer.signing(lambda token: f"http://127.0.0.1:4566/_ministack/cfn-response/{token}")("abc")
    parts = urlsplit(address)
    query = parse_qs(parts.query)
    assert parts.path == "/_ministack/cfn-response/abc"
    assert set(query) == {
        f"X-Amz-{name}" for name in ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature")
    }
    assert query["X-Amz-Credential"][0].split("/")[::2] == [KEY.access_key_id, "eu-west-1", "aws4_request"]
    assert KEY.refusal([("Host", "127.0.0.1:4566")], parts.query, 4566) is None
    # The handler takes the time of the request out of it.
    recipient = Recipient(response_url=address, stack_id="", request_id="", logical_id="")
    asked = recipient.asked_at(2e9)
    assert asked == 2e9
    signed_at = query["X-Amz-Date"][0]
    assert signed_at.endswith("Z")
    assert len(signed_at) == len("20260101T000000Z")


def test_all_validations_of_a_stack_start_before_the_first_wait() -> None:
    def resource(kind: str, *needed: str) -> dict[str, Any]:
        return {"Type": kind, "DependsOn": needed}

    resources = {
        "Forest": resource(ALGORITHM_TYPE, "Role"),
        "ForestWait1": resource(VALIDATION_TYPE, "Forest"),
        "ForestWait2": resource(VALIDATION_TYPE, "ForestWait1"),
        "Model": resource("AWS::SageMaker::Model", "ForestWait2"),
        "Role": resource("AWS::IAM::Role"),
        "Trees": resource(ALGORITHM_TYPE, "Role", "TreesPolicy"),
        "TreesPolicy": resource("AWS::IAM::Policy", "Role"),
        "TreesWait1": resource(VALIDATION_TYPE, "Trees"),
        "Woods": resource(ALGORITHM_TYPE, "Model"),
    }
    serial = ["Role", "Forest", "ForestWait1", "ForestWait2", "Model", "TreesPolicy", "Trees", "TreesWait1", "Woods"]

    def sort(_resources: dict[str, Any], _conditions: dict[str, bool]) -> list[str]:
        return serial

    def dependencies(each: dict[str, Any], _names: set[str]) -> set[str]:
        return set(each["DependsOn"])

    ordered = emulator_process.waits_last(sort, dependencies)(resources, {})
    assert ordered[:4] == ["Role", "Forest", "TreesPolicy", "Trees"]
    assert ordered[4:] == ["ForestWait1", "TreesWait1", "ForestWait2", "Model", "Woods"]


def test_another_emulator_is_not_started_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulator_process, "import_module", ModuleType)
    with pytest.raises(SystemExit, match=r"requirements\.txt"):
        emulator_process.close(KEY, "us-east-1", 4566)
