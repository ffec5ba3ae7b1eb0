"""The settings of a transform job: request, /execution-parameters, defaults."""

from __future__ import annotations

import io

import pytest

from cdk_sagemaker_algorithm.containers.relay import HttpResponse
from cdk_sagemaker_algorithm.containers.transform_job import execution_parameters, merged_settings


def answer(body: bytes, status: int = 200) -> HttpResponse:
    return HttpResponse(status=status, body=io.BytesIO(body))


def test_defaults_are_those_of_the_service() -> None:
    settings = merged_settings({}, answer(b"", 404))
    assert (settings.concurrency, settings.payload_in_mb, settings.strategy) == (1, 6, "MULTI_RECORD")


def test_the_request_wins_over_the_container() -> None:
    body = b'{"MaxConcurrentTransforms": 4, "MaxPayloadInMB": 20, "BatchStrategy": "SINGLE_RECORD"}'
    settings = merged_settings({"MaxPayloadInMB": "1"}, answer(body))
    assert (settings.concurrency, settings.payload_in_mb, settings.strategy) == (4, 1, "SINGLE_RECORD")


def test_zero_means_no_limit() -> None:
    assert merged_settings({"MaxPayloadInMB": 0}, answer(b"", 404)).limit > 1 << 60


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"text", "not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"MaxPayloadInMB": "6"}', "MaxPayloadInMB is '6'"),
        (b'{"BatchStrategy": "MultiRecord"}', "BatchStrategy is 'MultiRecord'"),
    ],
)
def test_wrong_execution_parameters_are_named_and_ignored(body: bytes, problem: str) -> None:
    values, text = execution_parameters(body)
    assert values == {}
    assert problem in text


def test_execution_parameters_without_a_response_are_a_problem() -> None:
    settings = merged_settings({}, HttpResponse(error="no complete response within 60 s"))
    assert settings.problem == "no complete response within 60 s"
