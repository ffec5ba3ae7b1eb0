"""Read algorithms and their validations from the SageMaker API."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from difflib import get_close_matches
from itertools import islice
from typing import Any

from cdk_sagemaker_algorithm.model.arn import Arn
from cdk_sagemaker_algorithm.model.json_access import structure, structures
from cdk_sagemaker_algorithm.monitoring.errors import MissingAlgorithmError
from cdk_sagemaker_algorithm.monitoring.snapshot import (
    DELETED,
    CheckKind,
    JobSnapshot,
    Metric,
    Phase,
    Snapshot,
    Summary,
    ValidationCheck,
)
from cdk_sagemaker_algorithm.monitoring.stack_operations import DeployedAlgorithm
from cdk_sagemaker_algorithm.monitoring.validation_steps import steps_of
from cdk_sagemaker_algorithm_provider.contract import aws_errors
from cdk_sagemaker_algorithm_provider.contract.limits import DEFAULT_MAX_RUNTIME
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import (
    RESOURCE_TAG,
    RETAINED_TAG,
    STACK_TAG,
    read_tags,
    stack_name,
)
from cdk_sagemaker_algorithm_provider.contract.resource_schema import DEFINITION_MEMBERS
from cdk_sagemaker_algorithm_provider.contract.validation_jobs import Job, JobKind, ValidationJobs

# How many names a mistyped one is compared with.
_CANDIDATES = 1000
# How many failed algorithms are asked for their tags.
_MOST_RETAINED = 100
# As the reason of a failed deployment names the jobs.
_JOB = re.compile(r"^- (training|transform) job (\S+) ", re.MULTILINE)
_NO_JOBS: Mapping[str, JobKind] = {}
_CHECKS: tuple[tuple[CheckKind, str], ...] = (
    ("image scan", "ImageScanStatuses"),
    ("validation", "ValidationStatuses"),
)


class SnapshotReader:
    """Reads algorithms, and caches values of jobs that cannot change."""

    def __init__(self, sagemaker: Any, *, now: Callable[[], float] = time.time) -> None:
        """Use a client.

        Args:
            sagemaker: A SageMaker client.
            now: The clock, in seconds since 1970.
        """
        self._client = sagemaker
        self._now = now
        self._jobs = ValidationJobs(sagemaker)
        self._tags: dict[tuple[str, float | None], Mapping[str, str] | None] = {}
        self._last: dict[str, Snapshot] = {}

    def read(self, name: str) -> Snapshot:
        """Read an algorithm and its validation.

        Args:
            name: Its name or ARN.

        Raises:
            MissingAlgorithmError: There is none.
        """
        seen = self._find(name)
        if seen is None:
            raise MissingAlgorithmError(self._missing(name))
        return seen

    def _find(self, name: str) -> Snapshot | None:
        """Return an algorithm; None if it does not exist."""
        try:
            description = self._client.describe_algorithm(AlgorithmName=name)
        except Exception as error:
            if aws_errors.is_aws(error) and aws_errors.is_missing(error):
                return None
            raise
        seen = self._observation(description, description["AlgorithmStatus"])
        seen = replace(seen, tags=self._tags_of(seen.arn, seen.created))
        self._last[seen.name] = seen
        return seen

    def read_all(self, deployed: Sequence[DeployedAlgorithm]) -> list[Snapshot | None]:
        """Return the algorithms of a deployment in their order; None for those without a name.

        Args:
            deployed: The algorithms in the stack's events.
        """
        # The reasons of failures name jobs; what is left belongs to the others.
        order = sorted(range(len(deployed)), key=lambda position: not deployed[position].failure)
        seen = {position: self.read_deployed(deployed[position]) for position in order}
        return [seen[position] for position in range(len(deployed))]

    def read_deployed(self, deployed: DeployedAlgorithm) -> Snapshot | None:
        """Return an algorithm of a stack, also if the rollback has deleted it; None before it has a name.

        Args:
            deployed: The algorithm in the stack's events.
        """
        if not deployed.name:
            return None
        seen = self._find(deployed.name)
        if seen is None:
            last = self._last.get(deployed.name)
            seen = self.read_deleted(last) if last else self._from_events(deployed)
        elif seen.status == "Failed" and deployed.fate == "deleted":
            # To CloudFormation, a resource whose algorithm is retained (`retain_failed`) is deleted.
            deployed = replace(deployed, fate="retained")
        return replace(seen, deployed=deployed)

    def read_past(self, deployed: DeployedAlgorithm, *, gone: bool) -> Snapshot | None:
        """Return an algorithm of an earlier operation of a stack; None if that operation gave it no name.

        Args:
            deployed: The algorithm in the stack's events.
            gone: Whether another algorithm has its name now.
        """
        if not gone:
            return self.read_deployed(deployed)
        return replace(self._from_events(deployed), deployed=deployed) if deployed.name else None

    def retained(self, stack_id: str, known: Iterable[str], root: Callable[[str], str]) -> Iterator[Snapshot]:
        """Return the failed algorithms that earlier deployments of a stack have retained, found by their tags.

        Args:
            stack_id: The stack's ID. A stack of that name that was deleted counts too.
            known: Names to skip.
            root: Returns the ID of the stack that a nested stack belongs to.
        """
        try:
            names = [each.name for each in self.algorithms() if each.status == "Failed"]
        except Exception as error:
            # One who may look at an algorithm may not be allowed to list them.
            if aws_errors.is_aws(error) and aws_errors.is_denied(error):
                return
            raise
        skipped = set(known)
        for name in [name for name in names if name not in skipped][:_MOST_RETAINED]:
            seen = self._find(name)
            if seen is None:
                continue
            tags = seen.tags or {}
            home = tags.get(STACK_TAG, "")
            if home and RETAINED_TAG in tags and stack_name(root(home)) == stack_name(stack_id):
                deployed = DeployedAlgorithm(
                    stack=home,
                    path=tags.get(RESOURCE_TAG, ""),
                    name=name,
                    status="",
                    changed=seen.created or 0.0,
                    touched=False,
                    fate="retained",
                )
                yield replace(seen, deployed=deployed)

    def read_deleted(self, last: Snapshot) -> Snapshot:
        """Return a deleted algorithm with the jobs of its validation.

        Args:
            last: The last snapshot of the algorithm.
        """
        seen = self._observation(last.description, DELETED)
        return seen if seen.jobs or not last.jobs else replace(seen, jobs=last.jobs)

    def _from_events(self, deployed: DeployedAlgorithm) -> Snapshot:
        """Return an algorithm that only the stack's events describe."""
        return self._observation(_description(deployed), DELETED, _named_jobs(deployed.failure))

    def algorithms(self) -> Iterator[Summary]:
        """Return all algorithms of the account in this region, newest first."""
        pages = self._client.get_paginator("list_algorithms").paginate(SortBy="CreationTime", SortOrder="Descending")
        for summary in (summary for page in pages for summary in page.get("AlgorithmSummaryList", ())):
            yield Summary(
                name=summary["AlgorithmName"],
                status=summary["AlgorithmStatus"],
                created=summary["CreationTime"].timestamp(),
                description=summary.get("AlgorithmDescription") or "",
            )

    def _tags_of(self, arn: str, created: float | None) -> Mapping[str, str] | None:
        """Return the tags of the first poll; None without permission to read them."""
        if (arn, created) not in self._tags:
            try:
                self._tags[arn, created] = read_tags(self._client, arn)
            except Exception as error:
                if not (aws_errors.is_aws(error) and aws_errors.is_denied(error)):
                    raise
                self._tags[arn, created] = None
        return self._tags[arn, created]

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
            "there; choose another region or account with --region and --profile"
        )

    def _observation(
        self, description: Mapping[str, Any], status: str, named: Mapping[str, JobKind] = _NO_JOBS
    ) -> Snapshot:
        checks = tuple(_checks(structure(description, "AlgorithmStatusDetails")))
        jobs, unknown = self._look_up_jobs(description, named)
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

    def _look_up_jobs(
        self, description: Mapping[str, Any], named: Mapping[str, JobKind]
    ) -> tuple[tuple[JobSnapshot, ...], str]:
        """Return the jobs; empty without permission to read them."""
        try:
            owner = description["AlgorithmName"]
            found = [self._jobs.named(kind, name, owner=owner) for name, kind in named.items()]
            found = found or list(self._jobs.of(description))
            return tuple(_job_view(job) for job in found), ""
        except Exception as error:
            if aws_errors.is_aws(error) and aws_errors.is_denied(error):
                return (), aws_errors.message(error)
            raise


def _description(deployed: DeployedAlgorithm) -> Mapping[str, Any]:
    """Reconstruct a DescribeAlgorithm response from the stack's events."""
    stack = Arn.parse(deployed.stack)
    arn = replace(stack, service="sagemaker", resource=f"algorithm/{deployed.name}") if stack else ""
    definition = {member: deployed.properties[member] for member in DEFINITION_MEMBERS if member in deployed.properties}
    created = {} if deployed.created is None else {"CreationTime": datetime.fromtimestamp(deployed.created, UTC)}
    return {
        "AlgorithmName": deployed.name,
        "AlgorithmArn": str(arn),
        **created,
        **definition,
    }


def _named_jobs(reason: str) -> dict[str, JobKind]:
    """Return the jobs that the reason of a failed deployment names, training jobs first."""
    return {name: "training" if kind == "training" else "transform" for kind, name in sorted(_JOB.findall(reason))}


def _checks(details: Mapping[str, Any]) -> Iterator[ValidationCheck]:
    for kind, member in _CHECKS:
        for each in structures(details, member):
            yield ValidationCheck(
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
    resources = structure(answer, "ResourceConfig" if training else "TransformResources")
    artifacts = structure(answer, "ModelArtifacts").get("S3ModelArtifacts")
    return JobSnapshot(
        kind=job.kind,
        name=job.name,
        arn=answer[f"{word}JobArn"],
        status=job.status,
        reason=job.reason,
        instances=_instances(resources),
        machines=tuple(_machines(resources)),
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


def _machines(resources: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Return the instances of a job; of several preferences, the selected one."""
    groups = structures(resources, "InstanceGroups")
    if groups:
        yield from ((group["InstanceType"], group.get("InstanceCount") or 1) for group in groups)
        return
    chosen = resources.get("InstanceType") or resources.get("SelectedInstanceType")
    if chosen:
        yield chosen, resources.get("SelectedInstanceCount") or resources.get("InstanceCount") or 1


def _time(value: datetime | None) -> float | None:
    return None if value is None else value.timestamp()
