from __future__ import annotations

import http.client
import io
import json
import urllib.request
from typing import Any
from urllib.error import HTTPError, URLError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_sagemaker_algorithm_provider.cfn_response import (
    Recipient,
    UndeliveredAnswerError,
    deliver,
    failure,
    success,
)
from cdk_sagemaker_algorithm_provider.contract.limits import RESPONSE_BYTES

URL = "https://cloudformation-custom-resource-response.s3.amazonaws.com/x?X-Amz-Date=20260101T000000Z&X-Amz-Signature=s3cr3t"
TO = Recipient(
    response_url=URL,
    stack_id="arn:aws:cloudformation:us-east-1:123456789012:stack/Forest/1",
    request_id="request",
    logical_id="Forest",
)
TROUBLES = (
    HTTPError(URL, 503, "slow down", None, None),  # type: ignore[arg-type]
    URLError("no route"),
    TimeoutError("timed out"),
    ConnectionResetError("reset"),
    http.client.BadStatusLine("?"),
    http.client.InvalidURL(f"{URL} cannot contain control characters"),
    ValueError(f"unknown url type: {URL}"),
)


def test_a_success_has_what_cloudformation_wants() -> None:
    assert json.loads(success("name", AlgorithmName="name").body(TO)) == {
        "Status": "SUCCESS",
        "PhysicalResourceId": "name",
        "StackId": TO.stack_id,
        "RequestId": "request",
        "LogicalResourceId": "Forest",
        "Data": {"AlgorithmName": "name"},
    }


@pytest.mark.parametrize(
    "reason", ["x" * 99_999, "🌲" * 5000, '"\\' * 9000, "\x00" * 9000, "\ud800" * 9000, "é\n" * 4000]
)
def test_a_reason_is_cut_to_what_cloudformation_takes(reason: str) -> None:
    body = failure("name", reason).body(TO)

    assert RESPONSE_BYTES - 100 < len(body) <= RESPONSE_BYTES
    said = json.loads(body)["Reason"]
    assert said.endswith(" …")
    assert reason.encode(errors="replace").decode().startswith(said.removesuffix(" …"))


@given(reason=st.text(max_size=6000), physical_id=st.text(min_size=1, max_size=60))
def test_any_answer_is_json_and_fits(reason: str, physical_id: str) -> None:
    body = failure(physical_id, reason).body(TO)

    assert len(body) <= RESPONSE_BYTES
    assert json.loads(body)["Status"] == "FAILED"


def test_a_reason_that_fits_is_left_alone() -> None:
    assert json.loads(failure("name", "because").body(TO))["Reason"] == "because"


def network(monkeypatch: pytest.MonkeyPatch, *troubles: BaseException | None) -> list[Any]:
    """A network on which attempts go wrong, one after the other."""
    requests: list[Any] = []
    left = list(troubles)

    def urlopen(request: Any, timeout: float) -> io.BytesIO:
        assert timeout > 0
        requests.append(request)
        trouble = left.pop(0) if left else None
        if trouble is not None:
            raise trouble
        return io.BytesIO()

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    return requests


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: type(trouble).__name__)
def test_a_network_in_trouble_is_left_to_the_retries_of_the_caller(
    monkeypatch: pytest.MonkeyPatch, trouble: BaseException
) -> None:
    requests = network(monkeypatch, trouble)

    with pytest.raises(UndeliveredAnswerError):
        deliver(success("name"), TO)
    deliver(success("name"), TO)

    assert len(requests) == 2
    assert {request.get_method() for request in requests} == {"PUT"}
    assert {request.get_header("Content-type") for request in requests} == {""}


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: type(trouble).__name__)
def test_the_address_is_in_no_error(monkeypatch: pytest.MonkeyPatch, trouble: BaseException) -> None:
    network(monkeypatch, *[trouble] * 9)

    with pytest.raises(UndeliveredAnswerError) as caught:
        deliver(success("name"), TO)

    assert "s3cr3t" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert "s3cr3t" not in repr(TO)


@pytest.mark.parametrize(
    ("url", "now", "expected"),
    [
        ("https://x/?X-Amz-Date=20260101T000000Z&X-Amz-Expires=7200", 1767225900.0, 1767225600.0),
        ("https://x/?a=b&X-Amz-Date=20260101T000000Z", 1767225900.0, 1767225600.0),
        ("https://x/?X-Amz-Date=20260101T000000Z", 1767225600.0 + 3601, 1767225600.0 + 3601),
        ("https://x/?X-Amz-Date=20260101T000000Z", 1767225500.0, 1767225500.0),
        ("https://x/?X-Amz-Date=20269999T000000Z", 1767225900.0, 1767225900.0),
        ("https://x/?AWSAccessKeyId=a&Expires=1767232800&Signature=s", 1767225900.0, 1767225600.0),
        ("https://x/?Expires=1", 1767225900.0, 1767225900.0),
    ],
)
def test_the_signed_address_tells_when_cloudformation_began_to_wait(url: str, now: float, expected: float) -> None:
    recipient = Recipient(response_url=url, stack_id="s", request_id="r", logical_id="l")

    assert recipient.asked_at(now) == expected
