"""Validations as one JSON object; docs/monitoring-schema.json describes it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cdk_sagemaker_algorithm.monitoring.formats.comparison import compare
from cdk_sagemaker_algorithm.monitoring.formats.json import operation_json, snapshot_json
from cdk_sagemaker_algorithm.monitoring.totals import totals_json
from cdk_sagemaker_algorithm.reporting.envelope import envelope, iso_time, to_text

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.monitoring.evidence import Evidence
    from cdk_sagemaker_algorithm.monitoring.formats.report import ValidationReport
    from cdk_sagemaker_algorithm.reporting.prices import Prices


def render(report: ValidationReport) -> dict[str, str]:
    """Return one object with all algorithms."""
    algorithms = [
        {
            **snapshot_json(each.seen, console_links=report.console_links, options=report.options),
            "totals": totals_json([each.seen], report.prices),
            "comparison": _comparison(each, report.prices),
            "curves": [
                {"name": curve.name, "points": [[iso_time(time), value] for time, value in curve.points]}
                for curve in each.curves
            ],
            "stackTags": None if each.stack_tags is None else dict(each.stack_tags),
            "notRead": list(each.gaps),
        }
        for each in report.evidences
    ]
    deployment = None if report.operation is None else operation_json(report.operation)
    totals = totals_json([each.seen for each in report.evidences], report.prices)
    document = envelope("report", deployment=deployment, totals=totals, algorithms=algorithms)
    return {f"{report.name}.json": to_text(document)}


def _comparison(evidence: Evidence, prices: Prices | None) -> dict[str, Any] | None:
    if evidence.earlier is None:
        return None
    rows = compare(evidence.earlier, evidence.seen, prices)
    return {"with": evidence.earlier.name, "rows": [asdict(row) for row in rows]}
