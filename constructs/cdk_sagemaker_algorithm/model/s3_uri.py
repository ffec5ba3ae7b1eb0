"""Parse S3 URIs."""

from __future__ import annotations

import re
from typing import Final

_URI: Final = re.compile(r"s3://([^/]+)(?:/(.*))?", re.DOTALL)


def split_s3_uri(uri: str) -> tuple[str, str]:
    """Return the bucket and the key or prefix of an S3 URI; two empty strings for other texts.

    A key is everything after the bucket's slash: S3 gives ``?``, ``#`` and further slashes no meaning.

    Args:
        uri: ``s3://bucket`` or ``s3://bucket/key``.
    """
    match = _URI.fullmatch(uri)
    return (match[1], match[2] or "") if match else ("", "")
