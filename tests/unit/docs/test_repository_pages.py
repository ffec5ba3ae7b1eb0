"""The pages as a repository host shows them: no marks of another markup, and links that lead somewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.support.pages import ROOT

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / ".github").rglob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
#: Marks of MkDocs, of its extensions and of mkdocstrings, and Markdown that is not one.
_MARKS = re.compile(r"!!!|\?\?\?|\{[#:.%{]|--8<--|^:::|^===|\]\(|\*\*|``|<!--", re.MULTILINE)
_HOST_NOTES = re.compile(r"\[!(?:NOTE|TIP|WARNING)\]")


@dataclass
class Shown:
    """What a reader sees of a page."""

    text: list[str] = field(default_factory=list[str])
    anchors: list[str] = field(default_factory=list[str])
    links: list[str] = field(default_factory=list[str])


@cache
def shown(page: Path) -> Shown:
    return show(page.read_text(encoding="utf-8"))


def show(markdown: str) -> Shown:
    result = Shown()
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    for position, token in enumerate(tokens):
        for child in token.children or []:
            if child.type == "text":
                result.text.append(_HOST_NOTES.sub("", child.content))
            elif child.type in ("link_open", "image"):
                result.links.append(str(child.attrs.get("href") or child.attrs.get("src")))
        if token.type == "heading_open":
            result.anchors.append(anchor(tokens[position + 1], result.anchors))
    return result


def anchor(heading: Token, taken: list[str]) -> str:
    """Return the anchor that GitHub gives to a heading."""
    text = "".join(child.content for child in heading.children or [])
    name = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
    number = sum(1 for other in taken if re.fullmatch(rf"{re.escape(name)}(-\d+)?", other))
    return f"{name}-{number}" if name in taken else name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_has_no_marks_of_another_markup(page: Path) -> None:
    assert [text for text in shown(page).text if _MARKS.search(text)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    assert [link for link in shown(page).links if not leads_somewhere(page, link)] == []


def leads_somewhere(page: Path, link: str) -> bool:
    if re.match(r"[a-z]+:", link):
        return True
    path, _, name = link.partition("#")
    target = page.parent / path if path else page
    return target.exists() and (not name or name in shown(target).anchors)


@pytest.mark.parametrize(
    ("markdown", "seen"),
    [
        ("## Install {#install}", ["Install {#install}"]),
        ("::: package.Class", ["::: package.Class"]),
        ("!!! note\n    text", ["!!! note"]),
        ("`{# code #}`", []),
        ("> [!NOTE]\n> A note.", []),
    ],
)
def test_marks_are_found_outside_of_code(markdown: str, seen: list[str]) -> None:
    assert [text for text in show(markdown).text if _MARKS.search(text)] == seen


def test_anchors_are_those_of_the_host() -> None:
    headings = "# A `code` / and more\n\n## 1. First step\n\n## More\n\n## More\n"

    assert show(headings).anchors == ["a-code--and-more", "1-first-step", "more", "more-1"]
