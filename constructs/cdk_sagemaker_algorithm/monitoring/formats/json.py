"""Observations as JSON. Times are ISO 8601 in UTC, durations seconds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cdk_sagemaker_algorithm.monitoring.formats.console_links import algorithm_link, job_link, log_link
from cdk_sagemaker_algorithm.monitoring.formats.wording import headline, next_steps
from cdk_sagemaker_algorithm.monitoring.snapshot import JobSnapshot, Snapshot, Summary

#: Counts up the first number when a reader of the old form would misread the new one, else the second.
SCHEMA_VERSION = "1.0"


def summary_json(each: Summary) -> dict[str, Any]:
    """An algorithm of a list.

    Args:
        each: The algorithm.
    """
    return {
        "name": each.name,
        "status": each.status,
        "created": _time(each.created),
        "description": each.description,
    }


def snapshot_json(seen: Snapshot, *, console_links: bool = True) -> dict[str, Any]:
    """Everything that is known of an algorithm.

    Args:
        seen: The algorithm.
        console_links: Whether links to the AWS console lead anywhere.
    """
    return {
        "schemaVersion": SCHEMA_VERSION,
        "name": seen.name,
        "arn": seen.arn,
        "status": seen.status,
        "headline": headline(seen),
        "over": seen.over,
        "failed": seen.failed,
        "created": _time(seen.created),
        "ended": _time(seen.ended),
        "lookedAt": _time(seen.taken_at),
        "steps": [
            {"name": step.name, "state": step.state, "job": None if step.job is None else step.job.name}
            for step in seen.steps
        ],
        "checks": [
            {"kind": check.kind, "name": check.name, "status": check.status, "reason": check.reason or None}
            for check in seen.checks
        ],
        "jobs": [_job(job, seen.taken_at, console_links=console_links) for job in seen.jobs],
        "jobsUnknown": seen.jobs_unknown or None,
        "failures": [{"what": what, "reason": reason} for what, reason in seen.reasons],
        "next": [{"purpose": purpose, "command": command or None} for purpose, command in next_steps(seen)],
        **({"console": algorithm_link(seen)} if console_links else {}),
    }


def _job(job: JobSnapshot, now: float, *, console_links: bool) -> dict[str, Any]:
    links = {"console": job_link(job), "logConsole": log_link(job)} if console_links else {}
    return {
        "kind": job.kind,
        "name": job.name,
        "arn": job.arn,
        "status": job.status,
        "secondaryStatus": None if job.phase is None else job.phase.name,
        "message": None if job.phase is None else job.phase.message or None,
        "reason": job.reason or None,
        "instances": job.instances,
        "created": _time(job.created),
        "started": _time(job.started),
        "ended": _time(job.ended),
        "seconds": round(job.seconds(now), 3),
        "maxRuntimeInSeconds": job.limit,
        "billableSeconds": job.billable,
        "output": job.output,
        "metrics": {metric.name: metric.value for metric in job.metrics},
        "logGroup": job.log_group,
        "logStreamPrefix": job.stream_prefix,
        **links,
    }


def _time(time: float | None) -> str | None:
    return None if time is None else datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds")
