"""The report as JSON; its form is versioned and described by docs/diff-schema.json."""

from __future__ import annotations

from cdk_sagemaker_algorithm.diff.classify.change import Change
from cdk_sagemaker_algorithm.diff.formats.wording import headline
from cdk_sagemaker_algorithm.diff.replacement import Verdict
from cdk_sagemaker_algorithm.diff.report import AlgorithmDiff, Report
from cdk_sagemaker_algorithm.diff.validation_cost import ValidationCost
from cdk_sagemaker_algorithm.model.json_tree import Json

#: Counts up the first number when a reader of the old form would misread the new one, else the second.
SCHEMA_VERSION = "1.0"


def to_json(report: Report) -> dict[str, Json]:
    """The report in the form that docs/diff-schema.json describes.

    Args:
        report: A comparison.

    Returns:
        Plain JSON.
    """
    return {
        "schemaVersion": SCHEMA_VERSION,
        "headline": headline(report),
        "impact": report.impact.value,
        "breaking": report.breaking,
        "replacement": report.replacement,
        "undecided": report.undecided,
        "counts": {verdict.value: report.count(verdict) for verdict in Verdict},
        "instanceHours": report.instance_hours,
        "limited": report.limited,
        "algorithms": [_algorithm(entry) for entry in report.algorithms],
    }


def _algorithm(entry: AlgorithmDiff) -> Json:
    return {
        "path": entry.path,
        "stack": entry.stack,
        "logicalId": entry.logical_id,
        "verdict": entry.verdict.value,
        "impact": entry.impact.value,
        "replaces": entry.replaces,
        "reasons": list(entry.reasons),
        "notes": list(entry.notes),
        "movedFrom": entry.moved_from,
        "movedTo": entry.moved_to,
        "changes": [_change(change) for change in entry.changes],
        "cost": None if entry.cost is None else _cost(entry.cost),
    }


def _change(change: Change) -> Json:
    return {
        "impact": change.impact.value,
        "subject": change.subject,
        "change": change.what,
        "path": change.path,
        "reason": change.reason,
        "counterexample": change.counterexample,
        "before": change.before,
        "after": change.after,
    }


def _cost(cost: ValidationCost) -> Json:
    jobs: list[Json] = [
        {
            "profile": job.profile,
            "kind": job.kind,
            "instances": [
                {"instanceType": machine.instance_type, "instanceCount": machine.count} for machine in job.instances
            ],
            "maxRuntimeInSeconds": job.max_runtime,
            "instanceHours": job.instance_hours,
            "notes": list(job.notes),
        }
        for job in cost.jobs
    ]
    return {
        "jobs": jobs,
        "instanceHours": cost.instance_hours,
        "limited": cost.limited,
        "publicAtMarketplace": cost.public,
    }
