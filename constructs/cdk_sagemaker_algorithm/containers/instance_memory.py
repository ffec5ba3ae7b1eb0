"""The memory of ML instance types, computed from their names."""

from __future__ import annotations

import re
from typing import Final

_TYPE: Final = re.compile(r"ml\.([a-z]+)\d[a-z-]*\.(medium|large|(?P<times>\d*)xlarge)")
#: GiB for each virtual CPU, by family.
_PER_CPU: Final = {"c": 2, "m": 4, "r": 8}


def instance_memory(instance_type: str) -> int | None:
    """Return the memory of an instance type in GiB; None if the name does not determine it.

    Args:
        instance_type: The instance type, such as `ml.m5.large`.
    """
    match = _TYPE.fullmatch(instance_type)
    if match is None or match[1] not in _PER_CPU:
        return None
    cpus = {"medium": 1, "large": 2}.get(match[2]) or 4 * int(match["times"] or 1)
    return cpus * _PER_CPU[match[1]]
