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


def test_a_resource_type_is_of_a_service_and_needs_an_id() -> None:
    role, rolex, other, empty = (
        Arn.parse(text)
        for text in (ROLE, ROLE.replace("role/", "rolex/"), ROLE.replace("iam", "ram"), "arn:aws:iam::1:role/")
    )

    assert role is not None
    assert role.is_a("iam", "role")
    assert all(arn is not None and not arn.is_a("iam", "role") for arn in (rolex, other, empty))
