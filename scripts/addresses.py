"""The project's addresses, from the one place that holds them: `[project.urls]` in pyproject.toml.

Three readers use this module: the build of the package (the README's links on PyPI), the documentation site, and tests.
As long as there is no `Repository`, links that lead out of what is published become plain text, and so do pictures.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[1]
#: A link to a file of the repository, not to an anchor of the same page or an address.
RELATIVE_LINK: Final = re.compile(
    r"(?P<image>!?)\[(?P<text>[^\]]+)\]\((?P<path>(?![a-z]+:|#)[^)#\s]+)(?P<anchor>#[^)\s]*)?\)"
)


def addresses(root: Path = _ROOT) -> Mapping[str, str]:
    """Return the addresses by their names, such as ``Repository`` and ``Documentation``.

    Args:
        root: The repository.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    urls: Mapping[str, str] = project.get("urls", {})
    return urls


def with_absolute_links(markdown: str, repository: str | None, root: Path = _ROOT) -> str:
    """Return a page whose links work outside of the repository.

    Args:
        markdown: The page.
        repository: The repository's address; None turns links into their texts, and pictures of a terminal into text.
        root: Where the page and its pictures are.
    """

    def absolute(link: re.Match[str]) -> str:
        if repository is None:
            return _terminal(root / link["path"]) if link["image"] else link["text"]
        kind = "raw" if link["image"] else "blob"
        target = f"{repository.rstrip('/')}/{kind}/main/{link['path']}{link['anchor'] or ''}"
        return f"{link['image']}[{link['text']}]({target})"

    return RELATIVE_LINK.sub(absolute, markdown)


def _terminal(picture: Path) -> str:
    """Return the text of a picture that scripts/record_pictures.py has recorded."""
    (text,) = re.findall("<desc>(.*?)</desc>", picture.read_text(encoding="utf-8"), re.DOTALL)
    return f"```text\n{unescape(text)}\n```"
