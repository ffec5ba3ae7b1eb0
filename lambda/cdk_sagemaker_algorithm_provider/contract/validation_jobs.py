"""Find the training and transform jobs that an algorithm's validation ran.

No API response lists them. They are the first jobs after the algorithm's creation that match its validation profile,
validation role and image, and belong to no other algorithm that was searched for before. The jobs of two algorithms
cannot be distinguished if both algorithms have the same profiles and were created at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Literal

JobKind = Literal["training", "transform"]

#: Log groups of the jobs' containers.
LOG_GROUPS: dict[JobKind, str] = {
    "training": "/aws/sagemaker/TrainingJobs",
    "transform": "/aws/sagemaker/TransformJobs",
}
_ENDED = ("Completed", "Failed", "Stopped")
_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A validation job."""

    kind: JobKind
    description: Mapping[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        """The name of the job."""
        return str(self.description[f"{self.kind.capitalize()}JobName"])

    @property
    def status(self) -> str:
        """InProgress, Completed, Failed, Stopping or Stopped."""
        return str(self.description[f"{self.kind.capitalize()}JobStatus"])

    @property
    def reason(self) -> str:
        """The failure reason; empty if SageMaker returns none."""
        return str(self.description.get("FailureReason") or "")

    @property
    def log_group(self) -> str:
        """The log group of the job's containers; the names of the streams start with the job's name and a slash."""
        return LOG_GROUPS[self.kind]

    @property
    def ended(self) -> bool:
        """Whether the job's status is final."""
        return self.status in _ENDED


class ValidationJobs:
    """Search for the validation jobs of one or several algorithms.

    Jobs that have ended, and jobs of other algorithms, are described once. A job belongs to one algorithm only.
    """

    def __init__(self, client: Any, *, candidates: int | None = None) -> None:
        """Create a search that uses a SageMaker client and examines up to `candidates` jobs of each kind."""
        self._client = client
        self._candidates = candidates
        self._described: dict[tuple[JobKind, str], Job] = {}
        self._owners: dict[tuple[JobKind, str], Any] = {}

    def of(self, algorithm: Mapping[str, Any]) -> Iterator[Job]:
        """Yield the jobs of an algorithm's validation, training jobs first.

        Args:
            algorithm: A DescribeAlgorithm response.
        """
        owner = algorithm.get("AlgorithmName")
        specification: Mapping[str, Any] = algorithm.get("ValidationSpecification") or {}
        if not _has_begun(algorithm):
            return
        for profile in specification.get("ValidationProfiles") or ():
            since = algorithm.get("CreationTime")
            training = self._first("training", since, owner, _training_test(algorithm, specification, profile))
            if training is None:
                # Without its end, the first transform job that matches may be another algorithm's.
                continue
            yield training
            if training.status == "Completed" and profile.get("TransformJobDefinition"):
                since = training.description.get("TrainingEndTime") or since
                is_its = _transform_test(profile["TransformJobDefinition"])
                transform = self._first("transform", since, owner, is_its)
                if transform is not None:
                    yield transform

    def named(self, kind: JobKind, name: str) -> Job:
        """Return a job whose name is known.

        Args:
            kind: The kind of job.
            name: The name of the job.
        """
        describe = getattr(self._client, f"describe_{kind}_job")
        return Job(kind=kind, description=describe(**{f"{kind.capitalize()}JobName": name}))

    def _first(
        self, kind: JobKind, since: datetime | None, owner: object, is_its: Callable[[Mapping[str, Any]], bool]
    ) -> Job | None:
        for name in islice(self._names(kind, since), self._candidates):
            if self._owners.get((kind, name), owner) == owner:
                job = self._job(kind, name, is_its)
                if job is not None:
                    self._owners[kind, name] = owner
                    return job
        return None

    def _job(self, kind: JobKind, name: str, is_its: Callable[[Mapping[str, Any]], bool]) -> Job | None:
        known = self._described.get((kind, name))
        job = known or self.named(kind, name)
        # What tells whose job it is never changes.
        its = is_its(job.description)
        if its and known is not None and not known.ended:
            job = self.named(kind, name)
        self._described[kind, name] = job
        return job if its else None

    def _names(self, kind: JobKind, since: datetime | None) -> Iterator[str]:
        word = kind.capitalize()
        window: dict[str, Any] = {} if since is None else {"CreationTimeAfter": since}
        lister = self._client.get_paginator(f"list_{kind}_jobs")
        for page in lister.paginate(SortBy="CreationTime", SortOrder="Ascending", MaxResults=_PAGE, **window):
            for summary in page.get(f"{word}JobSummaries", []):
                yield summary[f"{word}JobName"]


def _has_begun(algorithm: Mapping[str, Any]) -> bool:
    details: Mapping[str, Any] = algorithm.get("AlgorithmStatusDetails") or {}
    # An image scan that fails ends a validation before its first job.
    statuses = [status.get("Status") for status in details.get("ValidationStatuses") or ()]
    return not statuses or any(status != "NotStarted" for status in statuses)


def _training_test(
    algorithm: Mapping[str, Any], specification: Mapping[str, Any], profile: Mapping[str, Any]
) -> Callable[[Mapping[str, Any]], bool]:
    image = algorithm.get("TrainingSpecification", {}).get("TrainingImage", "")
    itself = (algorithm.get("AlgorithmName"), algorithm.get("AlgorithmArn"))
    wanted: Mapping[str, Any] = profile.get("TrainingJobDefinition") or {}

    def is_its(job: Mapping[str, Any]) -> bool:
        source = job.get("AlgorithmSpecification", {})
        same_code = source.get("AlgorithmName") in itself or (
            _repository(source.get("TrainingImage", image)) == _repository(image)
        )
        return (
            same_code
            and job.get("RoleArn") == specification.get("ValidationRole")
            and _output(job, "OutputDataConfig") == _output(wanted, "OutputDataConfig")
            and _channels(job) == _channels(wanted)
            and _values(wanted).items() <= _values(job).items()
        )

    return is_its


def _transform_test(wanted: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], bool]:
    # DescribeTransformJob returns neither role nor image.
    def is_its(job: Mapping[str, Any]) -> bool:
        same_output = _output(job, "TransformOutput") == _output(wanted, "TransformOutput")
        same_input = _source(job.get("TransformInput", {})) == _source(wanted.get("TransformInput", {}))
        return bool(same_output and same_input)

    return is_its


def _values(job: Mapping[str, Any]) -> dict[str, str]:
    return dict(job.get("HyperParameters") or {})


def _output(job: Mapping[str, Any], member: str) -> Any:
    return job.get(member, {}).get("S3OutputPath")


def _channels(job: Mapping[str, Any]) -> dict[str, Any]:
    return {channel.get("ChannelName", ""): _source(channel) for channel in job.get("InputDataConfig") or ()}


def _source(container: Mapping[str, Any]) -> Any:
    return container.get("DataSource", {}).get("S3DataSource", {}).get("S3Uri")


def _repository(image: str) -> str:
    """Return an image without tag and digest: a job can return the other one of the two."""
    path, _, name = image.partition("@")[0].rpartition("/")
    return f"{path}/{name.partition(':')[0]}"
