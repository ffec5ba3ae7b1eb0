"""S3 URIs are read in one way, whatever their keys hold."""

from __future__ import annotations

import pytest

from cdk_sagemaker_algorithm.model.s3_uri import split_s3_uri


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("s3://bucket", ("bucket", "")),
        ("s3://bucket/", ("bucket", "")),
        ("s3://bucket/a/b.csv", ("bucket", "a/b.csv")),
        ("s3://bucket/run#1/x", ("bucket", "run#1/x")),
        ("s3://bucket/what?/x", ("bucket", "what?/x")),
        ("s3://bucket//x", ("bucket", "/x")),
        ("https://bucket/x", ("", "")),
        ("s3://", ("", "")),
    ],
)
def test_bucket_and_key(uri: str, expected: tuple[str, str]) -> None:
    assert split_s3_uri(uri) == expected
