"""Names of the API in Python's spelling."""

from __future__ import annotations

import re
from functools import lru_cache

_PLURAL_ACRONYM = re.compile(r"[A-Z]{2,}s$")
_CAPITALIZED_WORD = re.compile(r"(.)([A-Z][a-z]+)")
_WORD_AFTER_LOWERCASE = re.compile(r"([a-z0-9])([A-Z])")


@lru_cache(maxsize=1024)
def snake_case(member: str) -> str:
    """The name of an API member as a Python identifier, by the rule that boto3 names its methods with.

    Args:
        member: A member of an API shape, such as ``VolumeSizeInGB``.

    Returns:
        The Python name, such as ``volume_size_in_gb``.
    """
    acronym = _PLURAL_ACRONYM.search(member)
    if acronym:
        member = f"{member[: acronym.start()]}_{acronym.group().lower()}"
    words = _CAPITALIZED_WORD.sub(r"\1_\2", member)
    return _WORD_AFTER_LOWERCASE.sub(r"\1_\2", words).lower()
