"""Why validation failed, as far as SageMaker tells: statuses, and the jobs that it ran.

No response names the jobs. They are those that began after the algorithm was made, with the validation's role and
output location.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from . import faults
from .algorithms import Algorithm

_PAGES = 3
_CANDIDATES = 20
_LOG_GROUPS = {"training": "/aws/sagemaker/TrainingJobs", "transform": "/aws/sagemaker/TransformJobs"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A training or transform job that validation ran."""

    kind: str
    name: str
    status: str
    reason: str

    def __str__(self) -> str:
        """One line: what it was, how it ended, why, and where its log is."""
        reason = f": {self.reason}" if self.reason else ""
        logs = f"log group {_LOG_GROUPS[self.kind]}, streams {self.name}/…"
        return f"- {self.kind} job {self.name} {self.status}{reason} ({logs})"


class Diagnosis:
    """Explains an algorithm's state, the most useful first."""

    def __init__(self, client: Any) -> None:
        """Use a SageMaker client."""
        self._client = client

    def explain(self, algorithm: Algorithm) -> str:
        """Why the algorithm is Failed."""
        lines = [f"SageMaker algorithm {algorithm.name} is {algorithm.status}: validation did not pass"]
        lines += _failures(algorithm.description.get("AlgorithmStatusDetails") or {})
        lines += self._job_lines(algorithm)
        return "\n".join(lines)

    def overdue(self, algorithm: Algorithm, timeout: int) -> str:
        """Why waiting ended without a result."""
        line = (
            f"SageMaker algorithm {algorithm.name} is still {algorithm.status} after {_duration(timeout)}, the "
            "validation_timeout; give it a longer one if its validation needs more"
        )
        return "\n".join([line, *self._job_lines(algorithm)])

    def _job_lines(self, algorithm: Algorithm) -> list[str]:
        specification = algorithm.description.get("ValidationSpecification")
        if not specification:
            return []
        try:
            jobs = [
                *self._training_jobs(algorithm, specification),
                *self._transform_jobs(algorithm, specification),
            ]
        except Exception as error:
            if not faults.is_aws(error):
                raise
            return [f"- its jobs could not be looked up: {faults.code(error)}"]
        failed_first = sorted(jobs, key=lambda job: job.status != "Failed")
        return [str(job) for job in failed_first] or ["- no job of this validation was found"]

    def _training_jobs(self, algorithm: Algorithm, specification: Mapping[str, Any]) -> Iterator[Job]:
        outputs = _outputs(specification, "TrainingJobDefinition", "OutputDataConfig")
        image = algorithm.description.get("TrainingSpecification", {}).get("TrainingImage")
        for name in self._since(algorithm, "list_training_jobs", "TrainingJobSummaries", "TrainingJobName"):
            job = self._client.describe_training_job(TrainingJobName=name)
            source = job.get("AlgorithmSpecification", {})
            same_code = source.get("AlgorithmName") in (algorithm.name, algorithm.arn) or (
                source.get("TrainingImage", image) == image
            )
            same_role = job.get("RoleArn") == specification.get("ValidationRole")
            same_output = job.get("OutputDataConfig", {}).get("S3OutputPath") in outputs
            if same_code and same_role and same_output:
                yield Job(
                    kind="training",
                    name=name,
                    status=job["TrainingJobStatus"],
                    reason=job.get("FailureReason", ""),
                )

    def _transform_jobs(self, algorithm: Algorithm, specification: Mapping[str, Any]) -> Iterator[Job]:
        outputs = _outputs(specification, "TransformJobDefinition", "TransformOutput")
        if not outputs:
            return
        for name in self._since(algorithm, "list_transform_jobs", "TransformJobSummaries", "TransformJobName"):
            job = self._client.describe_transform_job(TransformJobName=name)
            if job.get("TransformOutput", {}).get("S3OutputPath") in outputs:
                yield Job(
                    kind="transform",
                    name=name,
                    status=job["TransformJobStatus"],
                    reason=job.get("FailureReason", ""),
                )

    def _since(self, algorithm: Algorithm, operation: str, summaries: str, name: str) -> list[str]:
        """The first jobs that began after the algorithm was made."""
        found: list[str] = []
        token: dict[str, str] = {}
        created = algorithm.description.get("CreationTime")
        window = {"CreationTimeAfter": created} if created is not None else {}
        for _ in range(_PAGES):
            page = getattr(self._client, operation)(
                SortBy="CreationTime", SortOrder="Ascending", MaxResults=100, **window, **token
            )
            found += [summary[name] for summary in page.get(summaries, [])]
            if len(found) >= _CANDIDATES or not page.get("NextToken"):
                break
            token = {"NextToken": page["NextToken"]}
        return found[:_CANDIDATES]


def _failures(details: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for what, member in (("validation", "ValidationStatuses"), ("image scan", "ImageScanStatuses")):
        for each in details.get(member) or ():
            if each.get("Status") == "Failed":
                reason = each.get("FailureReason") or "SageMaker gives no reason"
                lines.append(f"- {what} {each.get('Name')} Failed: {reason}")
    return lines


def _outputs(specification: Mapping[str, Any], definition: str, output: str) -> set[str]:
    profiles = specification.get("ValidationProfiles") or ()
    paths = {profile.get(definition, {}).get(output, {}).get("S3OutputPath") for profile in profiles}
    return paths - {None}


def _duration(seconds: int) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    return " ".join(part for part in (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "") if part)
