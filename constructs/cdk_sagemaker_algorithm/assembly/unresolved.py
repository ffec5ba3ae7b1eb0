"""Represent deploy-time values inside canonical strings, and compare such strings.

A symbol is encoded in a string as a self-describing mark. The handler's canonical form therefore works on values of a
template as it does on values from CloudFormation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from cdk_sagemaker_algorithm.assembly.display import readable
from cdk_sagemaker_algorithm_provider.contract.canonical import SETS

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.model.json_access import Json, Tree

SymbolKind = Literal["parameter", "resource", "pseudo", "function", "reference"]

_OPEN, _CLOSE = "\x01", "\x02"
_MARK = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]*){_CLOSE}")


class Equality(StrEnum):
    """Result of an offline comparison of two values."""

    EQUAL = "equal"
    DIFFERENT = "different"
    UNDECIDED = "undecided"


class Source(NamedTuple):
    """Parameter, resource or other source of a value."""

    kind: SymbolKind
    name: str
    identity: str
    detail: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """Deploy-time value.

    Attributes:
        text: Display text in Fn::Sub syntax, such as `${Image}` or `${Role.Arn}`.
        kind: Kind of the source.
        name: Parameter name, logical ID of the resource, or function name.
        identity: Symbols with equal identities have equal values in one deployment.
        detail: Default of the parameter, or type of the resource.
        optional: True if the value can be AWS::NoValue, which means absent.
        leaves: Sources that the value of a function depends on; empty for other symbols.
    """

    text: str
    kind: SymbolKind
    name: str
    identity: str
    detail: str | None = None
    optional: bool = False
    leaves: tuple[Source, ...] = ()

    def encode(self) -> str:
        """Return the mark that represents this symbol in a string."""
        # ensure_ascii turns marks of inner symbols into escapes, so that marks never nest.
        return f"{_OPEN}{json.dumps(asdict(self), sort_keys=True, ensure_ascii=True)}{_CLOSE}"

    def sources(self) -> tuple[Source, ...]:
        """Return the parameters and resources that the value depends on."""
        return self.leaves or (Source(self.kind, self.name, self.identity, self.detail),)


Segment = str | Symbol


def plain(text: str) -> str:
    """Remove the two control characters that delimit marks."""
    return text.replace(_OPEN, "").replace(_CLOSE, "")


def parts(text: str) -> list[Segment]:
    """Split a string into non-empty literals and symbols."""
    pieces: list[Segment] = []
    for index, piece in enumerate(_MARK.split(text)):
        if index % 2:
            pieces.append(_decode(piece))
        elif piece:
            pieces.append(piece)
    return pieces


def _decode(mark: str) -> Symbol:
    fields = json.loads(mark)
    fields["leaves"] = tuple(Source(*leaf) for leaf in fields["leaves"])
    return Symbol(**fields)


def display(text: str) -> str:
    """Return the display text of a string, with symbols in Fn::Sub syntax."""
    return readable("".join(part if isinstance(part, str) else part.text for part in parts(text)))


def display_with_defaults(text: str) -> str:
    """Return the display text of a string, with the default of each parameter."""
    return readable("".join(part if isinstance(part, str) else _with_default(part) for part in parts(text)))


def _with_default(symbol: Symbol) -> str:
    if symbol.kind != "parameter" or symbol.detail is None:
        return symbol.text
    return f"{symbol.text} (default {symbol.detail})"


def identity_of(text: str) -> str:
    """Return a string with the identities of its symbols: equal strings have equal values in one deployment."""
    return "".join(part if isinstance(part, str) else f"{_OPEN}{part.identity}{_CLOSE}" for part in parts(text))


def display_tree(tree: Tree | None) -> Json:
    """Return a value for output, with symbols in Fn::Sub syntax."""
    if isinstance(tree, str):
        return display(tree)
    if isinstance(tree, dict):
        return {name: display_tree(value) for name, value in tree.items()}
    return None if tree is None else [display_tree(value) for value in tree]


def symbols(tree: Tree | None) -> Iterator[Symbol]:
    """Yield every symbol in a value."""
    if isinstance(tree, str):
        yield from (part for part in parts(tree) if isinstance(part, Symbol))
    elif tree is not None:
        for value in tree.values() if isinstance(tree, dict) else tree:
            yield from symbols(value)


def whole_symbol(tree: Tree | None) -> Symbol | None:
    """Return the symbol if the value is exactly one symbol; otherwise None."""
    if not isinstance(tree, str) or _OPEN not in tree:
        return None
    pieces = parts(tree)
    return pieces[0] if len(pieces) == 1 and isinstance(pieces[0], Symbol) else None


def is_decided(tree: Tree | None) -> bool:
    """Return whether a value contains no symbol."""
    return next(symbols(tree), None) is None


def compare(before: Tree | None, after: Tree | None) -> Equality:
    """Compare two values: equal in every deployment, different in every deployment, or undecided."""
    if before is None or after is None:
        return _compare_absent(before, after)
    if isinstance(before, str) and isinstance(after, str):
        return _compare_text(before, after)
    if whole_symbol(before) or whole_symbol(after):
        return Equality.UNDECIDED
    if isinstance(before, dict) and isinstance(after, dict):
        names = [*before, *(name for name in after if name not in before)]
        return _worst(_compare_member(name, before.get(name), after.get(name)) for name in names)
    if isinstance(before, list) and isinstance(after, list):
        return _compare_lists(before, after)
    return Equality.DIFFERENT


def _compare_member(name: str, before: Tree | None, after: Tree | None) -> Equality:
    finding = compare(before, after)
    if finding is not Equality.DIFFERENT or name not in SETS:
        return finding
    # The canonical form sorts sets. A deploy-time value sorts by its mark, so its position can change at deployment.
    old, new = (value if isinstance(value, list) else [] for value in (before, after))
    rest = [element for element in old if element not in new] + [element for element in new if element not in old]
    keys = [element.get(SETS[name]) if isinstance(element, dict) else element for element in rest]
    movable = len(old) == len(new) and any(not is_decided(key) for key in keys)
    return Equality.UNDECIDED if movable else finding


def _compare_absent(before: Tree | None, after: Tree | None) -> Equality:
    if before is None and after is None:
        return Equality.EQUAL
    symbol = whole_symbol(after if before is None else before)
    return Equality.UNDECIDED if symbol and symbol.optional else Equality.DIFFERENT


def _compare_lists(before: list[Tree], after: list[Tree]) -> Equality:
    if len(before) == len(after):
        return _worst(compare(one, other) for one, other in zip(before, after, strict=True))
    vanishing = any(symbol.optional for value in [*before, *after] if (symbol := whole_symbol(value)))
    return Equality.UNDECIDED if vanishing else Equality.DIFFERENT


def _worst(findings: Iterator[Equality]) -> Equality:
    result = Equality.EQUAL
    for finding in findings:
        if finding is Equality.DIFFERENT:
            return finding
        if finding is Equality.UNDECIDED:
            result = finding
    return result


def _compare_text(before: str, after: str) -> Equality:
    if before == after:
        return Equality.EQUAL
    if _OPEN not in before and _OPEN not in after:
        return Equality.DIFFERENT
    one, other = _atoms(before), _atoms(after)
    # Common beginnings and ends cancel out: x + u equals x + v exactly if u equals v.
    start = _common(one, other)
    one, other = one[start:], other[start:]
    end = _common(one[::-1], other[::-1])
    one, other = one[: len(one) - end], other[: len(other) - end]
    if not one and not other:
        return Equality.EQUAL
    if _clash(one, other) or _clash(one[::-1], other[::-1]):
        return Equality.DIFFERENT
    return Equality.UNDECIDED


def _atoms(text: str) -> list[str | tuple[str]]:
    """Split a text into the characters of literals, and a one-tuple with the identity for each symbol."""
    atoms: list[str | tuple[str]] = []
    for part in parts(text):
        atoms.extend(part if isinstance(part, str) else [(part.identity,)])
    return atoms


def _common(one: list[str | tuple[str]], other: list[str | tuple[str]]) -> int:
    length = 0
    while length < min(len(one), len(other)) and one[length] == other[length]:
        length += 1
    return length


def _clash(one: list[str | tuple[str]], other: list[str | tuple[str]]) -> bool:
    """Return whether both begin with different characters, or one ends where the other has a character."""
    if not one or not other:
        return any(isinstance(atom, str) for atom in one or other)
    return isinstance(one[0], str) and isinstance(other[0], str)


def explain(before: Tree | None, after: Tree | None) -> str:
    """Explain which deploy-time values decide whether two values are equal."""
    old = {(source.kind, source.name): source for symbol in symbols(before) for source in symbol.sources()}
    new = {(source.kind, source.name): source for symbol in symbols(after) for source in symbol.sources()}
    reasons = [_changed(old[key], source) if key in old else _comes(source, before) for key, source in new.items()]
    reasons += [_gone(source, after) for key, source in old.items() if key not in new]
    return "; ".join(dict.fromkeys(filter(None, reasons))) or "depends on deploy-time values"


def _changed(old: Source, new: Source) -> str:
    if old.identity == new.identity:
        return ""
    if new.kind == "parameter" and old.detail != new.detail:
        return (
            f"the default of parameter {new.name} changes, {_default(old)} -> {_default(new)}: an existing "
            "stack keeps its current value unless the deployment sets another"
        )
    if new.kind == "resource":
        return f"{_resource(new)} changes too: its value changes if it is replaced"
    return f"{new.kind} {new.name} has another definition now"


def _comes(source: Source, literal: Tree | None) -> str:
    if source.kind == "parameter":
        same = source.detail is not None and literal == source.detail
        hint = "which is the previous value" if same else "which the deployment can override"
        return f"depends on parameter {source.name}, default {_default(source)}, {hint}"
    return f"depends on {_resource(source)}"


def _gone(source: Source, literal: Tree | None) -> str:
    if source.kind == "parameter":
        same = source.detail is not None and literal == source.detail
        hint = ", which is the new value" if same else ""
        return f"depended on parameter {source.name}, default {_default(source)}{hint}"
    return f"depended on {_resource(source)}"


def _resource(source: Source) -> str:
    return f"{source.name} ({source.detail})" if source.kind == "resource" and source.detail else source.name


def _default(source: Source) -> str:
    return "none" if source.detail is None else repr(source.detail)


def tree(value: object) -> Tree:
    """Cast a value in canonical form; the handler's functions do not declare the type."""
    return cast("Tree", value)
