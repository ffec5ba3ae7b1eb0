"""Compare hyperparameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.assembly.unresolved import Equality
from cdk_sagemaker_algorithm.diff.classify.accepted_values import accepted_values, range_text
from cdk_sagemaker_algorithm.diff.classify.change import Change, Impact, Turn, make, unknown
from cdk_sagemaker_algorithm.diff.classify.flags import flag, spelled_out
from cdk_sagemaker_algorithm.diff.classify.named_lists import Matching, by, is_opaque, match, opaque, turn
from cdk_sagemaker_algorithm.diff.classify.scalars import leaf_changes
from cdk_sagemaker_algorithm.model.accepted_values import outside
from cdk_sagemaker_algorithm.model.json_tree import Tree, child, members, text_of

_PATH = "TrainingSpecification.SupportedHyperParameters"
_NAMES = ("Name", "Description")
_KNOWN = frozenset({"Name", "Description", "Type", "Range", "IsTunable", "IsRequired", "DefaultValue"})


def compare_hyperparameters(before: Tree | None, after: Tree | None) -> Iterator[Change]:
    """Yield the changes between two lists of hyperparameters."""
    if is_opaque(before, after):
        yield from opaque("hyperparameters", _PATH, before, after)
        return
    matching = match(before, after, by("Name"))
    for name, old in matching.removed:
        yield _removed(name, old, matching)
    for name, new in matching.added:
        yield _added(name, new, matching)
    for name, old, new in matching.both:
        yield from _Pair(name, old, new).changes()


def _removed(name: str, old: Tree, matching: Matching) -> Change:
    accepted = accepted_values(old)
    return make(
        matching.impact(Impact.BREAKING),
        f"hyperparameter {name}",
        "removed",
        _path(name),
        (old, None),
        reason=_because("requests that set it are rejected now", matching.renamed(name, _NAMES)),
        counterexample=f"{name}={accepted.example()}" if accepted else "",
    )


def _added(name: str, new: Tree, matching: Matching) -> Change:
    hint, required = matching.renamed(name, _NAMES), _must_be_set(new)
    subject, path, values = f"hyperparameter {name}", _path(name), (None, new)
    if required is False:
        what = "added, with a default" if "DefaultValue" in members(new) else "added, optional"
        return make(Impact.COMPATIBLE, subject, what, path, values, reason=hint)
    if required is None:
        return unknown(subject, "added", path, values)
    reason = _because("requests without it were accepted and are rejected now", hint)
    what = "added, required and without default"
    return make(
        matching.impact(Impact.BREAKING), subject, what, path, values, reason=reason, counterexample=f"no {name}"
    )


@dataclass(frozen=True, slots=True)
class _Pair:
    """One hyperparameter in BASE and HEAD."""

    name: str
    old: Tree
    new: Tree

    def changes(self) -> Iterator[Change]:
        if not isinstance(self.old, dict) or not isinstance(self.new, dict):
            yield from opaque(self._subject, _path(self.name), self.old, self.new)
            return
        yield from self._values()
        for member, classify in (
            ("IsTunable", self._tunable),
            ("IsRequired", self._required),
            ("DefaultValue", self._default),
        ):
            values = (child(self.old, member), child(self.new, member))
            finding = unresolved.compare(*values)
            if finding is Equality.DIFFERENT:
                yield classify(f"{_path(self.name)}.{member}", values)
            elif finding is Equality.UNDECIDED:
                what = turn(_NOUNS[member], values)
                yield unknown(self._subject, what, f"{_path(self.name)}.{member}", values)
        yield from leaf_changes(
            self._subject, _path(self.name), self.old, self.new, Impact.DOCUMENTATION, only=frozenset({"Description"})
        )
        yield from leaf_changes(self._subject, _path(self.name), self.old, self.new, Impact.BEHAVIOR, without=_KNOWN)

    @property
    def _subject(self) -> str:
        return f"hyperparameter {self.name}"

    def _values(self) -> Iterator[Change]:
        """Compare type and range together, because both define the accepted values."""
        kinds = (child(self.old, "Type"), child(self.new, "Type"))
        ranges = (child(self.old, "Range"), child(self.new, "Range"))
        findings = [unresolved.compare(*kinds), unresolved.compare(*ranges)]
        if findings == [Equality.EQUAL, Equality.EQUAL]:
            return
        same_type = findings[0] is Equality.EQUAL
        before, after = accepted_values(self.old), accepted_values(self.new)
        path, values = f"{_path(self.name)}.{'Range' if same_type else 'Type'}", ranges if same_type else kinds
        if before is None or after is None:
            reason = unresolved.explain(ranges[0], ranges[1]) if not _all_decided(*kinds, *ranges) else _UNREADABLE
            yield make(
                Impact.UNKNOWN, self._subject, self._range_turn(same_type=same_type), path, values, reason=reason
            )
            return
        counterexample, what = outside(before, after), self._range_turn(same_type=same_type)
        tuned = not same_type and flag(self.old, "IsTunable") is not False
        if counterexample is not None:
            reason, example = "HEAD rejects values that BASE accepts", f"{self.name}={counterexample}"
            yield make(Impact.BREAKING, self._subject, what, path, values, reason=reason, counterexample=example)
        elif tuned:
            kind = text_of(kinds[0])
            reason = f"tuning jobs that set a range of type {kind} are rejected now"
            yield make(
                Impact.BREAKING, self._subject, what, path, values, reason=reason, counterexample=f"tuning {self.name}"
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

    def _tunable(self, path: str, values: tuple[Tree | None, Tree | None]) -> Change:
        old, new = flag(self.old, "IsTunable"), flag(self.new, "IsTunable")
        if old == new:
            return spelled_out(self._subject, "tunable", path, values)
        if old:
            reason, counterexample = "tuning jobs that tune it are rejected now", f"tuning {self.name}"
            return make(
                Impact.BREAKING,
                self._subject,
                "no longer tunable",
                path,
                values,
                reason=reason,
                counterexample=counterexample,
            )
        return make(Impact.COMPATIBLE, self._subject, "tunable now", path, values)

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
        return make(impact, self._subject, what, path, values, reason=reason, counterexample=f"no {self.name}")

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
                counterexample=f"no {self.name}",
            )
        if old is None:
            what = f"default {text_of(new)!r} added"
            if before:
                reason = "requests could not omit it before"
                return make(Impact.COMPATIBLE, self._subject, what, path, values, reason=reason)
            return make(Impact.BEHAVIOR, self._subject, what, path, values, reason=_DEFAULT)
        turned = Turn("default", repr(text_of(old)), repr(text_of(new)))
        return make(Impact.BEHAVIOR, self._subject, turned, path, values, reason=_DEFAULT)


_NOUNS = {"IsTunable": "tunable", "IsRequired": "required", "DefaultValue": "default"}
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


def _path(name: str) -> str:
    return f"{_PATH}[{name}]"
