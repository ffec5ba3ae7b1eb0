"""The comparison of two sides as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.assembly.algorithms import Algorithm
from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.assembly.stack import Stack
from cdk_sagemaker_algorithm.assembly.unresolved import Equality
from cdk_sagemaker_algorithm.diff.classify.change import Change, Impact, make, worst
from cdk_sagemaker_algorithm.diff.classify.definition import compare_definitions
from cdk_sagemaker_algorithm.diff.classify.settings import compare_settings, is_kept
from cdk_sagemaker_algorithm.diff.exports import ExportInUse, Exports, in_use_reasons
from cdk_sagemaker_algorithm.diff.pairing import Pairing, pair
from cdk_sagemaker_algorithm.diff.replacement import Judgement, Verdict, judge, timeout_seconds
from cdk_sagemaker_algorithm.diff.validation_cost import ValidationCost, cost_of
from cdk_sagemaker_algorithm_provider.contract.durations import duration

#: The order in which people want to see them.
_ORDER: Final = (
    Verdict.REFUSED,
    Verdict.REMOVED,
    Verdict.REPLACED,
    Verdict.MOVED,
    Verdict.UNDECIDED,
    Verdict.CREATED,
    Verdict.CHANGED_IN_PLACE,
    Verdict.UNCHANGED,
)
_REPLACING: Final = (Verdict.REPLACED, Verdict.MOVED, Verdict.REFUSED)
_VALIDATING: Final = (Verdict.CREATED, Verdict.REPLACED, Verdict.MOVED, Verdict.UNDECIDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmDiff:
    """What happens to one algorithm.

    Attributes:
        path: Its construct path, or its logical ID where the template has no metadata.
        stack: The stack, as people call it.
        logical_id: Its logical ID.
        verdict: What a deployment does to it.
        reasons: Why, in sentences without a period.
        changes: What changed, what meets consumers most first.
        notes: What else there is to know.
        cost: What a validation runs; None where none is run.
        waiting: How long the deployment waits for its validation at most, in seconds; None if it does not wait.
        region: The region that it is validated in; None if the assembly does not say it.
        moved_from: The path that a moved one had before.
    """

    path: str
    stack: str
    logical_id: str
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    cost: ValidationCost | None = None
    waiting: int | None = None
    region: str | None = None
    moved_from: str | None = None

    @property
    def impact(self) -> Impact:
        """The gravest impact of its changes."""
        return worst(self.changes)

    @property
    def impacts(self) -> tuple[Impact, ...]:
        """All impacts of its changes, the gravest first."""
        return tuple(impact for impact in Impact if any(change.impact is impact for change in self.changes))

    @property
    def replaces(self) -> bool:
        """Whether an algorithm that exists gives way to another, or would have to."""
        return self.verdict in _REPLACING


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What happens to the algorithms of an app.

    Attributes:
        algorithms: One entry for each, the gravest verdict first.
    """

    algorithms: tuple[AlgorithmDiff, ...]

    @property
    def impact(self) -> Impact:
        """The gravest impact of all changes."""
        return worst(change for algorithm in self.algorithms for change in algorithm.changes)

    @property
    def impacts(self) -> tuple[Impact, ...]:
        """All impacts of all changes, the gravest first."""
        found = {impact for algorithm in self.algorithms for impact in algorithm.impacts}
        return tuple(impact for impact in Impact if impact in found)

    @property
    def changed(self) -> bool:
        """Whether a deployment does anything, or may do so."""
        return any(algorithm.verdict is not Verdict.UNCHANGED for algorithm in self.algorithms)

    @property
    def new_arn(self) -> bool:
        """Whether any algorithm is deleted and has a successor with another ARN."""
        return Impact.NEW_ARN in self.impacts

    @property
    def refused(self) -> bool:
        """Whether CloudFormation or the handler rejects the deployment for certain."""
        return any(algorithm.verdict is Verdict.REFUSED for algorithm in self.algorithms)

    @property
    def waiting(self) -> int | None:
        """How long the deployment waits at most, in seconds: algorithms are validated at the same time."""
        return max((algorithm.waiting for algorithm in self.algorithms if algorithm.waiting), default=None)

    @property
    def breaking(self) -> bool:
        """Whether a request that was accepted would be refused."""
        return self.impact is Impact.BREAKING

    @property
    def replacement(self) -> bool:
        """Whether any algorithm that exists gives way to another, or would have to."""
        return any(algorithm.replaces for algorithm in self.algorithms)

    @property
    def undecided(self) -> bool:
        """Whether anything hangs on what only the deployment knows."""
        return any(
            algorithm.verdict is Verdict.UNDECIDED
            or any(change.impact is Impact.UNDECIDED for change in algorithm.changes)
            for algorithm in self.algorithms
        )

    def count(self, verdict: Verdict) -> int:
        """How many algorithms have a verdict."""
        return sum(algorithm.verdict is verdict for algorithm in self.algorithms)

    @property
    def instance_hours(self) -> float:
        """The worst case of all validations that have a limit."""
        return sum(algorithm.cost.instance_hours for algorithm in self.algorithms if algorithm.cost)

    @property
    def limited(self) -> bool:
        """Whether all validations have a limit."""
        return all(algorithm.cost.limited for algorithm in self.algorithms if algorithm.cost)


def compare(base: Sequence[Stack], head: Sequence[Stack]) -> Report:
    """Compare the algorithms of two apps.

    Args:
        base: The stacks before, as `load` reads them.
        head: The stacks now.

    Returns:
        What a deployment of HEAD does to what BASE has deployed.

    Raises:
        InputError: The two do not fit together, or their values cannot be resolved within limits.
    """
    try:
        pairing = pair(base, head)
        exports = Exports(base, head)
    except RecursionError as error:
        raise InputError("the values of the templates refer to each other too deeply to be resolved") from error
    held = _held_names(pairing)
    origins = {id(new): old for old, new in pairing.moves}
    moved = {id(old) for old, _ in pairing.moves}
    found = [_updated(before, after, held, exports) for before, after in pairing.both]
    found += [_removed(algorithm, pairing, exports) for algorithm in pairing.removed if id(algorithm) not in moved]
    for algorithm in pairing.added:
        origin = origins.get(id(algorithm))
        created = _created(algorithm, held, origin)
        found.append(created if origin is None else _moved(origin, algorithm, created, pairing, exports))
    impacts = list(Impact)
    found.sort(key=lambda entry: (_ORDER.index(entry.verdict), impacts.index(entry.impact), entry.path))
    return Report(algorithms=tuple(found))


_Held = dict[tuple[tuple[str | None, ...], str], Algorithm]


def _held_names(pairing: Pairing) -> _Held:
    """The exact names that algorithms of BASE have, by stack; nothing frees them before an update is done."""
    before = [*(old for old, _ in pairing.both), *pairing.removed]
    return {(old.stack.identity, old.explicit_name): old for old in before if old.explicit_name}


def _entry(algorithm: Algorithm, judgement: Judgement, changes: Sequence[Change]) -> AlgorithmDiff:
    order = list(Impact)
    return AlgorithmDiff(
        path=algorithm.path,
        stack=algorithm.stack.label,
        logical_id=algorithm.logical_id,
        verdict=judgement.verdict,
        reasons=judgement.reasons,
        changes=tuple(sorted(changes, key=lambda change: order.index(change.impact))),
        region=algorithm.stack.region,
    )


def _validated(entry: AlgorithmDiff, algorithm: Algorithm) -> AlgorithmDiff:
    """The entry with what its validation takes, if one is run."""
    if entry.verdict not in _VALIDATING:
        return entry
    cost = cost_of(algorithm.content)
    notes = entry.notes
    if cost.public:
        notes = (*notes, "it is certified for the AWS Marketplace: the data of its profile becomes visible to buyers")
    return replace(entry, cost=cost, notes=notes, waiting=timeout_seconds(algorithm) if cost.jobs else None)


def _updated(before: Algorithm, after: Algorithm, held: _Held, exports: Exports) -> AlgorithmDiff:
    judgement = judge(before, after)
    holder = held.get((after.stack.identity, after.explicit_name))
    if holder is not None and holder.key != after.key and judgement.verdict is Verdict.REPLACED:
        judgement = _name_is_held(after, holder)
    changes = [*compare_definitions(before.content, after.content), *compare_settings(before, after)]
    notes = [*_same_place(before, after), *_update_notes(judgement.verdict, before, after, changes)]
    if judgement.verdict is Verdict.REPLACED and not before.explicit_name and not is_kept(after.replace_policy):
        changes.append(_new_arn(after))
    if judgement.verdict in (Verdict.REPLACED, Verdict.UNDECIDED):
        judgement = _with_exports(judgement, exports.in_use(before), after, notes)
    return _validated(replace(_entry(after, judgement, changes), notes=tuple(notes)), after)


def _new_arn(after: Algorithm) -> Change:
    if after.waits:
        when = "after the new one passes validation"
    else:
        when = "although the new one may fail validation, because the stack does not wait"
    what = f"new name and ARN; the old algorithm is deleted {when}"
    reason = "update all that names the old one: pipelines, tuning jobs, Marketplace listings, ARNs in code"
    return make(Impact.NEW_ARN, "algorithm", what, "AlgorithmName", reason=reason)


def _with_exports(judgement: Judgement, uses: Sequence[ExportInUse], after: Algorithm, notes: list[str]) -> Judgement:
    """The judgement, given that other stacks import values of the algorithm that would change."""
    if not uses:
        return judgement
    blocking = [use for use in uses if use.still_depends]
    for importer in dict.fromkeys(use.importer for use in uses if not use.still_depends):
        first = f"deploy stack {importer} first (cdk deploy --exclusively {importer})"
        gone = f"destroy stack {importer} first (cdk destroy {importer})"
        here = any(use.in_head for use in uses if use.importer == importer)
        notes.append(
            f"stack {importer} imports its ARN or name until it is updated, and CloudFormation rejects a change of an "
            f"export in use: {first if here else gone}"
        )
    if not blocking:
        return judgement
    seconds = timeout_seconds(after)
    reasons = in_use_reasons(blocking, waits=duration(seconds) if seconds else "")
    if judgement.verdict is Verdict.UNDECIDED:
        return replace(judgement, reasons=(*judgement.reasons, *reasons))
    return Judgement(verdict=Verdict.REFUSED, reasons=(*judgement.reasons, *reasons))


def _same_place(before: Algorithm, after: Algorithm) -> tuple[str, ...]:
    if before.path == after.path:
        return ()
    return (f"its construct path was {before.path}; the logical ID stays, so CloudFormation takes it for the same",)


def _update_notes(verdict: Verdict, before: Algorithm, after: Algorithm, changes: Sequence[Change]) -> tuple[str, ...]:
    if verdict is Verdict.UNDECIDED:
        return ("if it is replaced, the validation below is run",)
    if verdict is not Verdict.REPLACED:
        return ()
    notes: list[str] = []
    meaningless = [change for change in changes if change.impact is Impact.NONE]
    content = unresolved.compare(dict(before.content), dict(after.content))
    same_revision = all(change.path != "Revision" for change in changes)
    if len(meaningless) == len(changes) and content is Equality.DIFFERENT and same_revision:
        notes.append(f"{_only(changes)}; it is replaced and revalidated nevertheless")
    if is_kept(after.replace_policy):
        name = "" if after.explicit_name else "its name and ARN change; "
        notes.append(f"{name}the old algorithm is kept (UpdateReplacePolicy)")
    return tuple(notes)


def _only(changes: Sequence[Change]) -> str:
    ordered = [change.subject for change in changes if change.what.startswith("order")]
    if len(ordered) == len(changes):
        return f"only the order of {' and '.join(dict.fromkeys(ordered))} changed"
    return "nothing changes in meaning, only in writing"


def _removed(algorithm: Algorithm, pairing: Pairing, exports: Exports) -> AlgorithmDiff:
    judgement = Judgement(verdict=Verdict.REMOVED)
    notes = _lost(algorithm, pairing)
    if not notes:
        judgement = _with_exports(judgement, exports.in_use(algorithm), algorithm, notes)
    return replace(_entry(algorithm, judgement, [_end(kept=is_kept(algorithm.deletion_policy))]), notes=tuple(notes))


def _lost(algorithm: Algorithm, pairing: Pairing) -> list[str]:
    if algorithm.stack.identity not in pairing.lost_stacks:
        return []
    name = algorithm.stack.name or algorithm.stack.label
    return [f"stack {name} is not in HEAD: nothing is deleted until that stack is (cdk destroy)"]


def _end(*, kept: bool) -> Change:
    if kept:
        reason = "its DeletionPolicy keeps it, outside of any stack"
        return make(Impact.NONE, "algorithm", "kept, no longer managed", "", reason=reason)
    reason = "every request to it is refused once it is deleted"
    return make(Impact.BREAKING, "algorithm", "deleted", "", reason=reason)


def _created(algorithm: Algorithm, held: _Held, origin: Algorithm | None) -> AlgorithmDiff:
    judgement = Judgement(verdict=Verdict.CREATED if origin is None else Verdict.MOVED)
    if algorithm.exists is None:
        name = algorithm.condition[0] if algorithm.condition else ""
        judgement = Judgement(verdict=Verdict.UNDECIDED, reasons=(f"it is created if condition {name} holds",))
    homes = [algorithm.stack.identity, *([origin.stack.identity] if origin else [])]
    holder = next(
        (held[home, algorithm.explicit_name] for home in homes if (home, algorithm.explicit_name) in held), None
    )
    notes: list[str] = []
    if holder is not None and holder.stack.identity == algorithm.stack.identity:
        judgement = _name_is_held(algorithm, holder)
    elif holder is not None:
        notes.append(
            f"its exact name {unresolved.display(algorithm.explicit_name)} is taken until stack "
            f"{holder.stack.name or holder.stack.label} is destroyed; the deployment is refused before that"
        )
    return _validated(replace(_entry(algorithm, judgement, []), notes=tuple(notes)), algorithm)


def _moved(old: Algorithm, new: Algorithm, created: AlgorithmDiff, pairing: Pairing, exports: Exports) -> AlgorithmDiff:
    """One row for an algorithm that CloudFormation deletes in one place and creates in another."""
    changes = compare_definitions(old.content, new.content)
    same = "with the same definition" if not changes else "with the changes shown"
    lost = _lost(old, pairing)
    moved = (
        f"moved from {_place(old)}, {same}: CloudFormation knows an algorithm by stack and logical ID, so it deletes "
        "that one and creates this one. To keep it, keep stack, scope and construct ID, or override the logical ID "
        "with the old one"
    )
    notes = [*created.notes, moved, *lost]
    if is_kept(old.deletion_policy):
        notes.append("the old algorithm is kept, no longer managed (DeletionPolicy)")
    elif old.explicit_name:
        changes.append(_end(kept=False))
    else:
        changes.append(_new_arn(new))
    judgement = Judgement(verdict=created.verdict, reasons=created.reasons)
    if not lost and judgement.verdict is not Verdict.REFUSED:
        judgement = _with_exports(judgement, exports.in_use(old), new, notes)
    entry = replace(_entry(new, judgement, changes), notes=tuple(notes), moved_from=old.path)
    validates = judgement.verdict in _VALIDATING
    return replace(entry, cost=created.cost if validates else None, waiting=created.waiting if validates else None)


def _name_is_held(algorithm: Algorithm, holder: Algorithm) -> Judgement:
    reason = (
        f"its exact name {unresolved.display(algorithm.explicit_name)} is still that of {holder.path} when it is "
        "created, because CloudFormation deletes last: give it a new algorithm_name, or leave algorithm_name out"
    )
    return Judgement(verdict=Verdict.REFUSED, reasons=(reason,))


def _place(algorithm: Algorithm) -> str:
    stack = algorithm.stack.name or algorithm.stack.label
    return f"{algorithm.path} (stack {stack}, logical ID {algorithm.logical_id})"
