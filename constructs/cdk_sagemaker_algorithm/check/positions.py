"""Parse JSON with the position of every value, so that findings have a line and a column."""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from cdk_sagemaker_algorithm.rules.rule_finding import NoValue

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.model.paths import Path
    from cdk_sagemaker_algorithm.rules import RuleFinding

_WHITESPACE = " \t\n\r"


class JsonSyntaxError(Exception):
    """A text is not valid JSON.

    Attributes:
        offset: Offset of the first character that is invalid.
    """

    def __init__(self, message: str, offset: int) -> None:
        """Create the error for an offset."""
        super().__init__(message)
        self.offset = offset


class Position(NamedTuple):
    """A position in a text.

    Attributes:
        line: From 1.
        column: In characters, from 1.
    """

    line: int
    column: int


@dataclass(slots=True)
class Document:
    """A parsed JSON text.

    Attributes:
        text: The source.
        value: The parsed value.
        values: Offset of each value.
        keys: Offset of each key of an object; of duplicate keys, the last one.
        duplicates: Repeated keys, with their offsets.
    """

    text: str
    value: Any = None
    values: dict[Path, int] = field(default_factory=dict["Path", int])
    keys: dict[Path, int] = field(default_factory=dict["Path", int])
    duplicates: list[tuple[Path, int]] = field(default_factory=list[tuple["Path", int]])
    _lines: list[int] = field(default_factory=list[int])

    def position(self, offset: int) -> Position:
        """Return the line and column of an offset."""
        if not self._lines:
            self._lines = [0, *(at + 1 for at, character in enumerate(self.text) if character == "\n")]
        line = bisect_right(self._lines, offset)
        return Position(line, offset - self._lines[line - 1] + 1)

    def locate(self, finding: RuleFinding) -> Position:
        """Return the position of a finding: its value, its key, or the object that lacks a field.

        Args:
            finding: A finding about `value`.
        """
        path = finding.path
        about_key = finding.value is NoValue.MISSING or (path and finding.value == path[-1])
        if about_key and path in self.keys:
            return self.position(self.keys[path])
        while path and path not in self.values:
            path = path[:-1]
        return self.position(self.values.get(path, 0))


def read(text: str) -> Document:
    """Parse a JSON text.

    Raises:
        JsonSyntaxError: If the text is not valid JSON.
    """
    document = Document(text)
    reader = _PositionReader(document)
    try:
        document.value, end = reader.value(reader.skip(0), ())
    except RecursionError:
        raise JsonSyntaxError("the nesting is too deep", 0) from None
    end = reader.skip(end)
    if end < len(text):
        raise JsonSyntaxError("unexpected text after the end of the value", end)
    return document


class _PositionReader:
    """A parser of objects and lists that records positions; the json module parses all other values."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.text = document.text
        self.scalars = json.JSONDecoder(parse_constant=_refuse_constant)

    def skip(self, at: int) -> int:
        while at < len(self.text) and self.text[at] in _WHITESPACE:
            at += 1
        return at

    def value(self, at: int, path: Path) -> tuple[Any, int]:
        """Parse the value at an offset; return the value and the offset after it."""
        self.document.values[path] = at
        opening = self.text[at : at + 1]
        if opening == "{":
            return self._object(at + 1, path)
        if opening == "[":
            return self._list(at + 1, path)
        return self._scalar(at)

    def _scalar(self, at: int) -> tuple[Any, int]:
        try:
            return self.scalars.raw_decode(self.text, at)
        except json.JSONDecodeError as error:
            raise JsonSyntaxError(_in_words(error), error.pos) from None
        except ValueError as error:
            raise JsonSyntaxError(str(error), at) from None

    def _object(self, at: int, path: Path) -> tuple[dict[str, Any], int]:
        members: dict[str, Any] = {}
        at = self.skip(at)
        if self._has(at, "}"):
            return members, at + 1
        while True:
            if not self._has(at, '"'):
                self._expect_more(at, "}", "a key in double quotes")
            name, end = self._scalar(at)
            where = (*path, name)
            if name in members:
                self.document.duplicates.append((where, at))
            self.document.keys[where] = at
            end = self.skip(end)
            if not self._has(end, ":"):
                raise JsonSyntaxError("a colon is missing after the key", end)
            members[name], end = self.value(self.skip(end + 1), where)
            at, ended = self._next(end, "}")
            if ended:
                return members, at

    def _list(self, at: int, path: Path) -> tuple[list[Any], int]:
        items: list[Any] = []
        at = self.skip(at)
        if self._has(at, "]"):
            return items, at + 1
        while True:
            if self._has(at, "]"):
                self._expect_more(at, "]", "a value")
            item, end = self.value(at, (*path, len(items)))
            items.append(item)
            at, ended = self._next(end, "]")
            if ended:
                return items, at

    def _next(self, at: int, closing: str) -> tuple[int, bool]:
        """Skip a comma or the closing bracket; return the next offset, and whether it was the bracket."""
        at = self.skip(at)
        if self._has(at, closing):
            return at + 1, True
        if not self._has(at, ","):
            raise JsonSyntaxError(f"a comma or {closing} is missing", at)
        return self.skip(at + 1), False

    def _expect_more(self, at: int, closing: str, wanted: str) -> NoReturn:
        problem = "there is one comma too many" if self._has(at, closing) else f"{wanted} is missing"
        raise JsonSyntaxError(problem, at)

    def _has(self, at: int, character: str) -> bool:
        return self.text.startswith(character, at)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _in_words(error: json.JSONDecodeError) -> str:
    if error.msg == "Expecting value":
        if not error.doc.strip():
            return "the file is empty"
        if not error.doc[: error.pos].strip():
            return f"it begins with {error.doc[error.pos]!r}; convert YAML and JSON with comments to JSON"
        return "a value is missing" if error.pos < len(error.doc) else "the text ends too early"
    return f"{error.msg[:1].lower()}{error.msg[1:]}".removesuffix(" at").removesuffix(" starting")
