"""Read the beginning of a transform job's output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_algorithm.model.s3_uri import split_s3_uri
from cdk_sagemaker_algorithm.monitoring import JobSnapshot

_BYTES = 4096
_LINES = 12
_RESULT = ".out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The beginning of a file.

    Attributes:
        uri: The file in S3.
        text: Its beginning; empty if it is not text.
        size: Size of the file in bytes.
        cut: Whether the text is truncated.
    """

    uri: str
    text: str
    size: int
    cut: bool


def transform_sample(s3: Any, job: JobSnapshot) -> Sample | None:
    """Return the beginning of a transform job's first output file.

    Args:
        s3: An S3 client.

    Returns:
        The sample; None if there is no such file.
    """
    bucket, prefix = split_s3_uri(job.output)
    found = _first_result(s3, bucket, prefix, job.created)
    if found is None:
        return None
    key, size = found
    if size == 0:
        return Sample(uri=f"s3://{bucket}/{key}", text="", size=0, cut=False)
    body: bytes = s3.get_object(Bucket=bucket, Key=key, Range=f"bytes=0-{_BYTES - 1}")["Body"].read()
    return _sample(f"s3://{bucket}/{key}", body, size)


def _first_result(s3: Any, bucket: str, prefix: str, since: float) -> tuple[str, int] | None:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Contents", []):
            # Times in S3 are whole seconds.
            if each["Key"].endswith(_RESULT) and each["LastModified"].timestamp() >= since - 1:
                return each["Key"], each["Size"]
    return None


def _sample(uri: str, body: bytes, size: int) -> Sample:
    # A character may be cut in two at the end.
    text = body.decode("utf-8", errors="ignore")
    if "\0" in text or len(text) < len(body) // 2:
        return Sample(uri=uri, text="", size=size, cut=True)
    lines = text.splitlines()
    shown = lines[:_LINES]
    return Sample(uri=uri, text="\n".join(shown), size=size, cut=size > len(body) or len(lines) > len(shown))
