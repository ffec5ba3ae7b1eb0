"""Output that pages quote: is it what the commands print?"""

from __future__ import annotations

import re

#: What differs between two runs: names that depend on random IDs, times, and the width of what shows progress.
_CHANGING = (
    (re.compile(r"-[0-9a-f]{12}\b"), "-<fingerprint>"),
    (re.compile(r"\bvalidation-[0-9a-f-]{36}"), "<job>"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?: UTC|Z)?"), "<time>"),
    (re.compile(r"\b\d+(?:\.\d+)? k?B\b"), "<size>"),
    # On a busy computer, a server is slow, which is a warning.
    (re.compile(r"[✔!] /ping"), "<mark> /ping"),
    (re.compile(r"\b\d+(?:\.\d+)? (?:ms|s|min|h)\b(?: \d+ (?:s|min)\b)?"), "<duration>"),
)
_COMMAND = "$ "


def masked(line: str) -> str:
    """Return a line without what differs between two runs."""
    for pattern, name in _CHANGING:
        line = pattern.sub(name, line)
    return " ".join(line.split())


def not_printed(quoted: str, output: str) -> list[str]:
    """Return the quoted lines that a command has not printed, in the order of the quote.

    Args:
        quoted: Lines of a page. `…` stands for anything; a line that begins with `$` is a command.
        output: What the commands have printed.
    """
    printed = [masked(line) for line in output.splitlines()]
    missing: list[str] = []
    for line in quoted.splitlines():
        expected = masked(line)
        if not expected.strip("… ") or line.startswith(_COMMAND):
            continue
        pattern = re.compile(".*".join(map(re.escape, expected.split("…"))))
        position = next((number for number, text in enumerate(printed) if pattern.fullmatch(text)), None)
        if position is None:
            missing.append(line)
        else:
            printed = printed[position + 1 :]
    return missing
