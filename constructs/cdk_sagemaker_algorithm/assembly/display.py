"""Shorten values for display: repository names, differing parts of long texts."""

from __future__ import annotations

import re
from typing import Final

_LONGEST: Final = 160
_HEAD: Final = 40
_CONTEXT: Final = 50

#: Form that the CDK generates for the URI of a repository of this stack, or of another stack's exports.
_REPOSITORY: Final = re.compile(
    r"\$\{Select\(4, \$\{Split\(:, (?P<arn>"
    r"\$\{(?P<id>\w+)\.Arn\}"
    r"|\$\{ImportValue\((?P<stack>[\w-]+):ExportsOutputFnGetAtt(?P<export>\w+)Arn[0-9A-F]{8}\)\}"
    r")\)\}\)\}\.dkr\.ecr\.\$\{Select\(3, \$\{Split\(:, (?P=arn)\)\}\)\}"
    r"\.(?P<suffix>\$\{AWS::URLSuffix\}|[\w.]+)/"
    r"(?:\$\{(?P=id)\}|\$\{ImportValue\((?P=stack):ExportsOutputRef(?P=export)[0-9A-F]{8}\)\})"
)


def readable(text: str) -> str:
    """Replace the generated URI of a repository by the name of the repository."""
    return _REPOSITORY.sub(_repository, text) if ".dkr.ecr." in text else text


def side_by_side(before: str, after: str) -> str:
    """Return two texts in one line, shortened, but never where they begin to differ."""
    shorter = min(len(before), len(after))
    differing = next((at for at in range(shorter) if before[at] != after[at]), shorter)
    return f"{shortened(before, differing)} -> {shortened(after, differing)}"


def shortened(text: str, differing: int = 0) -> str:
    """Shorten a text to 160 characters.

    Args:
        text: Text of any length.
        differing: Index of the part that must stay visible.
    """
    if len(text) <= _LONGEST:
        return text
    head, start = "", differing - _CONTEXT
    if start > _HEAD:
        head, text = f"{text[:_HEAD]}…", text[start:]
    room = _LONGEST - len(head)
    return head + (text if len(text) <= room else f"{text[: room - 1]}…")


def _repository(match: re.Match[str]) -> str:
    name = match["id"] or f"{match['stack']}/{match['export']}"
    # Distinguish a literal suffix from ${AWS::URLSuffix}.
    suffix = "" if match["suffix"].startswith("$") else f" at {match['suffix']}"
    return f"<repository {name}{suffix}>"
