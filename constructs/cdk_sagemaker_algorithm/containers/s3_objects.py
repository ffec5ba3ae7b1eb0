"""Find objects in S3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdk_sagemaker_algorithm_provider.contract import aws_errors


def head_object(client: Any, bucket: str, key: str) -> Mapping[str, Any] | None:
    """Return S3's description of an object; None if the object or its bucket does not exist.

    Args:
        client: An S3 client.
        bucket: Bucket.
        key: Key.
    """
    try:
        description: Mapping[str, Any] = client.head_object(Bucket=bucket, Key=key)
    except client.exceptions.ClientError as error:
        if aws_errors.is_missing(error):
            return None
        raise
    return description
