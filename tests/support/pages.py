"""What the documentation holds: its pages, their fenced blocks and the command lines in them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PROGRAM = "cdk-sagemaker-algorithm"

_FENCE = re.compile(
    r"(?:^ *<!-- (?P<note>[^\n]*?) -->\n{1,2})?"
    r"^(?P<indent> *)```(?P<language>\w+)[^\n]*\n(?P<body>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
#: What a shell ends a command with, or sends its output to.
_END = re.compile(r"^(?:[|&;]+|\d?>{1,2}&?\d?|\d>&\d)$")


@dataclass(frozen=True)
class Fence:
    """A fenced block of a page, with the comment in the line above it."""

    page: str
    line: int
    language: str
    body: str
    note: str = ""

    @property
    def id(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def snippet(self) -> str:
        """The file of examples/snippets that the block shows, with the region: ``guide_seller.py:training``."""
        return self.note.removeprefix("snippet: ") if self.note.startswith("snippet: ") else ""


def fences(language: str) -> list[Fence]:
    """All blocks of a language."""
    return [fence for fence in _all_fences() if fence.language == language]


@cache
def _all_fences() -> tuple[Fence, ...]:
    found: list[Fence] = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        found += [
            Fence(
                page=page.relative_to(ROOT).as_posix(),
                line=text.count("\n", 0, match.start("indent")) + 1,
                language=match["language"],
                body=re.sub(f"^{match['indent']}", "", match["body"], flags=re.MULTILINE),
                note=match["note"] or "",
            )
            for match in _FENCE.finditer(text)
        ]
    return tuple(found)


def command_lines(page: Path) -> list[str]:
    """The lines of a page that call this project's program: in blocks, indented or fenced, and between backticks."""
    text = page.read_text(encoding="utf-8")
    lines = [
        line.removesuffix("\\") for line in text.splitlines() if re.match(rf"^\s*(?:- run: |\$ )?{PROGRAM} ", line)
    ]
    return [*lines, *(span for span in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text) if span.startswith(f"{PROGRAM} "))]


def words_of(line: str) -> list[str]:
    """The words of the program's own command: up to what the shell does with it, or to ``--``."""
    words = shlex.split(line, comments=True)
    words = words[words.index(PROGRAM) + 1 :]
    for number, word in enumerate(words):
        if word == "--" or _END.match(word):
            return words[:number]
    return words
