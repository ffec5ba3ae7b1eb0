"""The pages avoid words that hide who acts, and use American spelling."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.pages import ROOT

#: Words and phrases, with the replacement.
WORDS = {
    r"mend(s|ed|ing)?": "fix",
    r"anew": "again, replace",
    r"whoever": "name the actor",
    r"nobody('s)?": "no user, orphaned",
    r"somebody('s)?": "another user",
    r"whom": "affected consumers",
    r"shall": "must",
    r"beside": "next to, in addition to, while",
    r"tells?": "return, report, show, distinguish",
    r"told": "reported, notified",
    r"pass(es|ed|ing)? over": "skip",
    r"go(es|ing|ne)? on": "continue",
    r"send around": "HTML report",
    r"in vain": "after all retries",
    r"spoil(s|ed|t)?": "mask",
    r"linger(s|ed|ing)?": "background deletion",
    r"condemned": "pending deletion",
    r"troubles?": "problem, violation",
    r"circles?": "cycle, circular dependency",
    r"whatever": "any, all",
    r"all the same": "anyway",
    r"by and by|again and again|so many": "gradually, repeatedly, a limit with its name",
    r"exclude each other": "are mutually exclusive",
    r"cannot be understood": "is invalid",
    r"allowed are": "allowed:",
    r"gravest": "most severe",
    r"in the place of": "instead of",
    r"has not (got|the)": "does not have",
    r"behaviours?": "behavior",
    r"colours?|recognised": "color, recognized",
    r"licence": "license",
}
WORD_PATTERN = re.compile(rf"\b(?:{'|'.join(WORDS)})\b", re.IGNORECASE)
PAGES = [
    *sorted((ROOT / "docs").rglob("*.md")),
    *(ROOT / name for name in ("README.md", "SECURITY.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "examples").rglob("*.py")),
]
#: Output of the CLI and of the CDK, and headings that quote messages.
_QUOTED = re.compile(r"^ *```(?:text|console)\n.*?^ *```$|^### `.*$", re.MULTILINE | re.DOTALL)


def words_to_avoid(text: str) -> list[str]:
    """Find the words of a page that have a better replacement, with their lines."""
    prose = _QUOTED.sub(lambda quoted: "\n" * quoted.group().count("\n"), text)
    return [
        f"line {prose.count(chr(10), 0, match.start()) + 1}: {match.group()}" for match in WORD_PATTERN.finditer(prose)
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_avoids_the_words(page: Path) -> None:
    assert words_to_avoid(page.read_text(encoding="utf-8")) == []


def test_words_are_found_with_their_lines_outside_of_quotes() -> None:
    page = "# Title\n\n```text\nnobody\n```\n\nValidation goes on, and nobody\nis told.\n"

    assert words_to_avoid(page) == ["line 7: goes on", "line 7: nobody", "line 8: told"]
