"""The code contains all messages that the documentation quotes."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.conftest import ROOT

TROUBLESHOOTING = ROOT / "docs/troubleshooting.md"
#: What others say: the CDK and CloudFormation.
OTHERS = {
    "Validation failed with the following errors",
    "Cannot use resource … in a cross-environment fashion",
    "cannot be updated as it is in use by",
}
QUOTED = re.findall(r"^### `([^`]+)`", TROUBLESHOOTING.read_text(encoding="utf-8"), re.MULTILINE)


@cache
def templates() -> tuple[str, ...]:
    """Every text of the code, with … for what differs."""
    found = {
        _text(node)
        for root in ("constructs", "lambda")
        for path in (ROOT / root).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
    }
    return tuple(" ".join(each.split()) for each in found)


def _text(node: ast.JoinedStr | ast.Constant) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)


def is_said(message: str) -> bool:
    """Whether one text of the code has all the message's parts, in their order."""
    parts = [part.strip() for part in message.split("…") if part.strip(" :;,()")]
    pattern = re.compile(".*".join(map(re.escape, parts)))
    return any(pattern.search(template) for template in templates())


def test_the_page_quotes_messages() -> None:
    assert len(QUOTED) > 25
    assert set(QUOTED) >= OTHERS


@pytest.mark.parametrize("message", sorted(set(QUOTED) - OTHERS))
def test_a_quoted_message_is_one_of_the_code(message: str) -> None:
    assert is_said(message), f"nothing in the code says {message!r}"


def test_what_nobody_says_is_noticed() -> None:
    assert not is_said("algorithm … cannot be changed: it is written in stone")
