"""Recognize deploy-time values (tokens) without calling the CDK.

The CDK hides a token in a string, in a list of one string, in a special number, or leaves it an object with
``resolve``. Users also write CloudFormation's intrinsic functions as plain dicts.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from typing import Any, TypeGuard

STRING_TOKEN = "${Token["  # noqa: S105 - the marker CDK puts into strings
LIST_TOKEN = "#{Token["  # noqa: S105 - the marker CDK puts into lists

# A double whose upper 16 bits are 0xFBFF is a number token; users do not write such numbers.
_LEAST_NUMBER_TOKEN: float = struct.unpack(">d", b"\xfb\xff\xff\xff\xff\xff\xff\xff")[0]
_GREATEST_NUMBER_TOKEN: float = struct.unpack(">d", b"\xfb\xff\x00\x00\x00\x00\x00\x00")[0]


def is_unresolved(value: object) -> bool:
    """Return whether a value, or part of its text, is a deploy-time value.

    Examines the value itself; see `contains_unresolved` for the content of dicts and lists.

    Returns:
        True for string, list and number tokens, intrinsic functions and `IResolvable` objects.
    """
    if value is None or isinstance(value, bool):
        return False
    if isinstance(value, str):
        return STRING_TOKEN in value or LIST_TOKEN in value
    if isinstance(value, int | float):
        return _LEAST_NUMBER_TOKEN <= value <= _GREATEST_NUMBER_TOKEN
    if _is_mapping(value):
        return is_intrinsic(value)
    if _is_sequence(value):
        return any(isinstance(item, str) and LIST_TOKEN in item for item in value)
    # Interfaces from jsii show their methods on the object only; a Path has another `resolve`.
    return hasattr(value, "resolve") and not isinstance(value, os.PathLike)


def is_intrinsic(value: Mapping[object, object]) -> bool:
    """Return whether a mapping is a CloudFormation intrinsic function, such as ``{"Ref": "Role"}``."""
    if len(value) != 1:
        return False
    (name,) = value
    return isinstance(name, str) and (name == "Ref" or name.startswith("Fn::"))


def contains_unresolved(value: object) -> bool:
    """Return whether a value, or anything inside it, is a deploy-time value."""
    if is_unresolved(value):
        return True
    if _is_mapping(value):
        return any(is_unresolved(key) or contains_unresolved(item) for key, item in value.items())
    if _is_sequence(value):
        return any(contains_unresolved(item) for item in value)
    return False


def _is_mapping(value: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(value, Mapping)


def _is_sequence(value: object) -> TypeGuard[list[Any] | tuple[Any, ...]]:
    return isinstance(value, list | tuple)
