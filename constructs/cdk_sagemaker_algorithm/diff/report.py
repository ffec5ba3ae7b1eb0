"""The comparison of two sides as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.assembly.algorithms import Algorithm
from cdk_sagemaker_algorithm.assembly.stack import Stack
from cdk_sagemaker_algorithm.assembly.unresolved import Equality
from cdk_sagemaker_algorithm.diff.classify.change import Change, Impact, make, worst
from cdk_sagemaker_algorithm.diff.classify.definition import compare_definitions
from cdk_sagemaker_algorithm.diff.classify.settings import compare_settings, is_kept
from cdk_sagemaker_algorithm.diff.pairing import Pairing, pair
from cdk_sagemaker_algorithm.diff.replacement import Judgement, Verdict, judge
from cdk_sagemaker_algorithm.diff.validation_cost import ValidationCost, cost_of

#: The order in which people want to see them.
_ORDER: Final = (
    Verdict.REFUSED,
    Verdict.REPLACED,
    Verdict.REMOVED,
    Verdict.UNDECIDED,
    Verdict.CREATED,
    Verdict.CHANGED_IN_PLACE,
    Verdict.UNCHANGED,
)
_REPLACING: Final = (Verdict.REPLACED, Verdict.REFUSED)


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
        moved_from: The path that a created one seems to have had before.
        moved_to: The path that a removed one seems to have now.
    """

    path: str
    stack: str
    logical_id: str
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    cost: ValidationCost | None = None
    moved_from: str | None = None
    moved_to: str | None = None

    @property
    def impact(self) -> Impact:
        """The gravest impact of its changes."""
        return worst(self.changes)

    @property
    def replaces(self) -> bool:
        """Whether an algorithm that exists gives way to another, or would have to."""
        return self.verdict in _REPLACING or self.moved_from is not None


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
    """Compare the algorithms of two sides.

    Args:
        base: The stacks before, as `load` reads them.
        head: The stacks now.

    Returns:
        What a deployment of HEAD does to what BASE has deployed.

    Raises:
        InputError: The two sides do not fit together.
    """
    pairing = pair(base, head)
    held = _held_names(pairing)
    found = [_updated(before, after, held) for before, after in pairing.both]
    found += [_removed(algorithm, pairing) for algorithm in pairing.removed]
    found += [_created(algorithm, pairing, held) for algorithm in pairing.added]
    impacts = list(Impact)
    found.sort(key=lambda entry: (_ORDER.index(entry.verdict), impacts.index(entry.impact), entry.path))
    return Report(algorithms=tuple(found))


_Held = dict[tuple[tuple[str | None, ...], str], Algorithm]


def _held_names(pairing: Pairing) -> _Held:
    """The exact names that algorithms of BASE have, by stack; nothing frees them before an update is done."""
    before = [*(old for old, _ in pairing.both), *pairing.removed]
    return {(old.stack.identity, old.explicit_name): old for old in before if old.explicit_name}


def _updated(before: Algorithm, after: Algorithm, held: _Held) -> AlgorithmDiff:
    judgement = judge(before, after)
    holder = held.get((after.stack.identity, after.explicit_name))
    if holder is not None and holder.key != after.key and judgement.verdict is Verdict.REPLACED:
        judgement = _name_is_held(after, holder)
    changes = [*compare_definitions(before.content, after.content), *compare_settings(before, after)]
    order = list(Impact)
    changes.sort(key=lambda change: order.index(change.impact))
    validates = judgement.verdict in (Verdict.REPLACED, Verdict.UNDECIDED)
    entry = _entry(after, judgement, changes)
    return replace(
        entry,
        cost=cost_of(after.content) if validates else None,
        notes=(*_same_place(before, after), *_update_notes(judgement.verdict, before, after, changes)),
    )


def _entry(algorithm: Algorithm, judgement: Judgement, changes: Sequence[Change]) -> AlgorithmDiff:
    return AlgorithmDiff(
        path=algorithm.path,
        stack=algorithm.stack.label,
        logical_id=algorithm.logical_id,
        verdict=judgement.verdict,
        reasons=judgement.reasons,
        changes=tuple(changes),
    )


def _same_place(before: Algorithm, after: Algorithm) -> tuple[str, ...]:
    if before.path == after.path:
        return ()
    return (f"its construct path was {before.path}; the logical ID stays, so CloudFormation takes it for the same",)


def _update_notes(verdict: Verdict, before: Algorithm, after: Algorithm, changes: Sequence[Change]) -> tuple[str, ...]:
    if verdict is Verdict.UNDECIDED:
        return ("if it comes to a replacement, the validation below is run", *_public(after))
    if verdict is not Verdict.REPLACED:
        return ()
    notes: list[str] = []
    meaningless = [change for change in changes if change.impact is Impact.NONE]
    content = unresolved.compare(dict(before.content), dict(after.content))
    same_revision = all(change.path != "Revision" for change in changes)
    if len(meaningless) == len(changes) and content is Equality.DIFFERENT and same_revision:
        notes.append(f"{_only(changes)}; it is replaced and revalidated all the same")
    name = "" if after.explicit_name else "it gets another name and ARN, which whoever wrote them down has to change; "
    if is_kept(after.replace_policy):
        notes.append(f"{name}the old one is kept (UpdateReplacePolicy)")
    elif after.waits:
        notes.append(f"{name}the old one is deleted when the new one has passed validation")
    else:
        notes.append(f"{name}the old one is deleted though the new one may fail validation, as the stack does not wait")
    return (*notes, *_public(after))


def _only(changes: Sequence[Change]) -> str:
    ordered = [change.subject for change in changes if change.what.startswith("order")]
    if len(ordered) == len(changes):
        return f"only the order of {' and '.join(dict.fromkeys(ordered))} changed"
    return "nothing changes in meaning, only in writing"


def _public(algorithm: Algorithm) -> tuple[str, ...]:
    if not cost_of(algorithm.content).public:
        return ()
    return ("it is certified for the AWS Marketplace: the data of the validation profile becomes visible to buyers",)


def _removed(algorithm: Algorithm, pairing: Pairing) -> AlgorithmDiff:
    successor = next((new for old, new in pairing.moves if old is algorithm), None)
    lost = algorithm.stack.identity in pairing.lost_stacks
    kept = is_kept(algorithm.deletion_policy)
    notes: list[str] = []
    if lost:
        name = algorithm.stack.name or algorithm.stack.label
        notes.append(f"stack {name} is not in HEAD: nothing is deleted until that stack is (cdk destroy)")
    if successor is not None:
        notes.append(
            f"looks moved to {_place(successor)}: CloudFormation knows an algorithm by stack and logical ID, so it "
            "deletes this one and creates that; keep stack name, scope and construct ID to avoid it, or override the "
            "logical ID with the old one"
        )
    return replace(
        _entry(algorithm, Judgement(verdict=Verdict.REMOVED), [_end(kept=kept)]),
        notes=tuple(notes),
        moved_to=successor.path if successor else None,
    )


def _end(*, kept: bool) -> Change:
    if kept:
        reason = "its DeletionPolicy keeps it, outside of any stack"
        return make(Impact.NONE, "algorithm", "kept, no longer managed", "", reason=reason)
    reason = "every request to it is refused once it is deleted"
    return make(Impact.BREAKING, "algorithm", "deleted", "", reason=reason)


def _created(algorithm: Algorithm, pairing: Pairing, held: _Held) -> AlgorithmDiff:
    origin = next((old for old, new in pairing.moves if new is algorithm), None)
    judgement = Judgement(verdict=Verdict.CREATED)
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
    changes: list[Change] = []
    if origin is not None:
        changes = compare_definitions(origin.content, algorithm.content)
        same = "with the same definition" if not changes else "with the changes shown"
        notes.append(f"looks like {_place(origin)}, moved here {same}; it is created and validated anew")
    validates = judgement.verdict is not Verdict.REFUSED
    return replace(
        _entry(algorithm, judgement, changes),
        notes=(*notes, *(_public(algorithm) if validates else ())),
        cost=cost_of(algorithm.content) if validates else None,
        moved_from=origin.path if origin else None,
    )


def _name_is_held(algorithm: Algorithm, holder: Algorithm) -> Judgement:
    reason = (
        f"its exact name {unresolved.display(algorithm.explicit_name)} is still that of {holder.path} when it is "
        "created, because CloudFormation deletes last: give it a new algorithm_name, or leave algorithm_name out"
    )
    return Judgement(verdict=Verdict.REFUSED, reasons=(reason,))


def _place(algorithm: Algorithm) -> str:
    stack = algorithm.stack.name or algorithm.stack.label
    return f"{algorithm.path} (stack {stack}, logical ID {algorithm.logical_id})"
