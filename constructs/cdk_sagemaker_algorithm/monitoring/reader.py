"""Looks at algorithms through the SageMaker API."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches
from itertools import islice
from typing import Any

from cdk_sagemaker_algorithm.model.json_access import structure, structures
from cdk_sagemaker_algorithm.monitoring.errors import MissingAlgorithmError
from cdk_sagemaker_algorithm.monitoring.snapshot import (
    DELETED,
    Check,
    CheckKind,
    JobSnapshot,
    Metric,
    Phase,
    Snapshot,
    Summary,
)
from cdk_sagemaker_algorithm.monitoring.validation_steps import steps_of
from cdk_sagemaker_algorithm_provider.contract import aws_errors
from cdk_sagemaker_algorithm_provider.contract.limits import DEFAULT_MAX_RUNTIME
from cdk_sagemaker_algorithm_provider.contract.validation_jobs import Job, ValidationJobs

# How many names a mistyped one is compared with.
_CANDIDATES = 1000
_WORKING = ("Training", "Uploading")
_CHECKS: tuple[tuple[CheckKind, str], ...] = (
    ("image scan", "ImageScanStatuses"),
    ("validation", "ValidationStatuses"),
)


class SnapshotReader:
    """Looks, and remembers of jobs what cannot change any more."""

    def __init__(self, sagemaker: Any, *, now: Callable[[], float] = time.time) -> None:
        """Use a client.

        Args:
            sagemaker: A SageMaker client.
            now: Tells the time, in seconds since 1970.
        """
        self._client = sagemaker
        self._now = now
        self._jobs = ValidationJobs(sagemaker)

    def read(self, name: str) -> Snapshot:
        """Everything about one algorithm.

        Args:
            name: Its name or ARN.

        Raises:
            MissingAlgorithmError: There is none.
        """
        try:
            description = self._client.describe_algorithm(AlgorithmName=name)
        except Exception as error:
            if aws_errors.is_aws(error) and aws_errors.is_missing(error):
                raise MissingAlgorithmError(self._missing(name)) from error
            raise
        return self._observation(description, description["AlgorithmStatus"])

    def read_deleted(self, last: Snapshot) -> Snapshot:
        """What can still be seen of an algorithm that has been deleted: the jobs of its validation.

        Args:
            last: What was seen of it before.
        """
        seen = self._observation(last.description, DELETED)
        return seen if seen.jobs or not last.jobs else replace(seen, jobs=last.jobs)

    def algorithms(self) -> Iterator[Summary]:
        """All algorithms of the account in this region, the newest first."""
        pages = self._client.get_paginator("list_algorithms").paginate(SortBy="CreationTime", SortOrder="Descending")
        for summary in (summary for page in pages for summary in page.get("AlgorithmSummaryList", ())):
            yield Summary(
                name=summary["AlgorithmName"],
                status=summary["AlgorithmStatus"],
                created=summary["CreationTime"].timestamp(),
                description=summary.get("AlgorithmDescription") or "",
            )

    def tags(self, arn: str) -> list[dict[str, str]]:
        """All tags of an algorithm.

        Args:
            arn: Its ARN.
        """
        pages = self._client.get_paginator("list_tags").paginate(ResourceArn=arn)
        return [tag for page in pages for tag in page.get("Tags", ())]

    def _missing(self, name: str) -> str:
        region = self._client.meta.region_name
        try:
            there = [each.name for each in islice(self.algorithms(), _CANDIDATES)]
        except Exception as error:
            # Whoever may look at one may not be allowed to list them.
            if not aws_errors.is_aws(error):
                raise
            there = []
        near = get_close_matches(name, there, 1)
        meant = f"did you mean {near[0]!r}? " if near else ""
        return (
            f"there is no algorithm {name!r} in {region}; {meant}`cdk-sagemaker-algorithm status` lists those that are "
            "there, and --region and --profile choose where to look"
        )

    def _observation(self, description: Mapping[str, Any], status: str) -> Snapshot:
        checks = tuple(_checks(structure(description, "AlgorithmStatusDetails")))
        jobs, unknown = self._look_up_jobs(description)
        return Snapshot(
            name=description["AlgorithmName"],
            arn=description["AlgorithmArn"],
            status=status,
            created=_time(description.get("CreationTime")),
            taken_at=self._now(),
            checks=checks,
            jobs=jobs,
            jobs_unknown=unknown,
            steps=steps_of(description, status, checks, jobs),
            description=description,
        )

    def _look_up_jobs(self, description: Mapping[str, Any]) -> tuple[tuple[JobSnapshot, ...], str]:
        """The jobs; whoever may see the algorithm may not be allowed to see them."""
        try:
            return tuple(_job_view(job) for job in self._jobs.of(description)), ""
        except Exception as error:
            if aws_errors.is_aws(error) and aws_errors.is_denied(error):
                return (), aws_errors.message(error)
            raise


def _checks(details: Mapping[str, Any]) -> Iterator[Check]:
    for kind, member in _CHECKS:
        for each in structures(details, member):
            yield Check(
                kind=kind,
                name=str(each.get("Name", "")),
                status=str(each.get("Status", "")),
                reason=str(each.get("FailureReason") or ""),
            )


def _job_view(job: Job) -> JobSnapshot:
    answer = job.description
    training = job.kind == "training"
    phases = tuple(_phases(answer)) if training else ()
    word = job.kind.capitalize()
    started = _time(answer.get(f"{word}StartTime"))
    output = structure(answer, "OutputDataConfig" if training else "TransformOutput")
    artifacts = structure(answer, "ModelArtifacts").get("S3ModelArtifacts")
    return JobSnapshot(
        kind=job.kind,
        name=job.name,
        arn=answer[f"{word}JobArn"],
        status=job.status,
        reason=job.reason,
        instances=_instances(structure(answer, "ResourceConfig" if training else "TransformResources")),
        created=_time(answer.get("CreationTime")) or 0.0,
        started=started,
        ended=_time(answer.get(f"{word}EndTime")),
        limit=_limit(answer) if training else None,
        billable=answer.get("BillableTimeInSeconds"),
        output=artifacts or output.get("S3OutputPath", ""),
        log_group=job.log_group,
        phases=phases,
        metrics=tuple(
            Metric(name=each["MetricName"], value=each["Value"]) for each in structures(answer, "FinalMetricDataList")
        ),
    )


def _limit(answer: Mapping[str, Any]) -> float:
    return float(structure(answer, "StoppingCondition").get("MaxRuntimeInSeconds") or DEFAULT_MAX_RUNTIME)


def _phases(answer: Mapping[str, Any]) -> Iterator[Phase]:
    for each in structures(answer, "SecondaryStatusTransitions"):
        yield Phase(
            name=each["Status"],
            message=each.get("StatusMessage") or "",
            started=_time(each.get("StartTime")) or 0.0,
            ended=_time(each.get("EndTime")),
        )


def _instances(resources: Mapping[str, Any]) -> str:
    groups = structures(resources, "InstanceGroups")
    choices = [resources] if resources.get("InstanceType") else structures(resources, "InstancePreferences")
    count = resources.get("InstanceCount") or 1
    texts = [f"{group.get('InstanceCount') or count} x {group['InstanceType']}" for group in groups or choices]
    return (" + " if groups else " or ").join(texts)


def _time(value: datetime | None) -> float | None:
    return None if value is None else value.timestamp()
