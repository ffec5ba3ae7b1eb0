"""Values that are known at deploy time only, and comparing with them.

A symbol stands inside a string as a self-describing mark, so that the one canonical form, the handler's, works on a
template's values as it does on CloudFormation's.
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
    from cdk_sagemaker_algorithm.model.json_tree import Json, Tree

Kind = Literal["parameter", "resource", "pseudo", "function", "reference"]

_OPEN, _CLOSE = "\x01", "\x02"
_MARK = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]*){_CLOSE}")


class Equality(StrEnum):
    """What can be said about two values offline."""

    EQUAL = "equal"
    DIFFERENT = "different"
    UNDECIDED = "undecided"


class Source(NamedTuple):
    """A parameter, resource or other thing that a value comes from."""

    kind: Kind
    name: str
    identity: str
    detail: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """A value that only a deployment knows.

    Attributes:
        text: What people see, in the manner of Fn::Sub: `${Image}`, `${Role.Arn}`.
        kind: What the value comes from.
        name: The parameter's name, the resource's logical ID, or the function.
        identity: Two symbols of equal identity have equal values in one deployment.
        detail: The parameter's default, or the resource's type.
        optional: The value may be AWS::NoValue, that is absent.
        leaves: What a function's value depends on; empty for a value that is a source itself.
    """

    text: str
    kind: Kind
    name: str
    identity: str
    detail: str | None = None
    optional: bool = False
    leaves: tuple[Source, ...] = ()

    def encode(self) -> str:
        """The mark that stands for this symbol inside a string."""
        # ensure_ascii turns marks of inner symbols into escapes, so that marks never nest.
        return f"{_OPEN}{json.dumps(asdict(self), sort_keys=True, ensure_ascii=True)}{_CLOSE}"

    def sources(self) -> tuple[Source, ...]:
        """The parameters and resources behind the value."""
        return self.leaves or (Source(self.kind, self.name, self.identity, self.detail),)


Part = str | Symbol


def plain(text: str) -> str:
    """Text of a template without the two control characters that marks are made of."""
    return text.replace(_OPEN, "").replace(_CLOSE, "")


def parts(text: str) -> list[Part]:
    """A string as literals and symbols; neighbouring literals are one, and empty ones are left out."""
    found: list[Part] = []
    for index, piece in enumerate(_MARK.split(text)):
        if index % 2:
            found.append(_decode(piece))
        elif piece:
            found.append(piece)
    return found


def _decode(mark: str) -> Symbol:
    fields = json.loads(mark)
    fields["leaves"] = tuple(Source(*leaf) for leaf in fields["leaves"])
    return Symbol(**fields)


def display(text: str) -> str:
    """A string as people know it, symbols in the manner of Fn::Sub."""
    return readable("".join(part if isinstance(part, str) else part.text for part in parts(text)))


def display_tree(tree: Tree | None) -> Json:
    """A value for output, symbols in the manner of Fn::Sub."""
    if isinstance(tree, str):
        return display(tree)
    if isinstance(tree, dict):
        return {name: display_tree(value) for name, value in tree.items()}
    return None if tree is None else [display_tree(value) for value in tree]


def symbols(tree: Tree | None) -> Iterator[Symbol]:
    """Every symbol in a value."""
    if isinstance(tree, str):
        yield from (part for part in parts(tree) if isinstance(part, Symbol))
    elif tree is not None:
        for value in tree.values() if isinstance(tree, dict) else tree:
            yield from symbols(value)


def whole_symbol(tree: Tree | None) -> Symbol | None:
    """The symbol, if the value is one and nothing else."""
    if not isinstance(tree, str) or _OPEN not in tree:
        return None
    found = parts(tree)
    return found[0] if len(found) == 1 and isinstance(found[0], Symbol) else None


def is_decided(tree: Tree | None) -> bool:
    """Whether a value holds no symbol at all."""
    return next(symbols(tree), None) is None


def compare(before: Tree | None, after: Tree | None) -> Equality:
    """Whether two values are equal in every deployment, different in every one, or neither."""
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
    # The canonical form sorts sets, and a deploy-time value sorts by its mark: another value has another place.
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
    # What both begin or end with cancels out: x + u and x + v are equal exactly when u and v are.
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
    """Characters of literals, and a one-tuple with the identity for each symbol."""
    found: list[str | tuple[str]] = []
    for part in parts(text):
        found.extend(part if isinstance(part, str) else [(part.identity,)])
    return found


def _common(one: list[str | tuple[str]], other: list[str | tuple[str]]) -> int:
    length = 0
    while length < min(len(one), len(other)) and one[length] == other[length]:
        length += 1
    return length


def _clash(one: list[str | tuple[str]], other: list[str | tuple[str]]) -> bool:
    """Whether the two begin with different characters, or one ends where the other has a character."""
    if not one or not other:
        return any(isinstance(atom, str) for atom in one or other)
    return isinstance(one[0], str) and isinstance(other[0], str)


def explain(before: Tree | None, after: Tree | None) -> str:
    """Why two values cannot be told apart or taken for equal offline, and what decides it."""
    old = {(source.kind, source.name): source for symbol in symbols(before) for source in symbol.sources()}
    new = {(source.kind, source.name): source for symbol in symbols(after) for source in symbol.sources()}
    reasons = [_changed(old[key], source) if key in old else _comes(source, before) for key, source in new.items()]
    reasons += [_gone(source, after) for key, source in old.items() if key not in new]
    return "; ".join(dict.fromkeys(filter(None, reasons))) or "only the deployment knows the value"


def _changed(old: Source, new: Source) -> str:
    if old.identity == new.identity:
        return ""
    if new.kind == "parameter" and old.detail != new.detail:
        return (
            f"the default of parameter {new.name} changes, {_default(old)} -> {_default(new)}: a stack that exists "
            "keeps its present value unless the deployment gives another"
        )
    if new.kind == "resource":
        return f"{_resource(new)} changes too: its value is another one if it is replaced"
    return f"{new.kind} {new.name} is defined otherwise now"


def _comes(source: Source, literal: Tree | None) -> str:
    if source.kind == "parameter":
        same = source.detail is not None and literal == source.detail
        hint = "which is the value so far" if same else "which the deployment may override"
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
    return "not known" if source.detail is None else repr(source.detail)


def tree(value: object) -> Tree:
    """A value of the canonical form; the handler's code does not carry the type."""
    return cast("Tree", value)
