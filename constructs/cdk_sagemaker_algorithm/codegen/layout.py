"""Python expressions as a tree, and their layout: the one that ``ruff format`` gives them."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

_INDENT = 4


@dataclass(frozen=True, slots=True)
class Atom:
    """What stands on one line.

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
        opening: All up to and with the opening bracket.
        closing: The closing bracket.
        items: What is inside.
        notes: Comments after the last item.
        imported: The name that the source needs imported; empty if none.
    """

    opening: str
    closing: str
    items: tuple[Item, ...]
    notes: tuple[str, ...] = ()
    imported: str = ""


Expression: TypeAlias = Atom | Text | Group


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a group.

    Attributes:
        value: The item's value.
        prefix: What stands before it, such as ``name=``.
        notes: Comments above it.
    """

    value: Expression
    prefix: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def may_break(self) -> bool:
        """Whether a string here may go over several lines: the formatter leaves it alone after a name alone."""
        return bool(self.prefix)


def call(function: str, arguments: Sequence[Item], notes: Sequence[str] = ()) -> Group:
    """A call.

    Args:
        function: What is called; its first name is imported.
        arguments: The arguments.
        notes: Comments after the last one.
    """
    return Group(f"{function}(", ")", tuple(arguments), tuple(notes), function.partition(".")[0])


def listing(values: Sequence[Expression]) -> Group:
    """A list.

    Args:
        values: Its items.
    """
    return Group("[", "]", tuple(Item(value) for value in values))


def names(expression: Expression) -> Iterator[str]:
    """The names that an expression needs imported, some perhaps more than once.

    Args:
        expression: The expression.
    """
    if isinstance(expression, Text):
        return
    if expression.imported:
        yield expression.imported
    if isinstance(expression, Group):
        for item in expression.items:
            yield from names(item.value)


def lay_out(expression: Expression, *, indent: int, width: int, prefix: str = "", suffix: str = "") -> list[str]:
    """The lines of an expression.

    Args:
        expression: The expression.
        indent: How many spaces are before the first and the last line.
        width: How long a line may be.
        prefix: What stands before it on the first line.
        suffix: What follows it on the last line.
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
    """The lines of an assignment.

    Args:
        name: What is assigned to.
        expression: Its value.
        indent: How many spaces are before the first and the last line.
        width: How long a line may be.
    """
    lines = lay_out(expression, indent=indent, width=width, prefix=f"{name} = ")
    if len(lines) > 1 or columns(lines[0]) <= width:
        return lines
    inner = lay_out(expression, indent=indent + _INDENT, width=width)
    margin = " " * indent
    return [f"{margin}{name} = (", *inner, f"{margin})"] if columns(inner[0]) <= width else lines


def columns(line: str) -> int:
    """How wide a line is shown, which is what the formatter counts.

    Args:
        line: The line.
    """
    if line.isascii():
        return len(line)
    return sum(_columns_of(character) for character in line)


def literal(text: str) -> str:
    """A string's source, quoted as the formatter would; raw if it has backslashes, such as a regex.

    Args:
        text: The string itself.
    """
    if "\\" in text and text.isprintable() and '"' not in text and not text.endswith("\\"):
        return f'r"{text}"'
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + "".join(_escaped(character, quote) for character in text) + quote


def _item(item: Item, indent: int, width: int) -> list[str]:
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


def _broken(item: Item, text: Text, indent: int, width: int) -> list[str]:
    """A long string as several literals, one a line."""
    inner = " " * (indent + _INDENT)
    pieces = [f"{inner}{literal(piece)}" for piece in _pieces(text.value, width - len(inner))]
    if len(pieces) == 1:
        return [f"{' ' * indent}{item.prefix}{literal(text.value)},"]
    return [f"{' ' * indent}{item.prefix}(", *pieces, f"{' ' * indent}),"]


def _pieces(text: str, width: int) -> list[str]:
    """The text cut after spaces, so that each piece's literal fits where that is possible."""
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
    """The expression on one line; None if comments are in the way."""
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
