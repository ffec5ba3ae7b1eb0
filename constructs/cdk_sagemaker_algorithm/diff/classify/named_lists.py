"""Compare lists by content: named elements and sets of allowed values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.assembly.unresolved import Equality
from cdk_sagemaker_algorithm.diff.classify.change import Change, Effect, Impact, Turn, make, unknown
from cdk_sagemaker_algorithm.model.json_access import Tree, child, elements, text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """Elements of two lists, paired by name.

    Attributes:
        both: Name, element in BASE, element in HEAD.
        removed: Name and element of BASE only.
        added: Name and element of HEAD only.
        reordered: True if the common names are in another order.
        in_new_order: Name and element of HEAD, in its order.
        certain: True if no name of a removed or added element is a deploy-time value.
    """

    both: list[tuple[str, Tree, Tree]]
    removed: list[tuple[str, Tree]]
    added: list[tuple[str, Tree]]
    reordered: bool
    in_new_order: list[tuple[str, Tree]]
    certain: bool

    def impact(self, impact: Impact) -> Impact:
        """Return the impact of a removed or added element; UNKNOWN if names are deploy-time values."""
        return impact if self.certain else Impact.UNKNOWN

    def renamed(self, name: str, names: Sequence[str]) -> str:
        """Return a hint if exactly one element on the other side differs in name only."""
        gone, come = dict(self.removed), dict(self.added)
        pool, element = (come, gone[name]) if name in gone else (gone, come[name])
        twins = [other for other in pool if _without(pool[other], names) == _without(element, names)]
        if len(twins) != 1:
            return ""
        return f"looks like a renaming {'to' if name in gone else 'of'} {twins[0]}"


def _without(element: Tree, names: Sequence[str]) -> Tree:
    return (
        {name: value for name, value in element.items() if name not in names} if isinstance(element, dict) else element
    )


def match(
    before: Tree | None, after: Tree | None, name_of: Callable[[Tree], str], *, by_position: bool = False
) -> Matching:
    """Pair the elements of two lists by name; repeated names are numbered.

    Args:
        before: List in BASE.
        after: List in HEAD.
        name_of: Function that names an element.
        by_position: True pairs elements with a repeated name by their position; False pairs equal elements first.
    """
    old, new = elements(before), elements(after)
    if not by_position:
        old, new = _equal_first(old, new), _equal_first(new, old)
    return _matching(_named(old, name_of), _named(new, name_of))


def _equal_first(one: Sequence[Tree], other: Sequence[Tree]) -> list[Tree]:
    """Return the elements of a set: those that the other set has too, then the rest."""
    left, shared, rest = list(other), list[Tree](), list[Tree]()
    for element in one:
        if element in left:
            left.remove(element)
            shared.append(element)
        else:
            rest.append(element)
    return [*shared, *rest]


def _matching(old: dict[str, Tree], new: dict[str, Tree]) -> Matching:
    kept = [name for name in old if name in new]
    removed = [(name, old[name]) for name in old if name not in new]
    added = [(name, new[name]) for name in new if name not in old]
    return Matching(
        both=[(name, old[name], new[name]) for name in kept],
        removed=removed,
        added=added,
        reordered=kept != [name for name in new if name in old],
        in_new_order=list(new.items()),
        certain=all(unresolved.is_decided(name) for name, _ in [*removed, *added]),
    )


def _named(listed: Sequence[Tree], name_of: Callable[[Tree], str]) -> dict[str, Tree]:
    named: dict[str, Tree] = {}
    for element in listed:
        name, number = name_of(element), 1
        unique = name
        while unique in named:
            number += 1
            unique = f"{name} (no. {number})"
        named[unique] = element
    return named


def by(member: str) -> Callable[[Tree], str]:
    """Return a function that names an element by one of its fields."""
    return lambda element: text_of(child(element, member), "without name")


def opaque(subject: str, path: str, before: Tree | None, after: Tree | None) -> Iterator[Change]:
    """Yield a change if a side is one deploy-time value as a whole and can differ."""
    if not unresolved.whole_symbol(before) and not unresolved.whole_symbol(after):
        return
    if unresolved.compare(before, after) is Equality.UNDECIDED:
        what = turn("", (before, after))
        yield unknown(subject, what, path, (before, after))


def is_opaque(before: Tree | None, after: Tree | None) -> bool:
    """Return whether a side is one deploy-time value as a whole."""
    return bool(unresolved.whole_symbol(before) or unresolved.whole_symbol(after))


def summary(tree: Tree | None) -> str:
    """Return a short display text of a value."""
    if tree is None:
        return "absent"
    if isinstance(tree, str):
        return unresolved.display(tree) or "empty"
    if isinstance(tree, list):
        if all(isinstance(element, str) for element in tree):
            return ", ".join(unresolved.display(text_of(element)) for element in tree) or "empty"
        return f"{len(tree)} element{'' if len(tree) == 1 else 's'}"
    return f"{{{', '.join(tree)}}}"


def turn(noun: str, values: tuple[Tree | None, Tree | None]) -> Turn:
    """Return the change from one value to another with short display texts."""
    before, after = map(summary, values)
    if before == after and all(isinstance(value, str) for value in values):
        # The same parameter with another default.
        before, after = (unresolved.display_with_defaults(text_of(value)) for value in values)
    return Turn(noun, before, after)


def order_change(subject: str, path: str, names: Sequence[str], values: tuple[Tree | None, Tree | None]) -> Change:
    """Return the change of an order that has no meaning for SageMaker."""
    what = f"order -> {', '.join(names)}" if len(", ".join(names)) < 120 else "order"  # noqa: PLR2004 - one line
    return make(Impact.NONE, subject, what, path, values, reason="only the order changed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """An element of a list that has a name.

    Attributes:
        name: Name of the element.
        subject: Display name, such as `channel train`.
        path: Path of the element in CreateAlgorithm.
    """

    name: str
    subject: str
    path: str


def always(effect: Effect) -> Callable[[Element, Tree, Matching], Effect]:
    """Return a function that returns the effect for each element."""

    def effect_of(_element: Element, _tree: Tree, _matching: Matching) -> Effect:
        return effect

    return effect_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedList:
    """A list with elements that have names, and the meaning of its changes.

    Attributes:
        noun: Display name of one element.
        path: Path of the list in CreateAlgorithm.
        name_of: Function that names an element.
        removed: Returns the effect of an element that only BASE has.
        added: Returns the effect of an element that only HEAD has.
        compare_pair: Yields the changes of an element that both have; None if the name says all.
        order: Effect of another order; None if the order has no meaning.
        by_position: True pairs elements with a repeated name by their position; False pairs equal elements first.
    """

    noun: str
    path: str
    name_of: Callable[[Tree], str]
    removed: Callable[[Element, Tree, Matching], Effect]
    added: Callable[[Element, Tree, Matching], Effect]
    compare_pair: Callable[[Element, Tree, Tree], Iterator[Change]] | None = None
    order: Effect | None = None
    by_position: bool = False

    def compare(self, before: Tree | None, after: Tree | None) -> Iterator[Change]:
        """Yield the changes between two lists."""
        subject = f"{self.noun}s"
        if is_opaque(before, after):
            yield from opaque(subject, self.path, before, after)
            return
        matching = match(before, after, self.name_of, by_position=self.by_position)
        for name, old in matching.removed:
            element = self._element(name)
            yield self.removed(element, old, matching).change(element.subject, element.path, (old, None))
        for name, new in matching.added:
            element = self._element(name)
            yield self.added(element, new, matching).change(element.subject, element.path, (None, new))
        for name, old, new in matching.both if self.compare_pair else ():
            element = self._element(name)
            if is_opaque(old, new):
                yield from opaque(element.subject, element.path, old, new)
            elif self.compare_pair:
                yield from self.compare_pair(element, old, new)
        if matching.reordered and self.order:
            yield self.order.change(subject, self.path, (before, after))
        if (before is None) != (after is None) and not elements(before) and not elements(after):
            what = "an empty list -> absent" if after is None else "absent -> an empty list"
            reason = "the same value in different notation"
            yield make(Impact.NONE, subject, what, self.path, (before, after), reason=reason)

    def _element(self, name: str) -> Element:
        return Element(name=name, subject=f"{self.noun} {name}", path=f"{self.path}[{name}]")


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedValues:
    """List of the values that a request can use.

    Attributes:
        subject: Element that the list belongs to.
        noun: Noun for one value, in the singular.
        path: Path of the list in CreateAlgorithm.
        request: Field of a request that selects a value.
        default: Meaning of an absent or empty list; None if it accepts any value.
    """

    subject: str
    noun: str
    path: str
    request: str
    default: tuple[str, ...] | None = ()

    def compare(self, before: Tree | None, after: Tree | None) -> Iterator[Change]:
        """Yield the changes between two lists of allowed values."""
        if is_opaque(before, after):
            yield from opaque(self.subject, self.path, before, after)
            return
        values = (before, after)
        old, new = (self._meaning(tree) for tree in values)
        changed = False
        if old is None and new is not None:
            changed = True
            yield self._narrowed(new, values)
        elif old is not None and new is None:
            changed = True
            what = Turn(f"{self.noun}s", ", ".join(old), "any")
            yield make(Impact.COMPATIBLE, self.subject, what, self.path, values, reason="an empty list accepts any")
        elif old is not None and new is not None:
            for change in self._moves(old, new, values):
                changed = True
                yield change
        if not changed and unresolved.compare(before, after) is not Equality.EQUAL:
            yield self._same(values)

    def _meaning(self, tree: Tree | None) -> tuple[str, ...] | None:
        return tuple(text_of(element) for element in elements(tree)) or self.default

    def _narrowed(self, new: tuple[str, ...], values: tuple[Tree | None, Tree | None]) -> Change:
        decided = all(unresolved.is_decided(element) for element in new)
        return make(
            Impact.BREAKING if decided else Impact.UNKNOWN,
            self.subject,
            Turn(f"{self.noun}s", "any", ", ".join(new)),
            self.path,
            values,
            reason="requests with other values were accepted and are rejected now",
        )

    def _moves(
        self, old: tuple[str, ...], new: tuple[str, ...], values: tuple[Tree | None, Tree | None]
    ) -> Iterator[Change]:
        gone = [element for element in dict.fromkeys(old) if element not in new]
        come = [element for element in dict.fromkeys(new) if element not in old]
        certain = all(unresolved.is_decided(element) for element in [*gone, *come])
        if gone and not certain:
            what = Turn(f"{self.noun}s", ", ".join(gone), ", ".join(come) or "withdrawn")
            yield unknown(self.subject, what, self.path, values)
            return
        if gone:
            yield make(
                Impact.BREAKING,
                self.subject,
                f"{self._nouns(gone)} withdrawn: {', '.join(gone)}",
                self.path,
                values,
                reason="requests that use it are rejected now",
                counterexample=f"{self.request}={gone[0]}",
            )
        if come:
            added = f"{self._nouns(come)} added: {', '.join(come)}"
            yield make(Impact.COMPATIBLE, self.subject, added, self.path, values)

    def _nouns(self, values: Sequence[str]) -> str:
        return self.noun if len(values) == 1 else f"{self.noun}s"

    def _same(self, values: tuple[Tree | None, Tree | None]) -> Change:
        reason = "the same values in different notation"
        what = turn(f"{self.noun}s", values)
        return make(Impact.NONE, self.subject, what, self.path, values, reason=reason)
