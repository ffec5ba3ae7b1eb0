"""Read the content of a report from AWS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_algorithm.model.json_access import structure
from cdk_sagemaker_algorithm.monitoring import Curve, JobLogs, JobSnapshot, LogLine, Snapshot, StackReader, curves
from cdk_sagemaker_algorithm.monitoring.output_sample import Sample, transform_sample
from cdk_sagemaker_algorithm_provider.contract import aws_errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The content of a report about one algorithm.

    Attributes:
        seen: The algorithm and its validation.
        logs: Log lines by job name.
        curves: Metric values over time.
        sample: The beginning of the transform job's output; None without output.
        gaps: What could not be read, and why.
        earlier: The validation to compare with; None without a comparison.
        stack_tags: Tags of the stack; None if the algorithm has no stack, or they could not be read.
    """

    seen: Snapshot
    logs: Mapping[str, tuple[LogLine, ...]]
    curves: tuple[Curve, ...]
    sample: Sample | None
    gaps: tuple[str, ...]
    earlier: Snapshot | None = None
    stack_tags: Mapping[str, str] | None = None


def gather(seen: Snapshot, clients: Callable[[str], Any]) -> Evidence:
    """Read logs and results; missing permissions become gaps.

    Args:
        seen: The algorithm and its validation.
        clients: Gives the client of a service.
    """
    gaps = [f"the jobs of the validation: {seen.jobs_unknown}"] if seen.jobs_unknown else []
    if "TrainingSpecification" not in seen.description:
        gaps.append("the definition: the algorithm is deleted, and the events of its stack do not contain it")
    reader = JobLogs(clients("logs"))
    logs = {job.name: _tried(f"the log of {job.kind} job {job.name}", gaps, _log, reader, job) for job in seen.jobs}
    trained = [line for job in seen.jobs if job.kind == "training" for line in logs[job.name] or ()]
    sample: Sample | None = None
    for job in seen.jobs:
        if job.kind == "transform" and job.status == "Completed":
            sample = _tried(f"the output of transform job {job.name}", gaps, transform_sample, clients("s3"), job)
    stacks = StackReader(clients("cloudformation"))
    stack_tags = _tried("the tags of the stack", gaps, stacks.tags, seen.stack) if seen.stack else None
    return Evidence(
        seen=seen,
        stack_tags=stack_tags,
        logs={name: lines or () for name, lines in logs.items()},
        curves=curves(structure(seen.description, "TrainingSpecification"), trained),
        sample=sample,
        gaps=tuple(gaps),
    )


def _log(reader: JobLogs, job: JobSnapshot) -> tuple[LogLine, ...]:
    return tuple(reader.new_lines(job))


def _tried(what: str, gaps: list[str], read: Callable[..., Any], *arguments: object) -> Any:
    """Return the result of a function; None and a gap if AWS rejects a call."""
    try:
        return read(*arguments)
    except Exception as error:
        if not aws_errors.is_aws(error):
            raise
        gaps.append(f"{what}: {aws_errors.message(error)}")
        return None
