"""Format durations."""

from __future__ import annotations

from typing import Final

_UNITS: Final = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def duration(seconds: float) -> str:
    """Return a duration in its two largest units, such as ``1 h 30 min``; never empty.

    Args:
        seconds: Fractions are rounded; a negative duration counts as zero.
    """
    rest = max(0, round(seconds))
    for index, (name, length) in enumerate(_UNITS):
        if rest >= length:
            smaller, size = _UNITS[min(index + 1, len(_UNITS) - 1)]
            count = rest % length // size
            return f"{rest // length} {name} {count} {smaller}" if count else f"{rest // length} {name}"
    return "0 s"
