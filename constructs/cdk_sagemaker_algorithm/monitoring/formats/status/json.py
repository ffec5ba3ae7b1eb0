"""Algorithms and their validations as JSON; docs/monitoring-schema.json describes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.monitoring.formats.json import operation_json, snapshot_json, summary_json
from cdk_sagemaker_algorithm.reporting.envelope import envelope, to_text

if TYPE_CHECKING:
    from rich.console import Console

    from cdk_sagemaker_algorithm.monitoring.formats.screen import DisplayOptions
    from cdk_sagemaker_algorithm.monitoring.formats.status import Status


def render(status: Status, display: DisplayOptions, _: Console) -> str:
    """Return one JSON object."""
    if status.listed is not None:
        return to_text(envelope("algorithms", algorithms=[summary_json(each) for each in status.listed]))
    algorithms = [
        snapshot_json(each, console_links=display.console_links, options=display.options) for each in status.snapshots
    ]
    deployment = None if status.operation is None else operation_json(status.operation)
    return to_text(envelope("status", deployment=deployment, algorithms=algorithms))
