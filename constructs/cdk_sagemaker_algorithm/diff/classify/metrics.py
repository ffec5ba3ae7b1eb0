"""What changed in metrics and tuning objectives, and whom it meets."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_sagemaker_algorithm.diff.classify.change import Change, Impact, make
from cdk_sagemaker_algorithm.diff.classify.named_lists import (
    Matching,
    by,
    is_opaque,
    match,
    opaque,
    order_change,
    presence,
)
from cdk_sagemaker_algorithm.diff.classify.scalars import leaf_changes
from cdk_sagemaker_algorithm.model.json_tree import Tree, child, elements, text_of

_METRICS = "TrainingSpecification.MetricDefinitions"
_OBJECTIVES = "TrainingSpecification.SupportedTuningJobObjectiveMetrics"


def compare_metrics(before: Tree | None, after: Tree | None) -> Iterator[Change]:
    """The changes between two training specifications in their metrics and objectives."""
    values = (child(before, "MetricDefinitions"), child(after, "MetricDefinitions"))
    if is_opaque(*values):
        yield from opaque("metrics", _METRICS, *values)
    else:
        objectives = child(before, "SupportedTuningJobObjectiveMetrics")
        yield from _definitions(*values, {text_of(child(item, "MetricName")) for item in elements(objectives)})
    yield from _objectives(
        child(before, "SupportedTuningJobObjectiveMetrics"), child(after, "SupportedTuningJobObjectiveMetrics")
    )


def _definitions(before: Tree | None, after: Tree | None, objectives: set[str]) -> Iterator[Change]:
    found = match(before, after, by("Name"))
    for name, old in found.removed:
        yield _removed(name, old, found, used=name in objectives)
    for name, new in found.added:
        yield make(Impact.COMPATIBLE, f"metric {name}", "added", _path(name), (None, new))
    reason = "other values may be read from the log"
    for name, old, new in found.both:
        yield from leaf_changes(f"metric {name}", _path(name), old, new, Impact.BEHAVIOR, reason=reason)
    if found.reordered:
        yield order_change("metrics", _METRICS, [name for name, _ in found.in_new_order], (None, None))
    yield from presence("metrics", _METRICS, before, after)


def _removed(name: str, old: Tree, found: Matching, *, used: bool) -> Change:
    if used:
        reason, counterexample = "tuning jobs whose objective it was are refused now", f"tuning for {name}"
        impact = Impact.BREAKING
    else:
        reason, counterexample = "it is no longer published to CloudWatch, so alarms and charts of it stay empty", ""
        impact = Impact.BEHAVIOR
    return make(
        found.impact(impact),
        f"metric {name}",
        "removed",
        _path(name),
        (old, None),
        reason=reason,
        counterexample=counterexample,
    )


def _objectives(before: Tree | None, after: Tree | None) -> Iterator[Change]:
    if is_opaque(before, after):
        yield from opaque("tuning objectives", _OBJECTIVES, before, after)
        return
    found = match(before, after, _objective)
    for name, old in found.removed:
        reason, path = "tuning jobs with this objective are refused now", f"{_OBJECTIVES}[{name}]"
        impact = found.impact(Impact.BREAKING)
        subject = f"tuning objective {name}"
        yield make(impact, subject, "withdrawn", path, (old, None), reason=reason, counterexample=f"tuning to {name}")
    for name, new in found.added:
        yield make(Impact.COMPATIBLE, f"tuning objective {name}", "added", f"{_OBJECTIVES}[{name}]", (None, new))
    if found.reordered:
        names = [name for name, _ in found.in_new_order]
        yield order_change("tuning objectives", _OBJECTIVES, names, (before, after))
    yield from presence("tuning objectives", _OBJECTIVES, before, after)


def _objective(element: Tree) -> str:
    return f"{text_of(child(element, 'Type')).lower()} {text_of(child(element, 'MetricName'))}"


def _path(name: str) -> str:
    return f"{_METRICS}[{name}]"
