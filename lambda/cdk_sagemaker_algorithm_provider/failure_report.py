"""Explain why a validation failed, from SageMaker's statuses and the validation jobs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cdk_sagemaker_algorithm_provider.algorithm_store import AlgorithmRecord
from cdk_sagemaker_algorithm_provider.contract import aws_errors
from cdk_sagemaker_algorithm_provider.contract.durations import duration
from cdk_sagemaker_algorithm_provider.contract.outcome_event import NO_REASON
from cdk_sagemaker_algorithm_provider.contract.validation_jobs import Job, ValidationJobs

_CANDIDATES = 20


class Diagnosis:
    """Explains an algorithm's state, most useful facts first."""

    def __init__(self, client: Any) -> None:
        """Use a SageMaker client."""
        self._client = client

    def explain(self, algorithm: AlgorithmRecord) -> str:
        """Return why the algorithm is Failed."""
        lines = [f"SageMaker algorithm {algorithm.name} is {algorithm.status}: validation did not pass"]
        lines += _failures(algorithm.description.get("AlgorithmStatusDetails") or {})
        lines += self._job_lines(algorithm)
        return "\n".join(lines)

    def overdue(self, algorithm: AlgorithmRecord, timeout: int) -> str:
        """Return why waiting ended without a result."""
        line = (
            f"SageMaker algorithm {algorithm.name} is still {algorithm.status} after {duration(timeout)}, the "
            "validation_timeout; give it a longer one if its validation needs more"
        )
        return "\n".join([line, *self._job_lines(algorithm)])

    def _job_lines(self, algorithm: AlgorithmRecord) -> list[str]:
        if not algorithm.description.get("ValidationSpecification"):
            return []
        try:
            jobs = list(ValidationJobs(self._client, candidates=_CANDIDATES).of(algorithm.description))
        except Exception as error:  # noqa: BLE001 - what is known already must be told, whatever an answer looks like
            return [f"- its jobs could not be looked up: {aws_errors.code(error)}"]
        failed_first = sorted(jobs, key=lambda job: job.status != "Failed")
        return [_line(job, self._client.meta.region_name) for job in failed_first] or [
            "- no job of this validation was found"
        ]


def _line(job: Job, region: str) -> str:
    """Return a job with its status, reason and log."""
    reason = f": {job.reason}" if job.reason else ""
    return f"- {job.kind} job {job.name} {job.status}{reason}; read its log: {_log_command(job, region)}"


def _log_command(job: Job, region: str) -> str:
    """Return a command to paste, with the region and the start of the job, which can be hours ago."""
    created: datetime | None = job.description.get("CreationTime")
    since = "7d" if created is None else f"{created.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return f"aws logs tail {job.log_group} --log-stream-name-prefix {job.name}/ --since {since} --region {region}"


def _failures(details: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for what, member in (("validation", "ValidationStatuses"), ("image scan", "ImageScanStatuses")):
        for each in details.get(member) or ():
            if each.get("Status") == "Failed":
                reason = each.get("FailureReason") or NO_REASON
                lines.append(f"- {what} {each.get('Name')} Failed: {reason}")
    return lines
