"""Values as people take them in: a repository's address by the repository, long texts by what differs in them."""

from __future__ import annotations

import re
from typing import Final

_LONGEST: Final = 160
_HEAD: Final = 40
_CONTEXT: Final = 50

#: What the CDK makes of a repository's URI, from this stack or from another one's exports.
_REPOSITORY: Final = re.compile(
    r"\$\{Select\(4, \$\{Split\(:, (?P<arn>"
    r"\$\{(?P<id>\w+)\.Arn\}"
    r"|\$\{ImportValue\((?P<stack>[\w-]+):ExportsOutputFnGetAtt(?P<export>\w+)Arn[0-9A-F]{8}\)\}"
    r")\)\}\)\}\.dkr\.ecr\.\$\{Select\(3, \$\{Split\(:, (?P=arn)\)\}\)\}"
    r"\.(?P<suffix>\$\{AWS::URLSuffix\}|[\w.]+)/"
    r"(?:\$\{(?P=id)\}|\$\{ImportValue\((?P=stack):ExportsOutputRef(?P=export)[0-9A-F]{8}\)\})"
)


def readable(text: str) -> str:
    """A text with symbols in the manner of Fn::Sub, where the address of a repository is the repository's name.

    Args:
        text: The text.
    """
    return _REPOSITORY.sub(_repository, text) if ".dkr.ecr." in text else text


def side_by_side(before: str, after: str) -> str:
    """Two texts in one line, each cut where it is too long, but never where they begin to differ.

    Args:
        before: The text before.
        after: The text now.
    """
    shorter = min(len(before), len(after))
    differing = next((at for at in range(shorter) if before[at] != after[at]), shorter)
    return f"{shortened(before, differing)} -> {shortened(after, differing)}"


def shortened(text: str, differing: int = 0) -> str:
    """A text of at most one line.

    Args:
        text: The text.
        differing: Where the place to see begins.
    """
    if len(text) <= _LONGEST:
        return text
    head, start = "", differing - _CONTEXT
    if start > _HEAD:
        head, text = f"{text[:_HEAD]}…", text[start:]
    room = _LONGEST - len(head)
    return head + (text if len(text) <= room else f"{text[: room - 1]}…")


def _repository(found: re.Match[str]) -> str:
    name = found["id"] or f"{found['stack']}/{found['export']}"
    # A suffix that is written out must stay apart from one that is looked up.
    place = "" if found["suffix"].startswith("$") else f" at {found['suffix']}"
    return f"<repository {name}{place}>"
