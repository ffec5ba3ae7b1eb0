"""Only requests of this run are accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdk_sagemaker_algorithm.local.run_key import RunKey
from tests.support.foreign_requests import FOREIGN, ForeignRequest, send
from tests.support.sagemaker import LocalSageMaker, local_sagemaker

if TYPE_CHECKING:
    from collections.abc import Generator

KEY = RunKey.create()
HOST = ("Host", "127.0.0.1:4566")


@pytest.fixture(scope="module")
def local() -> Generator[LocalSageMaker]:
    with local_sagemaker() as running:
        yield running


@pytest.mark.parametrize("request_", FOREIGN, ids=lambda request: request.name)
def test_local_sagemaker_rejects_what_is_not_of_this_run(local: LocalSageMaker, request_: ForeignRequest) -> None:
    status, headers, body = send(local.server.url, request_, local.key.access_key_id)
    assert status == (403 if request_.method == "POST" else 501)
    assert not [name for name in headers if name.lower().startswith("access-control-")]
    assert local.key.access_key_id.encode() not in body


@pytest.mark.parametrize("path", ["/_local/fail-next", "/_local/fail-next?AWSAccessKeyId=test"])
def test_a_page_cannot_let_validations_fail(local: LocalSageMaker, path: str) -> None:
    order = ForeignRequest("order", path=path, headers={"Origin": "http://evil.example"})
    assert send(local.server.url, order, "", b'{"Step": "training", "Reason": "x"}')[0] == 403
    assert local.service.failures_missed() == {}


def test_a_rejected_request_leaves_nothing_on_the_connection(local: LocalSageMaker) -> None:
    smuggled = b"POST / HTTP/1.1\r\nHost: x\r\n\r\n"
    _, headers, _ = send(local.server.url, ForeignRequest("body that is a request"), "", smuggled)
    assert local.client.list_algorithms()["AlgorithmSummaryList"] == []
    assert headers["Connection"] == "close"


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ([("Authorization", "AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/s3/aws4_request, Signature=0")], ""),
        ([("authorization", "AWS4-HMAC-SHA256 SignedHeaders=host, Credential={key}/20260101/x")], ""),
        ([("authorization", "AWS4-ECDSA-P256-SHA256 Credential={key}/20260101/s3/aws4_request")], ""),
        ([("authorization", "AWS {key}:signature")], ""),
        ([], "X-Amz-Credential={key}%2F20260101%2Fus-east-1%2Fs3%2Faws4_request"),
        ([], "AWSAccessKeyId={key}&Signature=x"),
    ],
)
def test_every_way_to_sign_is_known(headers: list[tuple[str, str]], query: str) -> None:
    def refusal(key: str) -> str | None:
        filled = [(name, value.format(key=key)) for name, value in headers]
        return KEY.refusal([HOST, *filled], query.format(key=key), 4566)

    assert refusal(KEY.access_key_id) is None
    assert refusal(KEY.issue_access_key_id("ASIA")) is None
    assert refusal(RunKey.create().access_key_id) is not None
    assert refusal(RunKey.create().issue_access_key_id("ASIA")) is not None


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [HOST, HOST],
        [HOST, ("host", "evil.example")],
        [("Host", "[::1]:4566")],
        [("Host", "127.0.0.1:45660")],
        [HOST, ("Authorization", "AWS4-HMAC-SHA256 Credential=test/")],
    ],
)
def test_a_request_with_two_meanings_is_rejected(headers: list[tuple[str, str]]) -> None:
    signed = ("Authorization", f"AWS4-HMAC-SHA256 Credential={KEY.access_key_id}/")
    assert KEY.refusal([HOST, signed], "", 4566) is None
    assert KEY.refusal([*headers, signed], "", 4566) is not None


def test_the_key_is_random_and_not_shown() -> None:
    keys = {RunKey.create().access_key_id for _ in range(100)}
    assert len(keys) == 100
    assert {len(key) for key in keys} == {20}
    assert KEY.access_key_id not in repr(KEY)
    assert KEY.secret_access_key not in repr(KEY)
