"""Compare metric definitions and tuning objectives."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_sagemaker_algorithm.diff.classify.change import Change, Effect, Impact
from cdk_sagemaker_algorithm.diff.classify.named_lists import Element, Matching, NamedList, always, by
from cdk_sagemaker_algorithm.diff.classify.scalars import leaf_changes
from cdk_sagemaker_algorithm.model.json_access import Tree, child, elements, text_of

_OBJECTIVES = "SupportedTuningJobObjectiveMetrics"
_NO_OBJECTIVE = "tuning jobs with this objective are rejected now"
_ADDED = always(Effect(Impact.COMPATIBLE, "added"))


def compare_metrics(before: Tree | None, after: Tree | None) -> Iterator[Change]:
    """Yield the changes of metric definitions and tuning objectives."""
    objectives = {text_of(child(item, "MetricName")) for item in elements(child(before, _OBJECTIVES))}
    yield from _metrics(objectives).compare(child(before, "MetricDefinitions"), child(after, "MetricDefinitions"))
    yield from _TUNING_OBJECTIVES.compare(child(before, _OBJECTIVES), child(after, _OBJECTIVES))


def _metrics(objectives: set[str]) -> NamedList:
    """Return the list of metrics.

    Args:
        objectives: Names of the metrics that are tuning objectives in BASE.
    """

    def removed(element: Element, _: Tree, matching: Matching) -> Effect:
        if element.name in objectives:
            counterexample = f"tuning for {element.name}"
            return Effect(matching.impact(Impact.BREAKING), "removed", _NO_OBJECTIVE, counterexample)
        reason = "SageMaker no longer publishes it to CloudWatch, so its alarms and charts stay empty"
        return Effect(matching.impact(Impact.BEHAVIOR), "removed", reason)

    return NamedList(
        noun="metric",
        path="TrainingSpecification.MetricDefinitions",
        name_of=by("Name"),
        removed=removed,
        added=_ADDED,
        compare_pair=_pair,
    )


def _pair(element: Element, old: Tree, new: Tree) -> Iterator[Change]:
    reason = "SageMaker can read other values from the log"
    yield from leaf_changes(element.subject, element.path, old, new, Impact.BEHAVIOR, reason=reason)


def _withdrawn(element: Element, _: Tree, matching: Matching) -> Effect:
    return Effect(matching.impact(Impact.BREAKING), "withdrawn", _NO_OBJECTIVE, f"tuning to {element.name}")


def _objective(element: Tree) -> str:
    return f"{text_of(child(element, 'Type')).lower()} {text_of(child(element, 'MetricName'))}"


_TUNING_OBJECTIVES = NamedList(
    noun="tuning objective",
    path=f"TrainingSpecification.{_OBJECTIVES}",
    name_of=_objective,
    removed=_withdrawn,
    added=_ADDED,
)
