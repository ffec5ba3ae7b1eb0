"""Lay out Python expressions like ``ruff format``."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

_INDENT = 4


@dataclass(frozen=True, slots=True)
class Atom:
    """An expression on one line.

    Attributes:
        text: The source.
        imported: The name that the source needs imported; empty if none.
    """

    text: str
    imported: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A string; a long one goes over several lines where that is possible.

    Attributes:
        value: The string itself.
    """

    value: str


@dataclass(frozen=True, slots=True)
class Group:
    """Items in brackets: the arguments of a call, a list, a dict.

    Attributes:
        opening: Text up to the opening bracket, inclusive.
        closing: The closing bracket.
        notes: Comments after the last item.
        imported: The name that the source needs imported; empty if none.
    """

    opening: str
    closing: str
    items: tuple[LayoutItem, ...]
    notes: tuple[str, ...] = ()
    imported: str = ""


Expression: TypeAlias = Atom | Text | Group


@dataclass(frozen=True, slots=True)
class LayoutItem:
    """One item of a group.

    Attributes:
        value: The item's value.
        prefix: Text before it, such as ``name=``.
        notes: Comments above it.
    """

    value: Expression
    prefix: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def may_break(self) -> bool:
        """Whether a string here can go over several lines: the formatter leaves it alone after a name alone."""
        return bool(self.prefix)


def call(function: str, arguments: Sequence[LayoutItem], notes: Sequence[str] = ()) -> Group:
    """Return a call.

    Args:
        function: Name of the function; its first part is imported.
        arguments: Arguments of the call.
        notes: Comments after the last argument.
    """
    return Group(f"{function}(", ")", tuple(arguments), tuple(notes), function.partition(".")[0])


def listing(values: Sequence[Expression]) -> Group:
    """Return a list."""
    return Group("[", "]", tuple(LayoutItem(value) for value in values))


def names(expression: Expression) -> Iterator[str]:
    """Yield the names that an expression imports, possibly repeated."""
    if isinstance(expression, Text):
        return
    if expression.imported:
        yield expression.imported
    if isinstance(expression, Group):
        for item in expression.items:
            yield from names(item.value)


def lay_out(expression: Expression, *, indent: int, width: int, prefix: str = "", suffix: str = "") -> list[str]:
    """Return the lines of an expression.

    Args:
        indent: Spaces before the first and the last line.
        width: Maximum line length.
        prefix: Text before the expression on the first line.
        suffix: Text after the expression on the last line.
    """
    flat = _flat(expression)
    margin = " " * indent
    if flat is not None and columns(line := f"{margin}{prefix}{flat}{suffix}") <= width:
        return [line]
    if isinstance(expression, Group) and (expression.items or expression.notes):
        inside = [line for item in expression.items for line in _item(item, indent + _INDENT, width)]
        notes = _comments(expression.notes, indent + _INDENT, width)
        return [f"{margin}{prefix}{expression.opening}", *inside, *notes, f"{margin}{expression.closing}{suffix}"]
    return [f"{margin}{prefix}{flat}{suffix}"]


def assign(name: str, expression: Expression, *, indent: int, width: int) -> list[str]:
    """Return the lines of an assignment.

    Args:
        name: The variable.
        expression: The assigned value.
        indent: Spaces before the first and the last line.
        width: Maximum line length.
    """
    lines = lay_out(expression, indent=indent, width=width, prefix=f"{name} = ")
    if len(lines) > 1 or columns(lines[0]) <= width:
        return lines
    inner = lay_out(expression, indent=indent + _INDENT, width=width)
    margin = " " * indent
    return [f"{margin}{name} = (", *inner, f"{margin})"] if columns(inner[0]) <= width else lines


def columns(line: str) -> int:
    """Return the display width of a line, which the formatter counts."""
    if line.isascii():
        return len(line)
    return sum(_columns_of(character) for character in line)


def literal(text: str) -> str:
    """Return the literal of a string, quoted like the formatter; raw if it has backslashes, such as a regex."""
    if "\\" in text and text.isprintable() and '"' not in text and not text.endswith("\\"):
        return f'r"{text}"'
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + "".join(_escaped(character, quote) for character in text) + quote


def _item(item: LayoutItem, indent: int, width: int) -> list[str]:
    notes = _comments(item.notes, indent, width)
    lines = lay_out(item.value, indent=indent, width=width, prefix=item.prefix, suffix=",")
    if isinstance(item.value, Text) and item.may_break and columns(lines[0]) > width:
        lines = _broken(item, item.value, indent, width)
    return [*notes, *lines]


def _columns_of(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _comments(notes: Sequence[str], indent: int, width: int) -> list[str]:
    margin = f"{' ' * indent}# "
    return [
        line
        for note in notes
        for line in textwrap.wrap(note, max(width, indent + 40), initial_indent=margin, subsequent_indent=margin)
    ]


def _broken(item: LayoutItem, text: Text, indent: int, width: int) -> list[str]:
    """Return a long string as several literals, one per line."""
    inner = " " * (indent + _INDENT)
    pieces = [f"{inner}{literal(piece)}" for piece in _pieces(text.value, width - len(inner))]
    if len(pieces) == 1:
        return [f"{' ' * indent}{item.prefix}{literal(text.value)},"]
    return [f"{' ' * indent}{item.prefix}(", *pieces, f"{' ' * indent}),"]


def _pieces(text: str, width: int) -> list[str]:
    """Return the text cut after spaces, so that the literal of each piece fits if possible."""
    # A raw and a plain literal beside each other would read badly, and the formatter unifies their quotes.
    if "\\" in text or '"' in text or not text.isprintable():
        return [text]
    pieces = [""]
    for word in text.replace(" ", " \0").split("\0"):
        if pieces[-1] and columns(literal(pieces[-1] + word)) > width:
            pieces.append("")
        pieces[-1] += word
    return pieces


def _flat(expression: Expression) -> str | None:
    """Return the expression on one line; None if it contains comments."""
    if isinstance(expression, Atom):
        return expression.text
    if isinstance(expression, Text):
        return literal(expression.value)
    if expression.notes:
        return None
    parts: list[str] = []
    for item in expression.items:
        flat = _flat(item.value)
        if flat is None or item.notes:
            return None
        parts.append(f"{item.prefix}{flat}")
    return f"{expression.opening}{', '.join(parts)}{expression.closing}"


def _escaped(character: str, quote: str) -> str:
    if character in ("\\", quote):
        return f"\\{character}"
    return character if character.isprintable() else repr(character)[1:-1]
