"""ARNs are read in one way."""

from __future__ import annotations

import pytest

from cdk_sagemaker_algorithm.model.arn import Arn

ROLE = "arn:aws:iam::123456789012:role/path/to/Name"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (ROLE, ("aws", "iam", "", "123456789012", "role/path/to/Name")),
        (
            "arn:aws-cn:sagemaker:cn-north-1:123456789012:algorithm/forest",
            ("aws-cn", "sagemaker", "cn-north-1", "123456789012", "algorithm/forest"),
        ),
        ("arn:aws:s3:::bucket", ("aws", "s3", "", "", "bucket")),
        ("arn:aws:logs:eu-west-1:1:log-group:/a:*", ("aws", "logs", "eu-west-1", "1", "log-group:/a:*")),
        ("arn:*:iam::*:role/Name", ("*", "iam", "", "*", "role/Name")),
    ],
)
def test_parts_of_an_arn(text: str, parts: tuple[str, ...]) -> None:
    arn = Arn.parse(text)

    assert arn is not None
    assert (arn.partition, arn.service, arn.region, arn.account, arn.resource) == parts
    assert str(arn) == text


@pytest.mark.parametrize("text", ["", "forest", "alias/key", "arn:", "arn:aws:iam::123456789012", "arn:aws:iam::1:"])
def test_other_texts_are_no_arn(text: str) -> None:
    assert Arn.parse(text) is None


@pytest.mark.parametrize(
    ("resource", "resource_type", "resource_id"),
    [("role/path/to/Name", "role", "path/to/Name"), ("bucket", "", "bucket"), ("role/", "role", "")],
)
def test_type_and_id(resource: str, resource_type: str, resource_id: str) -> None:
    arn = Arn.parse(f"arn:aws:iam::123456789012:{resource}")

    assert arn is not None
    assert (arn.type, arn.id) == (resource_type, resource_id)


KEY = "arn:aws:kms:eu-west-1:123456789012:key/k"


@pytest.mark.parametrize(
    ("text", "service", "resource_type"),
    [(ROLE, "iam", "role"), ("arn:*:iam::*:role/Name", "iam", "role"), (KEY, "kms", "key")],
)
def test_a_resource_of_a_type(text: str, service: str, resource_type: str) -> None:
    arn = Arn.parse(text)

    assert arn is not None
    assert arn.is_a(service, resource_type)


@pytest.mark.parametrize(
    ("text", "service", "resource_type"),
    [
        (ROLE.replace("role/", "rolex/"), "iam", "role"),
        (ROLE.replace("iam", "ram"), "iam", "role"),
        ("arn:aws:iam::123456789012:role/", "iam", "role"),
        ("arn:aws:iam::123456789012:role/path/", "iam", "role"),
        (ROLE.replace("123456789012", "1234"), "iam", "role"),
        (ROLE.replace("::", ":us-east-1:"), "iam", "role"),
        (KEY.replace("eu-west-1", ""), "kms", "key"),
        (KEY.replace("123456789012", ""), "kms", "key"),
    ],
)
def test_another_resource(text: str, service: str, resource_type: str) -> None:
    arn = Arn.parse(text)

    assert arn is not None
    assert not arn.is_a(service, resource_type)
