"""Convert the API's names to Python's spelling."""

from __future__ import annotations

import re
from functools import lru_cache

_PLURAL_ACRONYM = re.compile(r"[A-Z]{2,}s$")
_CAPITALIZED_WORD = re.compile(r"(.)([A-Z][a-z]+)")
_WORD_AFTER_LOWERCASE = re.compile(r"([a-z0-9])([A-Z])")


@lru_cache(maxsize=1024)
def snake_case(member: str) -> str:
    """Return the Python identifier of an API field, formed like boto3's method names.

    Args:
        member: A field such as ``VolumeSizeInGB``.

    Returns:
        Such as ``volume_size_in_gb``.
    """
    acronym = _PLURAL_ACRONYM.search(member)
    if acronym:
        member = f"{member[: acronym.start()]}_{acronym.group().lower()}"
    words = _CAPITALIZED_WORD.sub(r"\1_\2", member)
    return _WORD_AFTER_LOWERCASE.sub(r"\1_\2", words).lower()
