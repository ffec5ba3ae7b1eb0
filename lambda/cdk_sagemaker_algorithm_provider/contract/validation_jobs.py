"""Find the training and transform jobs that an algorithm's validation ran.

No API response lists them. They are the first jobs after the algorithm's creation that match its validation profile,
validation role and image, and belong to no other algorithm that was searched for before. If several algorithms with the
same profiles were created at the same time, the failure reason of an algorithm shows which failed job is its own; their
other jobs cannot be distinguished.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Literal

JobKind = Literal["training", "transform"]
_Test = Callable[[Mapping[str, Any]], bool]

#: Log groups of the jobs' containers.
LOG_GROUPS: dict[JobKind, str] = {
    "training": "/aws/sagemaker/TrainingJobs",
    "transform": "/aws/sagemaker/TransformJobs",
}
_ENDED = ("Completed", "Failed", "Stopped")
_PAGE = 100
# How many jobs with the profile's settings are compared with the algorithm's outcome.
_MOST_ALIKE = 10


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

    @property
    def failed(self) -> bool:
        """Whether the job ended without success."""
        return self.status in ("Failed", "Stopped")


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
        fits = _outcome_test(algorithm)
        for profile in specification.get("ValidationProfiles") or ():
            since = algorithm.get("CreationTime")
            is_its = _training_test(algorithm, specification, profile)
            training = self._likeliest("training", since, owner, is_its, fits)
            if training is None:
                # Without its end, the first transform job that matches may be another algorithm's.
                continue
            yield training
            if training.status == "Completed" and profile.get("TransformJobDefinition"):
                since = training.description.get("TrainingEndTime") or since
                is_its = _transform_test(profile["TransformJobDefinition"])
                transform = self._likeliest("transform", since, owner, is_its, fits)
                if transform is not None:
                    yield transform

    def named(self, kind: JobKind, name: str, *, owner: str = "") -> Job:
        """Return a job whose name is known.

        Args:
            kind: The kind of job.
            name: The name of the job.
            owner: The name of the algorithm that the job belongs to, if that is known.
        """
        if owner:
            self._owners[kind, name] = owner
        describe = getattr(self._client, f"describe_{kind}_job")
        return Job(kind=kind, description=describe(**{f"{kind.capitalize()}JobName": name}))

    def _likeliest(
        self, kind: JobKind, since: datetime | None, owner: object, is_its: _Test, fits: Callable[[Job], bool]
    ) -> Job | None:
        """Return the first job that fits the algorithm's outcome, or else the first with the profile's settings."""
        first: Job | None = None
        for job in islice(self._alike(kind, since, owner, is_its), _MOST_ALIKE):
            if fits(job):
                self._owners[kind, job.name] = owner
                return job
            first = first or job
        if first is not None:
            # The algorithm whose failure it is may still be searched for.
            self._owners[kind, first.name] = None if first.failed else owner
        return first

    def _alike(self, kind: JobKind, since: datetime | None, owner: object, is_its: _Test) -> Iterator[Job]:
        """Yield the jobs with the profile's settings that belong to no other algorithm, oldest first."""
        for name in islice(self._names(kind, since), self._candidates):
            if self._owners.get((kind, name)) in (None, owner):
                job = self._job(kind, name, is_its)
                if job is not None:
                    yield job

    def _job(self, kind: JobKind, name: str, is_its: _Test) -> Job | None:
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


def _outcome_test(algorithm: Mapping[str, Any]) -> Callable[[Job], bool]:
    """Return a function: whether a job fits the algorithm's outcome."""
    details: Mapping[str, Any] = algorithm.get("AlgorithmStatusDetails") or {}
    reasons = [str(each.get("FailureReason") or "") for each in details.get("ValidationStatuses") or ()]
    given = [reason for reason in reasons if reason]

    def fits(job: Job) -> bool:
        if given:
            return any(job.reason and (job.reason in reason or reason in job.reason) for reason in given)
        return not job.failed or algorithm.get("AlgorithmStatus") == "Failed"

    return fits


def _has_begun(algorithm: Mapping[str, Any]) -> bool:
    details: Mapping[str, Any] = algorithm.get("AlgorithmStatusDetails") or {}
    # An image scan that fails ends a validation before its first job.
    statuses = [status.get("Status") for status in details.get("ValidationStatuses") or ()]
    return not statuses or any(status != "NotStarted" for status in statuses)


def _training_test(algorithm: Mapping[str, Any], specification: Mapping[str, Any], profile: Mapping[str, Any]) -> _Test:
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


def _transform_test(wanted: Mapping[str, Any]) -> _Test:
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
