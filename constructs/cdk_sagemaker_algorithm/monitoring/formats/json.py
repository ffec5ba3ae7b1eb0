"""Format algorithms and deployments as JSON (schema: docs/monitoring-schema.json)."""

from __future__ import annotations

from typing import Any

from cdk_sagemaker_algorithm.monitoring.drift import drift
from cdk_sagemaker_algorithm.monitoring.formats.console_links import algorithm_link, job_link, log_link
from cdk_sagemaker_algorithm.monitoring.formats.wording import headline, next_steps
from cdk_sagemaker_algorithm.monitoring.snapshot import JobSnapshot, Snapshot, Summary
from cdk_sagemaker_algorithm.monitoring.stack_operations import StackOperation
from cdk_sagemaker_algorithm.reporting.envelope import iso_time


def summary_json(each: Summary) -> dict[str, Any]:
    """Return an algorithm of a list as a JSON object.

    Args:
        each: The algorithm.
    """
    return {
        "name": each.name,
        "status": each.status,
        "created": iso_time(each.created),
        "description": each.description,
    }


def operation_json(operation: StackOperation) -> dict[str, Any]:
    """Return a deployment of a stack as a JSON object.

    Args:
        operation: The deployment.
    """
    return {
        "name": operation.stack,
        "id": operation.stack_id,
        "status": operation.status,
        "begun": iso_time(operation.begun),
        "changed": iso_time(operation.changed),
        "failed": operation.failed,
        "failures": [{"what": what, "reason": reason} for what, reason in operation.failures],
    }


def snapshot_json(seen: Snapshot, *, console_links: bool = True, options: str = "") -> dict[str, Any]:
    """Return an algorithm and its validation as a JSON object.

    Args:
        seen: The algorithm.
        console_links: Whether links to the AWS console lead anywhere.
        options: What suggested commands end with, such as ` --region eu-west-1`.
    """
    deployed, resource = seen.deployed, seen.resource
    return {
        "name": seen.name,
        "arn": seen.arn,
        "status": seen.status,
        "headline": headline(seen),
        "over": seen.over,
        "failed": seen.failed,
        "created": iso_time(seen.created),
        "ended": iso_time(seen.ended),
        "previousSeconds": None if seen.expected is None else round(seen.expected, 3),
        "readAt": iso_time(seen.taken_at),
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
        "lastLines": list(seen.last_lines),
        "next": [{"purpose": purpose, "command": command or None} for purpose, command in next_steps(seen, options)],
        "drift": [{"what": each.what, "remedy": each.remedy, "command": each.command or None} for each in drift(seen)],
        "stack": seen.stack or None,
        "path": resource.path if resource else None,
        "construct": (resource.construct or None) if resource else None,
        "changedByDeployment": deployed.touched if deployed else None,
        "tags": None if seen.tags is None else dict(seen.tags),
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
        "created": iso_time(job.created),
        "started": iso_time(job.started),
        "ended": iso_time(job.ended),
        "seconds": round(job.seconds(now), 3),
        "maxRuntimeInSeconds": job.limit,
        "billableSeconds": job.billable,
        "output": job.output,
        "metrics": {metric.name: metric.value for metric in job.metrics},
        "logGroup": job.log_group,
        "logStreamPrefix": job.stream_prefix,
        **links,
    }
