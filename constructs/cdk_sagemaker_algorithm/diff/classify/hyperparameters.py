"""Compare hyperparameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.assembly.unresolved import Equality
from cdk_sagemaker_algorithm.diff.classify.accepted_values import accepted_values, range_text
from cdk_sagemaker_algorithm.diff.classify.change import Change, Effect, Impact, Turn, make, unknown
from cdk_sagemaker_algorithm.diff.classify.flags import Flag, flag, spelled_out
from cdk_sagemaker_algorithm.diff.classify.named_lists import Element, Matching, NamedList, by, turn
from cdk_sagemaker_algorithm.diff.classify.scalars import leaf_changes
from cdk_sagemaker_algorithm.model.accepted_values import outside
from cdk_sagemaker_algorithm.model.json_access import Tree, child, members, text_of

_NAMES = ("Name", "Description")
_KNOWN = frozenset({"Name", "Description", "Type", "Range", "IsTunable", "IsRequired", "DefaultValue"})


def _removed(element: Element, old: Tree, matching: Matching) -> Effect:
    accepted = accepted_values(old)
    reason = _because("requests that set it are rejected now", matching.renamed(element.name, _NAMES))
    counterexample = f"{element.name}={accepted.example()}" if accepted else ""
    return Effect(matching.impact(Impact.BREAKING), "removed", reason, counterexample)


def _added(element: Element, new: Tree, matching: Matching) -> Effect:
    hint, required = matching.renamed(element.name, _NAMES), _must_be_set(new)
    if required is False:
        what = "added, with a default" if "DefaultValue" in members(new) else "added, optional"
        return Effect(Impact.COMPATIBLE, what, hint)
    if required is None:
        return Effect(Impact.UNKNOWN, "added", unresolved.explain(None, new))
    reason = _because("requests without it were accepted and are rejected now", hint)
    impact = matching.impact(Impact.BREAKING)
    return Effect(impact, "added, required and without default", reason, f"no {element.name}")


@dataclass(frozen=True, slots=True)
class _Pair:
    """One hyperparameter in BASE and HEAD."""

    element: Element
    old: Tree
    new: Tree

    def changes(self) -> Iterator[Change]:
        yield from self._values()
        yield from self._tunable.compare(self._subject, f"{self.element.path}.IsTunable", self.old, self.new)
        for member, noun, classify in (
            ("IsRequired", "required", self._required),
            ("DefaultValue", "default", self._default),
        ):
            path, values = f"{self.element.path}.{member}", (child(self.old, member), child(self.new, member))
            equality = unresolved.compare(*values)
            if equality is Equality.DIFFERENT:
                yield classify(path, values)
            elif equality is Equality.UNDECIDED:
                yield unknown(self._subject, turn(noun, values), path, values)
        subject, path, sides = self._subject, self.element.path, (self.old, self.new)
        yield from leaf_changes(subject, path, *sides, Impact.DOCUMENTATION, only=frozenset({"Description"}))
        yield from leaf_changes(subject, path, *sides, Impact.BEHAVIOR, without=_KNOWN)

    @property
    def _subject(self) -> str:
        return self.element.subject

    def _values(self) -> Iterator[Change]:
        """Compare type and range together, because both define the accepted values."""
        kinds = (child(self.old, "Type"), child(self.new, "Type"))
        ranges = (child(self.old, "Range"), child(self.new, "Range"))
        findings = [unresolved.compare(*kinds), unresolved.compare(*ranges)]
        if findings == [Equality.EQUAL, Equality.EQUAL]:
            return
        same_type = findings[0] is Equality.EQUAL
        before, after = accepted_values(self.old), accepted_values(self.new)
        path, values = f"{self.element.path}.{'Range' if same_type else 'Type'}", ranges if same_type else kinds
        if before is None or after is None:
            reason = unresolved.explain(ranges[0], ranges[1]) if not _all_decided(*kinds, *ranges) else _UNREADABLE
            yield make(
                Impact.UNKNOWN, self._subject, self._range_turn(same_type=same_type), path, values, reason=reason
            )
            return
        counterexample, what = outside(before, after), self._range_turn(same_type=same_type)
        tuned = not same_type and flag(self.old, "IsTunable") is not False
        if counterexample is not None:
            reason, example = "HEAD rejects values that BASE accepts", f"{self.element.name}={counterexample}"
            yield make(Impact.BREAKING, self._subject, what, path, values, reason=reason, counterexample=example)
        elif tuned:
            kind = text_of(kinds[0])
            reason = f"tuning jobs that set a range of type {kind} are rejected now"
            yield make(
                Impact.BREAKING,
                self._subject,
                what,
                path,
                values,
                reason=reason,
                counterexample=f"tuning {self.element.name}",
            )
        elif outside(after, before) is not None:
            reason = "HEAD accepts all values that BASE accepts"
            yield make(Impact.COMPATIBLE, self._subject, what, path, values, reason=reason)
        else:
            yield make(Impact.NONE, self._subject, what, path, values, reason="the same values in different notation")

    def _range_turn(self, *, same_type: bool) -> Turn:
        old, new = range_text(self.old), range_text(self.new)
        kinds = [text_of(child(tree, "Type"), "not set") for tree in (self.old, self.new)]
        if not same_type:
            texts = [f"{kind} {text}" if text != "any" else kind for kind, text in zip(kinds, (old, new), strict=True)]
            return Turn("type", texts[0], texts[1])
        return Turn("categories" if kinds[0] == "Categorical" else "range", old, new)

    @property
    def _tunable(self) -> Flag:
        return Flag(
            member="IsTunable",
            noun="tunable",
            on=Effect(Impact.COMPATIBLE, "tunable now"),
            off=Effect(
                Impact.BREAKING,
                "no longer tunable",
                "tuning jobs that tune it are rejected now",
                f"tuning {self.element.name}",
            ),
        )

    def _required(self, path: str, values: tuple[Tree | None, Tree | None]) -> Change:
        if flag(self.old, "IsRequired") == flag(self.new, "IsRequired"):
            return spelled_out(self._subject, "required", path, values)
        before, after = _must_be_set(self.old), _must_be_set(self.new)
        if not flag(self.new, "IsRequired"):
            return make(Impact.COMPATIBLE, self._subject, "no longer required", path, values)
        if after is False or before:
            reason = "SageMaker uses the default if a request omits it" if not after else ""
            return make(Impact.COMPATIBLE, self._subject, "required now", path, values, reason=reason)
        impact = Impact.UNKNOWN if before is None or after is None else Impact.BREAKING
        reason = "requests without it were accepted and are rejected now"
        what = "required now, and without default"
        return make(impact, self._subject, what, path, values, reason=reason, counterexample=f"no {self.element.name}")

    def _default(self, path: str, values: tuple[Tree | None, Tree | None]) -> Change:
        old, new = values
        before, after = _must_be_set(self.old), _must_be_set(self.new)
        if new is None:
            what = f"default {text_of(old)!r} removed"
            if after is False:
                reason = "requests without it are accepted, and the container receives no value"
                return make(Impact.BEHAVIOR, self._subject, what, path, values, reason=reason)
            impact = Impact.UNKNOWN if after is None else Impact.BREAKING
            reason = "it is required, and requests without it were accepted"
            return make(
                impact,
                self._subject,
                f"{what}, and required",
                path,
                values,
                reason=reason,
                counterexample=f"no {self.element.name}",
            )
        if old is None:
            what = f"default {text_of(new)!r} added"
            if before:
                reason = "requests could not omit it before"
                return make(Impact.COMPATIBLE, self._subject, what, path, values, reason=reason)
            return make(Impact.BEHAVIOR, self._subject, what, path, values, reason=_DEFAULT)
        turned = Turn("default", repr(text_of(old)), repr(text_of(new)))
        return make(Impact.BEHAVIOR, self._subject, turned, path, values, reason=_DEFAULT)


_UNREADABLE = "the type or the range is invalid, so the accepted values are unknown"
_DEFAULT = "requests without it use this value now"


def _must_be_set(hyperparameter: Tree) -> bool | None:
    """Return whether SageMaker rejects a request without it; None for deploy-time values."""
    default = child(hyperparameter, "DefaultValue")
    symbol = unresolved.whole_symbol(default)
    if default is not None and not (symbol and symbol.optional):
        return False
    required = flag(hyperparameter, "IsRequired")
    return None if symbol and required is not False else required


def _all_decided(*trees: Tree | None) -> bool:
    return all(unresolved.is_decided(tree) for tree in trees)


def _because(*reasons: str) -> str:
    return "; ".join(filter(None, reasons))


HYPERPARAMETERS = NamedList(
    noun="hyperparameter",
    path="TrainingSpecification.SupportedHyperParameters",
    name_of=by("Name"),
    removed=_removed,
    added=_added,
    compare_pair=lambda element, old, new: _Pair(element, old, new).changes(),
)
