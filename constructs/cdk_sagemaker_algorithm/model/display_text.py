"""Prepare text of unknown origin for display.

Definitions, container logs and failure reasons are written by other people. A terminal or a page must show such text
without acting on it, so every command passes it through one function.
"""

from __future__ import annotations

import re

_ESCAPE_SEQUENCE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]"  # CSI: colors, cursor movement
    r"|\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC: window titles, links
    r"|[PX^_][^\x1b]*(?:\x1b\\)?"  # DCS, SOS, PM, APC
    r"|[ -/]*[0-~])"
)
# Control characters, surrogates, and the characters that reorder or hide the text around them.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_UNPRINTABLE_IN_A_LINE = re.compile(f"[\t\n]|{_UNPRINTABLE.pattern}")


def printable(text: str) -> str:
    r"""Return text that a terminal or a page can show as one line.

    Every control character, bidirectional control and invisible character becomes visible as its escape, such as
    ``\u001b``.

    Args:
        text: Text of any origin.
    """
    return _UNPRINTABLE_IN_A_LINE.sub(_escape, text)


def printable_lines(text: str) -> str:
    """Return text that a terminal or a page can show, with its tabs and line ends.

    Terminal escape sequences, such as colors, are removed: container logs are full of them.

    Args:
        text: Text of any origin.
    """
    return _UNPRINTABLE.sub(_escape, _ESCAPE_SEQUENCE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


def log_line(text: str) -> str:
    """Return a line of a log as a terminal leaves it: of a progress bar that redraws itself, the last state.

    Args:
        text: The line without its line end.
    """
    return printable_lines(text.rstrip("\r").rpartition("\r")[2])


def _escape(match: re.Match[str]) -> str:
    number = ord(match.group())
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"  # noqa: PLR2004 - the basic plane


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 error``, ``2 errors``.

    Args:
        noun: The noun in the singular.
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def size_text(size: int) -> str:
    """Return a size as text.

    Args:
        size: The size in bytes.
    """
    value, unit = float(size), "B"
    for larger in ("kB", "MB", "GB"):
        if value < 1000:  # noqa: PLR2004 - SI units
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def number(value: float) -> str:
    """Return the display text of a metric's value."""
    return f"{value:.6g}"
