"""The pictures of README: each is there, says what it is to show, and loads nothing from elsewhere."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.support.pages import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PICTURES = dict(re.findall(r"!\[([^]]+)\]\((docs/assets/[^)]+)\)", README))
SHOWS = {
    "docs/assets/watch.svg": ("watch --stack Forest", "InProgress", "training"),
    "docs/assets/deploy-failed.svg": ("failed to deploy", "KeyError: 'species'"),
    "docs/assets/preflight.svg": ("preflight --image forest:1.0", "training", "listens-on-loopback"),
    "docs/assets/diff.svg": ("breaking", "new ARN", "0.5 instance-hours"),
}


def test_every_picture_is_known_and_described() -> None:
    assert set(PICTURES.values()) == set(SHOWS)
    assert all(len(text) > 40 for text in PICTURES)


@pytest.mark.parametrize("name", SHOWS)
def test_a_picture_shows_the_run(name: str) -> None:
    svg = (ROOT / name).read_text(encoding="utf-8")
    text = unescape(re.sub(r"<[^>]+>", "", svg)).replace("\xa0", " ")
    assert [each for each in SHOWS[name] if each not in text] == []
    assert not re.search(r"(?:href|src|url)\s*[=(]\s*[\"']?https?:", svg)
