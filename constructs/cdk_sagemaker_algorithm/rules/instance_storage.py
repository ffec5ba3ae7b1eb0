"""Derive from the name of an instance type whether it has local storage."""

from __future__ import annotations

import re

# Families with NVMe storage: a "d" among the letters after the number, or one of those below.
_WITH_DISK = re.compile(r"[a-z]+[0-9]+[a-z]*d[a-z]*(-flex)?")
_LOCAL = re.compile(r"g5|g6e?|gr6f?|g7e?|p5(e|en)?|p6e?(-.+)?|trn[12]n?|trn2u|i[3478].*")
_EBS_ONLY = re.compile(
    r"t[23]g?|m4|m5|m[678]g|m[678][ai](-flex)?|c4|c5n?|c[678]gn?|c[678][ai](-flex)?|r5|r[678][ai](-flex)?|p2|p3"
)


def has_local_storage(instance_type: str) -> bool:
    """Return whether an instance type is known to have local NVMe storage.

    Args:
        instance_type: Such as ``ml.g5.xlarge``.
    """
    family = _family(instance_type)
    return _LOCAL.fullmatch(family) is not None or _WITH_DISK.fullmatch(family) is not None


def is_ebs_only(instance_type: str) -> bool:
    """Return whether an instance type is known to have only Amazon EBS storage.

    Args:
        instance_type: Such as ``ml.m5.large``.
    """
    return _EBS_ONLY.fullmatch(_family(instance_type)) is not None


def _family(instance_type: str) -> str:
    parts = instance_type.split(".")
    return parts[1] if len(parts) > 1 else ""
