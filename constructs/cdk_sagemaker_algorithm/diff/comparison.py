"""Compare all algorithms of two apps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.assembly.algorithms import DeclaredAlgorithm
from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.assembly.stack import Stack
from cdk_sagemaker_algorithm.assembly.unresolved import Equality
from cdk_sagemaker_algorithm.diff.classify.change import Change, Impact, make, most_severe
from cdk_sagemaker_algorithm.diff.classify.definition import compare_definitions
from cdk_sagemaker_algorithm.diff.classify.settings import compare_settings, is_kept
from cdk_sagemaker_algorithm.diff.exports import Exports, in_use_reasons
from cdk_sagemaker_algorithm.diff.pairing import Pairing, pair
from cdk_sagemaker_algorithm.diff.replacement import Decision, PlannedAction, decide, timeout_seconds
from cdk_sagemaker_algorithm.diff.validation_cost import ValidationCost, cost_of
from cdk_sagemaker_algorithm_provider.contract import resource_schema
from cdk_sagemaker_algorithm_provider.contract.durations import duration

#: Order of the entries in a report: most severe first.
_ORDER: Final = (
    PlannedAction.REJECT,
    PlannedAction.DELETE,
    PlannedAction.REPLACE,
    PlannedAction.MOVED,
    PlannedAction.UNKNOWN,
    PlannedAction.CREATE,
    PlannedAction.UPDATE_IN_PLACE,
    PlannedAction.NO_CHANGE,
)
_REPLACING: Final = (PlannedAction.REPLACE, PlannedAction.MOVED, PlannedAction.REJECT)
_VALIDATING: Final = (PlannedAction.CREATE, PlannedAction.REPLACE, PlannedAction.MOVED, PlannedAction.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmDiff:
    """Planned action, changes and validation cost of one algorithm.

    Attributes:
        path: Construct path, or the logical ID if the template contains no metadata.
        stack: Display name of the stack.
        logical_id: Logical ID in the template of HEAD, or of BASE for a deleted algorithm.
        action: Effect of the deployment.
        reasons: Reasons for the action, in sentences without a period.
        changes: Changes, most severe consumer impact first.
        notes: Further effects, in sentences without a period.
        cost: Validation jobs and their maximum cost; None without validation.
        waiting: Maximum time in seconds that the deployment waits for validation; None if it does not wait.
        region: Region of the validation; None if the assembly does not contain it.
        moved_from: Construct path in BASE; None unless the algorithm moved.
    """

    path: str
    stack: str
    logical_id: str
    action: PlannedAction
    reasons: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    cost: ValidationCost | None = None
    waiting: int | None = None
    region: str | None = None
    moved_from: str | None = None

    @property
    def impact(self) -> Impact:
        """Most severe consumer impact of its changes."""
        return most_severe(self.changes)

    @property
    def impacts(self) -> tuple[Impact, ...]:
        """All consumer impacts of its changes, most severe first."""
        return tuple(impact for impact in Impact if any(change.impact is impact for change in self.changes))

    @property
    def replaces(self) -> bool:
        """True if an existing algorithm is replaced or moved, or its replacement is rejected."""
        return self.action in _REPLACING


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffReport:
    """Comparison of all algorithms of two apps.

    Attributes:
        algorithms: One entry per algorithm, most severe planned action first.
    """

    algorithms: tuple[AlgorithmDiff, ...]

    @property
    def impact(self) -> Impact:
        """Most severe consumer impact of all changes."""
        return most_severe(change for algorithm in self.algorithms for change in algorithm.changes)

    @property
    def impacts(self) -> tuple[Impact, ...]:
        """All consumer impacts of all changes, most severe first."""
        impacts = {impact for algorithm in self.algorithms for impact in algorithm.impacts}
        return tuple(impact for impact in Impact if impact in impacts)

    @property
    def changed(self) -> bool:
        """True if the deployment changes an algorithm, or depends on deploy-time values."""
        return any(algorithm.action is not PlannedAction.NO_CHANGE for algorithm in self.algorithms)

    @property
    def new_arn(self) -> bool:
        """True if an algorithm is deleted and its successor has another ARN."""
        return Impact.NEW_ARN in self.impacts

    @property
    def rejected(self) -> bool:
        """True if CloudFormation or the handler will reject the deployment."""
        return any(algorithm.action is PlannedAction.REJECT for algorithm in self.algorithms)

    @property
    def waiting(self) -> int | None:
        """Maximum time in seconds that the deployment waits; algorithms are validated at the same time."""
        return max((algorithm.waiting for algorithm in self.algorithms if algorithm.waiting), default=None)

    @property
    def breaking(self) -> bool:
        """True if HEAD rejects a request that BASE accepts."""
        return self.impact is Impact.BREAKING

    @property
    def replacement(self) -> bool:
        """True if an existing algorithm is replaced or moved, or its replacement is rejected."""
        return any(algorithm.replaces for algorithm in self.algorithms)

    @property
    def unknown(self) -> bool:
        """True if an action or an impact depends on deploy-time values."""
        return any(
            algorithm.action is PlannedAction.UNKNOWN
            or any(change.impact is Impact.UNKNOWN for change in algorithm.changes)
            for algorithm in self.algorithms
        )

    def count(self, action: PlannedAction) -> int:
        """Return the number of algorithms with a planned action."""
        return sum(algorithm.action is action for algorithm in self.algorithms)

    @property
    def instance_hours(self) -> float:
        """Maximum instance-hours of all validation jobs with a limit."""
        return sum(algorithm.cost.instance_hours for algorithm in self.algorithms if algorithm.cost)

    @property
    def limited(self) -> bool:
        """True if no validation job is unbounded."""
        return all(algorithm.cost.limited for algorithm in self.algorithms if algorithm.cost)


def compare(base: Sequence[Stack], head: Sequence[Stack]) -> DiffReport:
    """Compare the algorithms of two apps.

    Args:
        base: Deployed stacks, from `load`.
        head: Stacks to deploy, from `load`.

    Returns:
        The effect of deploying HEAD over BASE.

    Raises:
        InputError: If the stacks cannot be paired, or their values cannot be resolved within the limits.
    """
    try:
        pairing = pair(base, head)
        exports = Exports(base, head)
    except RecursionError as error:
        raise InputError("cannot resolve the values of the templates: references are nested too deeply") from error
    held = _held_names(pairing)
    origins = {id(new): old for old, new in pairing.moves}
    moved = {id(old) for old, _ in pairing.moves}
    entries = [_updated(before, after, held, exports) for before, after in pairing.both]
    entries += [_removed(algorithm, pairing, exports) for algorithm in pairing.removed if id(algorithm) not in moved]
    for algorithm in pairing.added:
        origin = origins.get(id(algorithm))
        created = _created(algorithm, held, origin)
        entries.append(created if origin is None else _moved(origin, algorithm, created, pairing, exports))
    impacts = list(Impact)
    entries.sort(key=lambda entry: (_ORDER.index(entry.action), impacts.index(entry.impact), entry.path))
    return DiffReport(algorithms=tuple(entries))


_Held = dict[tuple[tuple[str | None, ...], str], DeclaredAlgorithm]


def _held_names(pairing: Pairing) -> _Held:
    """Map stack and exact name to the algorithm of BASE; CloudFormation frees names only at the end of an update."""
    before = [*(old for old, _ in pairing.both), *pairing.removed]
    return {(old.stack.identity, old.explicit_name): old for old in before if old.explicit_name}


def _entry(algorithm: DeclaredAlgorithm, decision: Decision, changes: Sequence[Change]) -> AlgorithmDiff:
    order = list(Impact)
    return AlgorithmDiff(
        path=algorithm.path,
        stack=algorithm.stack.label,
        logical_id=algorithm.logical_id,
        action=decision.action,
        reasons=decision.reasons,
        changes=tuple(sorted(changes, key=lambda change: order.index(change.impact))),
        region=algorithm.stack.region,
    )


def _validated(entry: AlgorithmDiff, algorithm: DeclaredAlgorithm) -> AlgorithmDiff:
    """Add cost and waiting time if the action includes a validation."""
    if entry.action not in _VALIDATING or _adopts(algorithm):
        return entry
    cost = cost_of(algorithm.content)
    notes = entry.notes
    if cost.public:
        notes = (*notes, "it is certified for AWS Marketplace: buyers can see the data of its validation profile")
    return replace(entry, cost=cost, notes=notes, waiting=timeout_seconds(algorithm) if cost.jobs else None)


def _updated(before: DeclaredAlgorithm, after: DeclaredAlgorithm, held: _Held, exports: Exports) -> AlgorithmDiff:
    decision = decide(before, after)
    holder = held.get((after.stack.identity, after.explicit_name))
    if holder is not None and holder.key != after.key and decision.action is PlannedAction.REPLACE:
        decision = _name_is_held(after, holder)
    elif decision.action is PlannedAction.REPLACE:
        decision = _taken(after) or decision
    changes = [*compare_definitions(before.content, after.content), *compare_settings(before, after)]
    notes = [*_drift(before), *_same_place(before, after), *_update_notes(decision.action, before, after, changes)]
    if decision.action is PlannedAction.REPLACE:
        notes += [*_given_back(before), *_adopts(after)]
    if decision.action in (PlannedAction.REPLACE, PlannedAction.UNKNOWN):
        decision = _with_exports(decision, before, exports, after, notes)
    if decision.action is PlannedAction.REPLACE and not before.explicit_name and not is_kept(after.replace_policy):
        changes.append(_new_arn(after))
    return _validated(replace(_entry(after, decision, changes), notes=tuple(notes)), after)


def _new_arn(after: DeclaredAlgorithm) -> Change:
    if after.waits:
        when = "after the new one passes validation"
    else:
        when = "although the new one may fail validation, because the stack does not wait"
    what = f"new name and ARN; the old algorithm is deleted {when}"
    reason = "update hard-coded references: pipelines, tuning jobs, Marketplace listings, ARNs in code"
    return make(Impact.NEW_ARN, "algorithm", what, resource_schema.ALGORITHM_NAME, reason=reason)


def _with_exports(
    decision: Decision, before: DeclaredAlgorithm, exports: Exports, after: DeclaredAlgorithm, notes: list[str]
) -> Decision:
    """Add the effect of other stacks that import values of the algorithm."""
    uses = exports.in_use(before)
    notes += exports.not_checked(before)
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
        return decision
    seconds = timeout_seconds(after)
    reasons = in_use_reasons(blocking, waits=duration(seconds) if seconds else "")
    if decision.action is PlannedAction.UNKNOWN:
        return replace(decision, reasons=(*decision.reasons, *reasons))
    return Decision(action=PlannedAction.REJECT, reasons=(*reasons, *decision.reasons))


def _drift(deployed: DeclaredAlgorithm) -> tuple[str, ...]:
    return (f"drift: {deployed.drift}",) if deployed.drift else ()


def _given_back(deployed: DeclaredAlgorithm) -> tuple[str, ...]:
    if not deployed.adopted:
        return ()
    return (f"the stack has adopted {deployed.explicit_name}, so it gives it back instead of deleting it",)


def _adopts(algorithm: DeclaredAlgorithm) -> tuple[str, ...]:
    """Return a note if the deployment adopts an existing algorithm."""
    holder = algorithm.stack.holders.get(algorithm.explicit_name)
    if holder is None or _taken(algorithm) is not None or holder.owner:
        return ()
    return (f"the deployment adopts the existing algorithm {algorithm.explicit_name} without a validation",)


def _taken(algorithm: DeclaredAlgorithm) -> Decision | None:
    """Return the rejection of a name that an algorithm in SageMaker has; None if the handler uses that algorithm."""
    name = algorithm.explicit_name
    holder = algorithm.stack.holders.get(name)
    resource = "" if algorithm.nested_path else f"{algorithm.stack.name}/{algorithm.logical_id}"
    # One of an earlier attempt of the same resource is found or made again.
    if holder is None or (holder.owner and holder.owner == resource):
        return None
    if not holder.owner and holder.marked_for == resource:
        if holder.status == "Completed":
            return None
        reason = (
            f"algorithm {name} is marked for it, and its status is {holder.status}: only a Completed one is adopted"
        )
    else:
        owner = f" and belongs to {holder.owner}" if holder.owner else ""
        reason = (
            f"an algorithm named {name} exists already{owner}: set another algorithm_name, or mark it with "
            f"`cdk-sagemaker-algorithm adopt {name}`"
        )
    return Decision(action=PlannedAction.REJECT, reasons=(reason,))


def _same_place(before: DeclaredAlgorithm, after: DeclaredAlgorithm) -> tuple[str, ...]:
    if before.path == after.path:
        return ()
    return (f"its construct path was {before.path}; the logical ID stays, so CloudFormation updates the same resource",)


def _update_notes(
    action: PlannedAction, before: DeclaredAlgorithm, after: DeclaredAlgorithm, changes: Sequence[Change]
) -> tuple[str, ...]:
    if action is PlannedAction.UNKNOWN:
        return ("if it is replaced, the validation below runs",) if cost_of(after.content).jobs else ()
    if action is not PlannedAction.REPLACE:
        return ()
    notes: list[str] = []
    meaningless = [change for change in changes if change.impact is Impact.NONE]
    content = unresolved.compare(dict(before.content), dict(after.content))
    same_revision = all(change.path != resource_schema.REVISION for change in changes)
    if len(meaningless) == len(changes) and content is Equality.DIFFERENT and same_revision:
        notes.append(f"{_only(changes)}; it is replaced and revalidated anyway")
    if is_kept(after.replace_policy):
        name = "" if after.explicit_name else "its name and ARN change; "
        notes.append(f"{name}the old algorithm is retained (UpdateReplacePolicy)")
    return tuple(notes)


def _only(changes: Sequence[Change]) -> str:
    ordered = [change.subject for change in changes if change.what.startswith("order")]
    if len(ordered) == len(changes):
        return f"only the order of {' and '.join(dict.fromkeys(ordered))} changed"
    return "only the notation changed, not the meaning"


def _removed(algorithm: DeclaredAlgorithm, pairing: Pairing, exports: Exports) -> AlgorithmDiff:
    decision = Decision(action=PlannedAction.DELETE)
    notes = _lost(algorithm, pairing)
    if not notes:
        decision = _with_exports(decision, algorithm, exports, algorithm, notes)
    is_rejected = decision.action is PlannedAction.REJECT
    kept = algorithm.adopted or is_kept(algorithm.deletion_policy)
    changes = [] if is_rejected else [_end(kept=kept)]
    entry = _entry(algorithm, decision, changes)
    if is_rejected:
        notes = ["HEAD does not contain it: the deployment would delete it", *notes]
    return replace(entry, notes=(*_drift(algorithm), *_given_back(algorithm), *notes))


def _lost(algorithm: DeclaredAlgorithm, pairing: Pairing) -> list[str]:
    if algorithm.stack.identity not in pairing.lost_stacks:
        return []
    name = algorithm.stack.name or algorithm.stack.label
    return [f"stack {name} is not in HEAD: nothing is deleted until you delete the stack (cdk destroy)"]


def _end(*, kept: bool) -> Change:
    if kept:
        reason = "it is given back or its DeletionPolicy retains it; no stack manages it any more"
        return make(Impact.NONE, "algorithm", "retained, no longer managed", "", reason=reason)
    reason = "requests fail after it is deleted"
    return make(Impact.BREAKING, "algorithm", "deleted", "", reason=reason)


def _created(algorithm: DeclaredAlgorithm, held: _Held, origin: DeclaredAlgorithm | None) -> AlgorithmDiff:
    decision = Decision(action=PlannedAction.CREATE if origin is None else PlannedAction.MOVED)
    if algorithm.exists is None:
        name = algorithm.condition[0] if algorithm.condition else ""
        decision = Decision(action=PlannedAction.UNKNOWN, reasons=(f"it is created if condition {name} holds",))
    homes = [algorithm.stack.identity, *([origin.stack.identity] if origin else [])]
    holder = next(
        (held[home, algorithm.explicit_name] for home in homes if (home, algorithm.explicit_name) in held), None
    )
    notes: list[str] = []
    if holder is not None and holder.stack.identity == algorithm.stack.identity:
        decision = _name_is_held(algorithm, holder)
    elif holder is not None:
        notes.append(
            f"its exact name {unresolved.display(algorithm.explicit_name)} is taken until stack "
            f"{holder.stack.name or holder.stack.label} is deleted; until then, the deployment is rejected"
        )
    elif decision.action is not PlannedAction.UNKNOWN:
        decision = _taken(algorithm) or decision
        notes += _adopts(algorithm)
    return _validated(replace(_entry(algorithm, decision, []), notes=tuple(notes)), algorithm)


def _moved(
    old: DeclaredAlgorithm, new: DeclaredAlgorithm, created: AlgorithmDiff, pairing: Pairing, exports: Exports
) -> AlgorithmDiff:
    """Return one entry for an algorithm that CloudFormation deletes at one logical ID and creates at another."""
    changes = compare_definitions(old.content, new.content)
    same = "with the same definition" if not changes else "with the changes shown"
    lost = _lost(old, pairing)
    moved = (
        f"moved from {_place(old)}, {same}: CloudFormation identifies an algorithm by stack and logical ID, so it "
        "deletes the old algorithm and creates a new one. To keep it, keep stack, scope and construct ID, or override "
        "the logical ID with the old one"
    )
    notes = [*_drift(old), *_given_back(old), *created.notes, moved, *lost]
    if is_kept(old.deletion_policy):
        notes.append("the old algorithm is retained, no longer managed (DeletionPolicy)")
    decision = Decision(action=created.action, reasons=created.reasons)
    if not lost and decision.action is not PlannedAction.REJECT:
        decision = _with_exports(decision, old, exports, new, notes)
    if decision.action is not PlannedAction.REJECT and not old.adopted and not is_kept(old.deletion_policy):
        changes.append(_end(kept=False) if old.explicit_name else _new_arn(new))
    entry = replace(_entry(new, decision, changes), notes=tuple(notes), moved_from=old.path)
    validates = decision.action in _VALIDATING
    return replace(entry, cost=created.cost if validates else None, waiting=created.waiting if validates else None)


def _name_is_held(algorithm: DeclaredAlgorithm, holder: DeclaredAlgorithm) -> Decision:
    reason = (
        f"its exact name {unresolved.display(algorithm.explicit_name)} still belongs to {holder.path} when it is "
        "created, because CloudFormation deletes last: set a new algorithm_name, or omit algorithm_name"
    )
    return Decision(action=PlannedAction.REJECT, reasons=(reason,))


def _place(algorithm: DeclaredAlgorithm) -> str:
    stack = algorithm.stack.name or algorithm.stack.label
    return f"{algorithm.path} (stack {stack}, logical ID {algorithm.logical_id})"
