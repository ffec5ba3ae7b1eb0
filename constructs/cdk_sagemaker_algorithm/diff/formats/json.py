"""Format a diff report as JSON (schema: docs/diff-schema.json)."""

from __future__ import annotations

from typing import Any

from cdk_sagemaker_algorithm.diff.classify.change import Change
from cdk_sagemaker_algorithm.diff.comparison import AlgorithmDiff, DiffReport
from cdk_sagemaker_algorithm.diff.formats import Display
from cdk_sagemaker_algorithm.diff.formats.wording import headline, money, money_of
from cdk_sagemaker_algorithm.diff.replacement import PlannedAction
from cdk_sagemaker_algorithm.diff.validation_cost import ValidationCost
from cdk_sagemaker_algorithm.model.json_access import Json
from cdk_sagemaker_algorithm.reporting.envelope import envelope, to_text
from cdk_sagemaker_algorithm.reporting.prices import Amount


def render(report: DiffReport, display: Display) -> str:
    """Return the report as JSON text."""
    return to_text(to_json(report, display))


def to_json(report: DiffReport, display: Display | None = None) -> dict[str, Any]:
    """Return the report as an object that conforms to docs/diff-schema.json.

    Args:
        report: Result of `compare`.
        display: Display options; colors and width have no effect.
    """
    display = display or Display()
    prices = display.prices
    return envelope(
        "diff",
        base=display.base or None,
        head=display.head or None,
        headline=headline(report),
        changed=report.changed,
        impact=report.impact.value,
        impacts=[impact.value for impact in report.impacts],
        breaking=report.breaking,
        newArn=report.new_arn,
        replacement=report.replacement,
        unknown=report.unknown,
        rejected=report.rejected,
        counts={action.value: report.count(action) for action in PlannedAction},
        instanceHours=report.instance_hours,
        limited=report.limited,
        waitingSeconds=report.waiting,
        money=None
        if prices is None
        else {**_money(money(report, prices)), "region": prices.region, "date": prices.date},
        algorithms=[_algorithm(entry, display) for entry in report.algorithms],
    )


def _money(cost: Amount) -> dict[str, Json]:
    return {
        "currency": cost.currency,
        "total": None if cost.total is None else float(cost.total),
        "hourlyWithoutLimit": None if cost.hourly is None else float(cost.hourly),
        "missing": list(cost.missing),
    }


def _algorithm(entry: AlgorithmDiff, display: Display) -> Json:
    return {
        "path": entry.path,
        "stack": entry.stack,
        "logicalId": entry.logical_id,
        "action": entry.action.value,
        "impact": entry.impact.value,
        "replaces": entry.replaces,
        "reasons": list(entry.reasons),
        "notes": list(entry.notes),
        "movedFrom": entry.moved_from,
        "changes": [_change(change) for change in entry.changes],
        "cost": None if entry.cost is None else _cost(entry.cost),
        "waitingSeconds": entry.waiting,
        "region": entry.region,
        "money": None if display.prices is None or entry.cost is None else _money(money_of(entry, display.prices)),
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
                {"instanceType": group.instance_type, "instanceCount": group.count} for group in job.instances
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
