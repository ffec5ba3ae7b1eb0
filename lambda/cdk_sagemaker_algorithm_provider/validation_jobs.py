"""The training and transform jobs that an algorithm's validation ran.

No response names them. They are those that began after the algorithm was made, with the validation's role, image and
output location; two algorithms that share all three and were made at the same time cannot be told apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

Kind = Literal["training", "transform"]

#: Where CloudWatch Logs has what a job's container prints.
LOG_GROUPS: dict[Kind, str] = {
    "training": "/aws/sagemaker/TrainingJobs",
    "transform": "/aws/sagemaker/TransformJobs",
}
_ENDED = ("Completed", "Failed", "Stopped")
_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job that validation ran."""

    kind: Kind
    description: Mapping[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        """The job's name."""
        return str(self.description[f"{self.kind.capitalize()}JobName"])

    @property
    def status(self) -> str:
        """InProgress, Completed, Failed, Stopping or Stopped."""
        return str(self.description[f"{self.kind.capitalize()}JobStatus"])

    @property
    def reason(self) -> str:
        """Why it failed; empty where nobody says."""
        return str(self.description.get("FailureReason") or "")

    @property
    def log_group(self) -> str:
        """The log group of its containers; its streams' names begin with the job's name and a slash."""
        return LOG_GROUPS[self.kind]

    @property
    def ended(self) -> bool:
        """Whether nothing about it will change."""
        return self.status in _ENDED


class ValidationJobs:
    """Finds the jobs; what was found to be over, or to be somebody else's, is not asked for again."""

    def __init__(self, client: Any, *, candidates: int | None = None) -> None:
        """Use a SageMaker client, and look at so many jobs of a kind at most."""
        self._client = client
        self._candidates = candidates
        self._settled: dict[tuple[Kind, str], Job] = {}
        self._others: set[tuple[Kind, str]] = set()

    def of(self, algorithm: Mapping[str, Any]) -> Iterator[Job]:
        """The jobs of an algorithm's validation, training first, as DescribeAlgorithm's answer lets them be known."""
        specification: Mapping[str, Any] = algorithm.get("ValidationSpecification") or {}
        for profile in specification.get("ValidationProfiles") or ():
            yield from self._find("training", algorithm, _training_test(algorithm, specification, profile))
            if profile.get("TransformJobDefinition"):
                yield from self._find("transform", algorithm, _transform_test(profile))

    def _find(
        self, kind: Kind, algorithm: Mapping[str, Any], is_its: Callable[[Mapping[str, Any]], bool]
    ) -> Iterator[Job]:
        for name in islice(self._names(kind, algorithm), self._candidates):
            job = self._job(kind, name, is_its)
            if job is not None:
                yield job

    def _job(self, kind: Kind, name: str, is_its: Callable[[Mapping[str, Any]], bool]) -> Job | None:
        if (kind, name) in self._others:
            return None
        if (kind, name) in self._settled:
            return self._settled[kind, name]
        describe = getattr(self._client, f"describe_{kind}_job")
        description = describe(**{f"{kind.capitalize()}JobName": name})
        if not is_its(description):
            self._others.add((kind, name))
            return None
        job = Job(kind=kind, description=description)
        if job.ended:
            self._settled[kind, name] = job
        return job

    def _names(self, kind: Kind, algorithm: Mapping[str, Any]) -> Iterator[str]:
        """The jobs since the algorithm was made, the first one first."""
        word = kind.capitalize()
        created = algorithm.get("CreationTime")
        window = {"CreationTimeAfter": created} if created is not None else {}
        token: dict[str, str] = {}
        while True:
            page = getattr(self._client, f"list_{kind}_jobs")(
                SortBy="CreationTime", SortOrder="Ascending", MaxResults=_PAGE, **window, **token
            )
            for summary in page.get(f"{word}JobSummaries", []):
                yield summary[f"{word}JobName"]
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}


def _training_test(
    algorithm: Mapping[str, Any], specification: Mapping[str, Any], profile: Mapping[str, Any]
) -> Callable[[Mapping[str, Any]], bool]:
    image = algorithm.get("TrainingSpecification", {}).get("TrainingImage")
    itself = (algorithm.get("AlgorithmName"), algorithm.get("AlgorithmArn"))
    output = _output(profile, "TrainingJobDefinition", "OutputDataConfig")

    def is_its(job: Mapping[str, Any]) -> bool:
        source = job.get("AlgorithmSpecification", {})
        return (
            (source.get("AlgorithmName") in itself or source.get("TrainingImage", image) == image)
            and job.get("RoleArn") == specification.get("ValidationRole")
            and job.get("OutputDataConfig", {}).get("S3OutputPath") == output
        )

    return is_its


def _transform_test(profile: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], bool]:
    output = _output(profile, "TransformJobDefinition", "TransformOutput")
    # DescribeTransformJob tells neither role nor image.
    return lambda job: job.get("TransformOutput", {}).get("S3OutputPath") == output


def _output(profile: Mapping[str, Any], definition: str, output: str) -> str | None:
    path = profile.get(definition, {}).get(output, {}).get("S3OutputPath")
    return None if path is None else str(path)
