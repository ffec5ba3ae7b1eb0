"""MkDocs hooks: the site's addresses, and Markdown that a repository host and the site read differently."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from scripts.addresses import addresses

#: Pages that lead out of docs/ in the repository, and their counterparts on the site.
_COUNTERPARTS: Final = {"README.md": "index.md"}
_ROOT: Final = Path(__file__).parents[1]
#: Pages of the site with the content of a file of the repository.
_CONTENT: Final = {"changelog.md": "CHANGELOG.md", "security.md": "SECURITY.md"}
_LINK_OUT: Final = re.compile(r"\[(?P<text>[^\]]+)\]\((?P<up>(?:\.\./)+)(?P<path>[^)#\s]+)(?:#[^)\s]*)?\)")
#: An entry of the reference: a link to a class in its module, with mkdocstrings' options in a comment.
_ENTRY: Final = re.compile(
    r"^- \[`(?P<name>\w+)`\]\(\.\./\.\./constructs/(?P<module>[\w/]+)\.py\)"
    r"(?: <!-- options: \{ (?P<options>.*) \} -->)?$",
    re.MULTILINE,
)
#: Notes in the form of GitHub, `> [!NOTE]`.
_ALERT: Final = re.compile(r"^> \[!(?P<kind>NOTE|TIP|WARNING)\]\n(?P<body>(?:>[^\n]*(?:\n|\Z))+)", re.MULTILINE)


def on_config(config: Any) -> Any:
    """Set the addresses from pyproject.toml; without them, omit repository and edit links.

    Args:
        config: MkDocs' configuration.
    """
    urls = addresses()
    config.site_url = urls.get("Documentation")
    config.repo_url = urls.get("Repository")
    config.edit_uri = "edit/main/docs/" if config.repo_url else None
    return config


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Include files, convert notes and entries of the reference, and replace links that leave docs/ by names.

    Args:
        markdown: The page's source.
        page: MkDocs' page.
    """
    if page.file.src_uri in _CONTENT:
        markdown = _as_page((_ROOT / _CONTENT[page.file.src_uri]).read_text(encoding="utf-8"))
    depth = page.file.src_uri.count("/")

    def _within(link: re.Match[str]) -> str:
        climbed = link["up"].count("../")
        if climbed <= depth:
            return link.group()
        if link["path"] in _COUNTERPARTS:
            return f"[{link['text']}]({'../' * depth}{_COUNTERPARTS[link['path']]})"
        text = link["text"].strip("`")
        return f"`{link['path']}`" if text == link["path"] else f"{link['text']} (`{link['path']}` in the repository)"

    level = 3 if "\n## " in markdown else 2
    markdown = _ENTRY.sub(lambda entry: _directive(entry, level), markdown)
    return _LINK_OUT.sub(_within, _ALERT.sub(_admonition, markdown))


def _directive(entry: re.Match[str], level: int) -> str:
    options = ", ".join(filter(None, [f"heading_level: {level}", entry["options"]]))
    return f"\n::: {entry['module'].replace('/', '.')}.{entry['name']}\n    options: {{ {options} }}\n"


def _admonition(alert: re.Match[str]) -> str:
    lines = [line.removeprefix(">").removeprefix(" ") for line in alert["body"].splitlines()]
    return "\n".join([f"!!! {alert['kind'].lower()}", *(f"    {line}" for line in lines), ""])


def _as_page(markdown: str) -> str:
    """Change links that start at the repository to links that start at docs/."""

    def _from_docs(link: re.Match[str]) -> str:
        path = link["path"].removeprefix("docs/")
        inside = path != link["path"] or (_ROOT / "docs" / path).exists()
        return f"]({'' if inside else '../'}{path}{link['anchor'] or ''})"

    return re.sub(r"\]\((?![a-z]+:|#)(?P<path>[^)#\s]+)(?P<anchor>#[^)\s]*)?\)", _from_docs, markdown)
