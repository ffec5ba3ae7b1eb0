"""Write the code of examples into the pages that show it; with --check, report outdated pages only.

A page marks a block with a comment in the line above: ``<!-- snippet: getting_started.py -->`` for a file,
``<!-- snippet: guide_seller.py:training -->`` for its part between ``# region training`` and ``# endregion training``.
A path such as ``../tutorials/seller/app.py`` is relative to examples/snippets.
The code is in the page itself, so that the page is complete wherever it is read.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from textwrap import indent
from typing import Final

ROOT: Final = Path(__file__).parent.parent
SNIPPETS: Final = ROOT / "examples" / "snippets"
_BLOCK: Final = re.compile(
    r"^(?P<indent> *)<!-- snippet: (?P<file>[\w./-]+)(?::(?P<region>\w+))? -->\n"
    r"(?P=indent)```(?P<language>\w+)\n.*?^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
#: Comments for tools, not for readers.
_FOR_TOOLS: Final = re.compile(r"^# (?:pyright:|The CDK's own types disagree).*\n+", re.MULTILINE)
_REGION_MARK: Final = re.compile(r"^ *# (?:end)?region \w+\n", re.MULTILINE)


def code_of(file: str, region: str | None = None) -> str:
    """Return the code of a snippet without docstring and region marks.

    Args:
        file: The file's path within examples/snippets.
        region: The region to return. Default: the file without its docstring.

    Raises:
        ValueError: If the file does not have the region exactly once.
    """
    text = (SNIPPETS / file).read_text(encoding="utf-8")
    if region is not None:
        start, end = f"# region {region}\n", f"# endregion {region}\n"
        if text.count(start) != 1 or text.count(end) != 1:
            raise ValueError(f"examples/snippets/{file}: expected the region {region} once")
        text = text.partition(start)[2].partition(end)[0]
    else:
        text = re.sub(r'\A""".*?"""\n+', "", text, count=1, flags=re.DOTALL)
    text = _REGION_MARK.sub("", _FOR_TOOLS.sub("", text)).strip("\n") + "\n"
    return re.sub(r"\n{4,}", "\n\n\n", text)


def written(page: str) -> str:
    """Return a page with current code.

    Args:
        page: The page's Markdown.
    """

    def replaced(block: re.Match[str]) -> str:
        margin = block["indent"]
        name = block["file"] + (f":{block['region']}" if block["region"] else "")
        lines = f"<!-- snippet: {name} -->\n```{block['language']}\n{code_of(block['file'], block['region'])}```"
        return indent(lines, margin)

    return _BLOCK.sub(replaced, page)


def main() -> int:
    """Write the pages, or check them."""
    outdated = 0
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        text = path.read_text(encoding="utf-8")
        current = written(text)
        if current == text:
            continue
        outdated += 1
        if "--check" in sys.argv[1:]:
            print(f"{path.relative_to(ROOT)}: the code differs from examples/snippets; run scripts/write_snippets.py")
        else:
            path.write_text(current, encoding="utf-8")
    return 1 if outdated and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    raise SystemExit(main())
