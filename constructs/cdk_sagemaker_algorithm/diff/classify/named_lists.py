"""Lists compared by what is in them: named elements, and choices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.assembly.unresolved import Equality
from cdk_sagemaker_algorithm.diff.classify.change import Change, Impact, Turn, make, undecided
from cdk_sagemaker_algorithm.model.json_tree import Tree, child, elements, text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """Elements of two lists, paired by name.

    Attributes:
        both: Name, element before, element now.
        removed: Name and element of those that went.
        added: Name and element of those that came.
        reordered: The names in both are in another order.
        in_new_order: Name and element of all that are there now.
        certain: Every name is known, so that what went has gone for certain.
    """

    both: list[tuple[str, Tree, Tree]]
    removed: list[tuple[str, Tree]]
    added: list[tuple[str, Tree]]
    reordered: bool
    in_new_order: list[tuple[str, Tree]]
    certain: bool

    def impact(self, impact: Impact) -> Impact:
        """The impact of an element that went or came."""
        return impact if self.certain else Impact.UNDECIDED

    def renamed(self, name: str, names: Sequence[str]) -> str:
        """A hint that an element looks like one that went or came, but for its name."""
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


def match(before: Tree | None, after: Tree | None, name_of: Callable[[Tree], str]) -> Matching:
    """Pair the elements of two lists by name; a name that comes twice is counted."""
    old, new = _named(before, name_of), _named(after, name_of)
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


def _named(tree: Tree | None, name_of: Callable[[Tree], str]) -> dict[str, Tree]:
    found: dict[str, Tree] = {}
    for element in elements(tree):
        name, number = name_of(element), 1
        unique = name
        while unique in found:
            number += 1
            unique = f"{name} (no. {number})"
        found[unique] = element
    return found


def by(member: str) -> Callable[[Tree], str]:
    """Elements are named by one of their members."""
    return lambda element: text_of(child(element, member), "without name")


def opaque(subject: str, path: str, before: Tree | None, after: Tree | None) -> Iterator[Change]:
    """The change of a value that is a symbol as a whole, if that is so and it may be another one."""
    if not unresolved.whole_symbol(before) and not unresolved.whole_symbol(after):
        return
    if unresolved.compare(before, after) is Equality.UNDECIDED:
        what = turn("", (before, after))
        yield undecided(subject, what, path, (before, after))


def is_opaque(before: Tree | None, after: Tree | None) -> bool:
    """Whether one of two values is a symbol as a whole."""
    return bool(unresolved.whole_symbol(before) or unresolved.whole_symbol(after))


def summary(tree: Tree | None) -> str:
    """A value in a few words."""
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
    """Two values in a few words, so that their difference can be seen."""
    return Turn(noun, summary(values[0]), summary(values[1]))


def order_change(subject: str, path: str, names: Sequence[str], values: tuple[Tree | None, Tree | None]) -> Change:
    """Only the order changed, and the service gives it no meaning."""
    what = f"order -> {', '.join(names)}" if len(", ".join(names)) < 120 else "order"  # noqa: PLR2004 - one line
    return make(Impact.NONE, subject, what, path, values, reason="only the order changed")


def presence(subject: str, path: str, before: Tree | None, after: Tree | None) -> Iterator[Change]:
    """A list that is empty on one side and absent on the other."""
    if (before is None) != (after is None) and not elements(before) and not elements(after):
        what = "an empty list -> absent" if after is None else "absent -> an empty list"
        yield make(Impact.NONE, subject, what, path, (before, after), reason="the same, written in another way")


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedValues:
    """A list of texts that a request's value must be one of.

    Attributes:
        subject: What the list belongs to.
        noun: What an element is, in the singular.
        path: The member of CreateAlgorithm.
        request: What a request says to choose an element.
        default: What the list stands for when it is absent or empty; None if any value is accepted then.
    """

    subject: str
    noun: str
    path: str
    request: str
    default: tuple[str, ...] | None = ()

    def compare(self, before: Tree | None, after: Tree | None) -> Iterator[Change]:
        """The changes between two such lists."""
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
            Impact.BREAKING if decided else Impact.UNDECIDED,
            self.subject,
            Turn(f"{self.noun}s", "any", ", ".join(new)),
            self.path,
            values,
            reason="requests with another one were accepted and are refused now",
        )

    def _moves(
        self, old: tuple[str, ...], new: tuple[str, ...], values: tuple[Tree | None, Tree | None]
    ) -> Iterator[Change]:
        gone = [element for element in dict.fromkeys(old) if element not in new]
        come = [element for element in dict.fromkeys(new) if element not in old]
        certain = all(unresolved.is_decided(element) for element in [*gone, *come])
        if gone and not certain:
            what = Turn(f"{self.noun}s", ", ".join(gone), ", ".join(come) or "withdrawn")
            yield undecided(self.subject, what, self.path, values)
            return
        if gone:
            yield make(
                Impact.BREAKING,
                self.subject,
                f"{self._nouns(gone)} withdrawn: {', '.join(gone)}",
                self.path,
                values,
                reason="requests that use it are refused now",
                counterexample=f"{self.request}={gone[0]}",
            )
        if come:
            added = f"{self._nouns(come)} added: {', '.join(come)}"
            yield make(Impact.COMPATIBLE, self.subject, added, self.path, values)

    def _nouns(self, found: Sequence[str]) -> str:
        return self.noun if len(found) == 1 else f"{self.noun}s"

    def _same(self, values: tuple[Tree | None, Tree | None]) -> Change:
        old, new = (tuple(text_of(element) for element in elements(tree)) for tree in values)
        if old and sorted(old) == sorted(new):
            return order_change(self.subject, self.path, new, values)
        reason = "the same ones, written in another way"
        what = turn(f"{self.noun}s", values)
        return make(Impact.NONE, self.subject, what, self.path, values, reason=reason)
