"""Show lines of a file with a caret below a column, except lines that can contain a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.rules.rule_finding import NoValue, presentable

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.check.positions import Document, Position

# With the indent and two ellipses, a line fits a terminal of 80 columns.
_WIDTH = 74
_BEFORE = 40


class Excerpts:
    """The lines of one document."""

    def __init__(self, document: Document) -> None:
        """Determine the lines that can contain a secret."""
        self._lines = document.text.split("\n")
        self._hidden = {
            document.position(offset).line
            for path, offset in document.values.items()
            if presentable("", path) is NoValue.HIDDEN
        }

    def at(self, position: Position) -> tuple[str, ...]:
        """Return the line of a position, shortened if it is long, and a caret below the column."""
        line, column = position
        if line in self._hidden or line > len(self._lines):
            return ()
        text = self._lines[line - 1].rstrip("\r").replace("\t", " ")
        start = max(0, column - 1 - _BEFORE) if len(text) > _WIDTH else 0
        shown = text[start : start + _WIDTH]
        before, after = "…" if start else "", "…" if start + _WIDTH < len(text) else ""
        return f"{before}{shown}{after}", f"{' ' * (len(before) + column - 1 - start)}^"
