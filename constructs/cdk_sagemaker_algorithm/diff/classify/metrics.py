"""Compare metric definitions and tuning objectives."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_sagemaker_algorithm.diff.classify.change import Change, Impact, make
from cdk_sagemaker_algorithm.diff.classify.named_lists import Matching, by, is_opaque, match, opaque
from cdk_sagemaker_algorithm.diff.classify.scalars import leaf_changes
from cdk_sagemaker_algorithm.model.json_tree import Tree, child, elements, text_of

_METRICS = "TrainingSpecification.MetricDefinitions"
_OBJECTIVES = "TrainingSpecification.SupportedTuningJobObjectiveMetrics"


def compare_metrics(before: Tree | None, after: Tree | None) -> Iterator[Change]:
    """Yield the changes of metric definitions and tuning objectives."""
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
    matching = match(before, after, by("Name"))
    for name, old in matching.removed:
        yield _removed(name, old, matching, used=name in objectives)
    for name, new in matching.added:
        yield make(Impact.COMPATIBLE, f"metric {name}", "added", _path(name), (None, new))
    reason = "SageMaker can read other values from the log"
    for name, old, new in matching.both:
        yield from leaf_changes(f"metric {name}", _path(name), old, new, Impact.BEHAVIOR, reason=reason)


def _removed(name: str, old: Tree, matching: Matching, *, used: bool) -> Change:
    if used:
        reason, counterexample = "tuning jobs with this objective are rejected now", f"tuning for {name}"
        impact = Impact.BREAKING
    else:
        reason, counterexample = (
            "SageMaker no longer publishes it to CloudWatch, so its alarms and charts stay empty",
            "",
        )
        impact = Impact.BEHAVIOR
    return make(
        matching.impact(impact),
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
    matching = match(before, after, _objective)
    for name, old in matching.removed:
        reason, path = "tuning jobs with this objective are rejected now", f"{_OBJECTIVES}[{name}]"
        impact = matching.impact(Impact.BREAKING)
        subject = f"tuning objective {name}"
        yield make(impact, subject, "withdrawn", path, (old, None), reason=reason, counterexample=f"tuning to {name}")
    for name, new in matching.added:
        yield make(Impact.COMPATIBLE, f"tuning objective {name}", "added", f"{_OBJECTIVES}[{name}]", (None, new))


def _objective(element: Tree) -> str:
    return f"{text_of(child(element, 'Type')).lower()} {text_of(child(element, 'MetricName'))}"


def _path(name: str) -> str:
    return f"{_METRICS}[{name}]"
