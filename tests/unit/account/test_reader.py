"""The reader: named operations only, each question once, at a limited rate, within a time limit."""

from __future__ import annotations

import threading
from itertools import pairwise
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from cdk_sagemaker_algorithm.account.pool import Pool
from cdk_sagemaker_algorithm.account.rate_limit import RateLimit
from cdk_sagemaker_algorithm.account.read_operations import OPERATIONS, AwsEnvironment
from cdk_sagemaker_algorithm.account.reader import NotAllowedError, Reader
from cdk_sagemaker_algorithm.account.responses import CredentialsError, ReadError
from tests.support.account import ACCOUNT, REGION, good
from tests.support.fake_aws import FakeAws, Refusal

HERE = AwsEnvironment(account=ACCOUNT, region=REGION)


def reader(aws: FakeAws, **settings: Any) -> Reader:
    return Reader(aws, HERE, **settings)


def test_an_operation_that_is_not_in_the_table_is_never_called() -> None:
    aws = FakeAws(good())

    with pytest.raises(NotAllowedError, match="s3:GetObject"):
        reader(aws).ask("s3:GetObject", Bucket="forest-data", Key="a")

    assert aws.calls == []


@pytest.mark.parametrize(
    ("service", "method", "parameters"),
    [
        ("s3", "get_object", {"Bucket": "b-b", "Key": "k"}),
        ("s3", "put_object", {"Bucket": "b-b", "Key": "k"}),
        ("ecr", "get_authorization_token", {}),
        ("sts", "assume_role", {"RoleArn": "arn:aws:iam::123456789012:role/Role", "RoleSessionName": "x"}),
    ],
)
def test_a_client_refuses_what_a_reader_may_not_call(service: str, method: str, parameters: dict[str, str]) -> None:
    client = FakeAws({})(service, REGION)

    with pytest.raises(NotAllowedError):
        getattr(client, method)(**parameters)


def test_every_operation_of_the_table_exists_and_reads() -> None:
    aws = FakeAws({})
    for operation in OPERATIONS.values():
        client = aws(operation.service, "us-east-1")
        assert operation.name in client.meta.method_to_api_mapping.values()
        assert operation.name.startswith(("Get", "List", "Describe", "BatchGet", "Head", "Simulate"))


def test_one_question_is_asked_once_by_many_threads() -> None:
    aws = FakeAws(good())
    shared = reader(aws)

    answers = Pool([lambda: shared.ask("s3:HeadBucket", Bucket="forest-data")] * 20, 8).run(60)

    assert len(aws.calls) == 1
    assert len({id(answer) for answer in answers}) == 1


def test_an_error_is_shared_like_a_response() -> None:
    aws = FakeAws({"s3:HeadBucket": Refusal(code="403", status=403)})
    shared = reader(aws)

    for _ in range(2):
        with pytest.raises(ReadError, match=r"not allowed to call s3:ListBucket"):
            shared.ask("s3:HeadBucket", Bucket="forest-data")
    assert len(aws.calls) == 1


def test_four_quotas_are_asked_at_once_and_then_four_a_second() -> None:
    clock = [0.0]

    def wait(seconds: float) -> None:
        clock[0] += seconds

    limit = RateLimit(4, 4, lambda: clock[0], wait)
    starts: list[float] = []
    for _ in range(12):
        limit.wait()
        starts.append(clock[0])

    assert starts[:4] == [0] * 4
    assert starts[-1] == pytest.approx(2)
    # AWS counts five a second at most.
    assert all(sum(start <= each < start + 1 for each in starts) <= 8 for start in starts)
    assert all(later - earlier == pytest.approx(0.25) for earlier, later in pairwise(starts[3:]))


def test_after_the_deadline_no_call_starts() -> None:
    aws = FakeAws(good())

    with pytest.raises(ReadError, match=r"no time was left to call s3:HeadBucket"):
        reader(aws, deadline=1, now=lambda: 2).ask("s3:HeadBucket", Bucket="forest-data")
    assert aws.calls == []


def test_a_pool_ends_at_its_limit_although_a_task_hangs() -> None:
    hanging = threading.Event()

    def slow() -> str:
        hanging.wait(60)
        return "late"

    results = Pool([lambda: "fast", slow], 2).run(0.5)

    assert results == ["fast", None]
    hanging.set()


def test_a_pool_raises_the_error_of_a_task() -> None:
    def fail() -> str:
        raise CredentialsError("expired")

    with pytest.raises(CredentialsError, match="expired"):
        Pool([fail], 2).run(60)


def test_a_configuration_is_downloaded_by_https_only() -> None:
    with pytest.raises(ReadError, match="not an HTTPS URL"):
        reader(FakeAws({})).download("file:///etc/passwd")


@pytest.mark.parametrize(
    ("question", "parameters", "body"),
    [
        ("iam:GetRole", {"RoleName": "Role"}, b"<html><body>proxy</body"),
        ("service-quotas:GetServiceQuota", {"ServiceCode": "sagemaker", "QuotaCode": "L-1"}, b'{"Quota": 7}'),
    ],
)
def test_a_response_that_is_not_aws_s_is_an_answer_that_did_not_come(
    question: str, parameters: dict[str, str], body: bytes
) -> None:
    class Raw:
        """The body of a response, as botocore reads it."""

        def stream(self, **_: Any) -> Any:
            yield body

    def client(service: str, region: str) -> Any:
        session: Any = boto3.session.Session(aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="none")
        real = session.client(service, region_name=region)
        response: Any = AWSResponse

        def respond(**_: Any) -> Any:
            return response("http://127.0.0.1", 200, {}, Raw())

        real.meta.events.register("before-send.*.*", respond)
        return real

    with pytest.raises(ReadError, match="gave a response that is not AWS's"):
        Reader(client, HERE).ask(question, **parameters)
