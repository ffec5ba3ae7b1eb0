from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)

from cdk_sagemaker_algorithm_provider.contract import aws_errors
from tests.lifecycle.weather import client_error


def refused(code: str, message: str = "", status: int = 400) -> ClientError:
    return client_error("DescribeAlgorithm", code, message, status)


@pytest.mark.parametrize(
    "error",
    [
        refused("ThrottlingException", "Rate exceeded"),
        refused("RequestLimitExceeded"),
        refused("Anything", status=500),
        refused("Anything", status=503),
        refused("Anything", status=429),
        refused("ExpiredTokenException"),
        ReadTimeoutError(endpoint_url="https://x"),
        ConnectTimeoutError(endpoint_url="https://x"),
        EndpointConnectionError(endpoint_url="https://x"),
        NoCredentialsError(),
    ],
)
def test_what_ends_by_itself_is_transient(error: Exception) -> None:
    assert aws_errors.is_transient(error)
    assert aws_errors.is_aws(error)


@pytest.mark.parametrize(
    "error",
    [
        refused("ValidationException", "bad"),
        refused("AccessDeniedException"),
        ParamValidationError(report="Missing required parameter"),
        ValueError("a mistake of ours"),
        TimeoutError("not AWS's"),
    ],
)
def test_what_stays_is_not_transient(error: Exception) -> None:
    assert not aws_errors.is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        refused("ValidationException", "Could not find entity algorithm/x: Algorithm does not exist"),
        refused("ValidationException", "Algorithm x does not exist."),
        refused("ValidationException", "Couldn't find it"),
        refused("ResourceNotFound", "Requested resource not found."),
        refused("ResourceNotFoundException"),
    ],
)
def test_a_missing_algorithm_is_recognized(error: ClientError) -> None:
    assert aws_errors.is_missing(error)


@pytest.mark.parametrize(
    "error",
    [
        refused("ValidationException", "Cannot delete Algorithm in InProgress status"),
        refused("AccessDeniedException", "role does not exist"),
        refused("ThrottlingException", "not found in cache"),
    ],
)
def test_other_errors_do_not_say_that_it_is_missing(error: ClientError) -> None:
    assert not aws_errors.is_missing(error)


@pytest.mark.parametrize(
    "error",
    [
        refused("ValidationException", "Could not assume role arn:aws:iam::123456789012:role/Validation"),
        refused("AccessDeniedException", "User is not authorized to perform: sagemaker:CreateAlgorithm"),
        refused("ConflictException", "Algorithm x already exists"),
        refused("ResourceInUse", "Algorithm name in use"),
    ],
)
def test_a_refusal_that_often_ends_is_tried_again(error: ClientError) -> None:
    assert aws_errors.passing_cause(error)


def test_a_refusal_for_good_is_not() -> None:
    assert not aws_errors.passing_cause(refused("ValidationException", "The image is in another Region"))


def test_people_read_the_code_and_what_the_service_said() -> None:
    assert aws_errors.message(refused("ValidationException", " bad ")) == "ValidationException: bad"
    assert aws_errors.message(EndpointConnectionError(endpoint_url="https://x")).startswith("EndpointConnectionError: ")
    assert aws_errors.message(ValueError()) == "ValueError"
