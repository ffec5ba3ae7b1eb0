"""Simulate an algorithm and its status transitions from Pending to Completed or Failed."""

from __future__ import annotations

import hashlib
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from cdk_sagemaker_algorithm.local.sagemaker.job_runner import JobSpec
from cdk_sagemaker_algorithm.model.json_access import structure, structures
from cdk_sagemaker_algorithm_provider.contract.resource_schema import (
    ALGORITHM_NAME,
    DEFINITION_MEMBERS,
    WITHHELD_BY_DESCRIBE,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from cdk_sagemaker_algorithm.local.sagemaker.account_resources import Moment
    from cdk_sagemaker_algorithm.local.sagemaker.job_store import JobStore
    from cdk_sagemaker_algorithm.local.sagemaker.jobs import SimulatedJob
    from cdk_sagemaker_algorithm.local.sagemaker.validation_plan import Step, ValidationPlan
    from cdk_sagemaker_algorithm.model.json_access import JsonObject

AlgorithmStatus = Literal["Pending", "InProgress", "Completed", "Failed", "Deleting"]

_STOPPED = "the job was stopped"


@dataclass(slots=True)
class StatusItem:
    """Item of AlgorithmStatusDetails.

    Attributes:
        name: Validation profile or image.
        status: NotStarted, InProgress, Completed or Failed.
        failure_reason: FailureReason of the item; None unless it failed.
    """

    name: str
    status: str = "NotStarted"
    failure_reason: str | None = None

    def finish(self, failure: str | None) -> bool:
        """Set the outcome.

        Args:
            failure: FailureReason; None means success.

        Returns:
            Whether it succeeded.
        """
        self.status = "Completed" if failure is None else "Failed"
        self.failure_reason = failure
        return failure is None

    def describe(self) -> dict[str, str]:
        """Return the item in the shape of DescribeAlgorithm."""
        answer = {"Name": self.name, "Status": self.status}
        return answer if self.failure_reason is None else {**answer, "FailureReason": self.failure_reason}


class SimulatedAlgorithm:
    """Simulated algorithm.

    Attributes:
        name: Algorithm name.
        arn: Algorithm ARN.
        created: Creation time in seconds since 1970.
        status: AlgorithmStatus.
        tags: Tags in the API's form.
        reached: Validation steps that have started.
    """

    def __init__(self, request: JsonObject, *, created: float, plan: ValidationPlan, job_store: JobStore) -> None:
        """Create an algorithm from a valid request; `advance` starts the validation.

        Args:
            request: Valid CreateAlgorithm request.
            created: Creation time in seconds since 1970.
            plan: Durations and failures of the validation steps.
            job_store: Store that runs the validation jobs.
        """
        self.name: str = request["AlgorithmName"]
        self.arn = f"{job_store.arn_prefix}:algorithm/{self.name}"
        self.created = created
        self.status: AlgorithmStatus = "Pending"
        self.tags: dict[str, str] = {tag["Key"]: tag["Value"] for tag in structures(request, "Tags")}
        self.reached: set[Step] = set()
        self._request = deepcopy(request)
        self._plan = plan
        self._job_store = job_store
        self._now = self._time = created
        self._gone_at: float | None = None
        self._scans = [StatusItem(name) for name in self._scanned()]
        self._validations = {
            (profile["ProfileName"], kind): StatusItem(f"{profile['ProfileName'][:50]}-{kind}")
            for profile in self._profiles
            for kind in ("training", "transform")
            if kind == "training" or profile.get("TransformJobDefinition")
        }
        self._course = self._validate()

    @property
    def _profiles(self) -> list[JsonObject]:
        """Validation profiles of the request."""
        return cast("list[JsonObject]", structures(self._request, "ValidationSpecification", "ValidationProfiles"))

    @property
    def _role(self) -> str:
        """ARN of the validation role."""
        role: str = self._request["ValidationSpecification"]["ValidationRole"]
        return role

    @property
    def _containers(self) -> list[JsonObject]:
        """Containers of the inference specification."""
        return cast("list[JsonObject]", structures(self._request, "InferenceSpecification", "Containers"))

    def advance(self, now: float) -> None:
        """Advance the validation to a time.

        Args:
            now: Current time in seconds since 1970.
        """
        self._now = now
        if self.status in ("Pending", "InProgress"):
            next(self._course, None)

    def delete(self, now: float) -> None:
        """Start the deletion.

        Args:
            now: Current time in seconds since 1970.
        """
        self.status = "Deleting"
        self._gone_at = now + self._plan.deleting

    def gone(self, now: float) -> bool:
        """Return whether the deletion has ended.

        Args:
            now: Current time in seconds since 1970.
        """
        return self._gone_at is not None and now >= self._gone_at

    def summary(self) -> JsonObject:
        """Return the summary for ListAlgorithms."""
        answer = {
            "AlgorithmName": self.name,
            "AlgorithmArn": self.arn,
            "CreationTime": self.created,
            "AlgorithmStatus": self.status,
        }
        description = self._request.get("AlgorithmDescription")
        return answer if description is None else {**answer, "AlgorithmDescription": description}

    def describe(self) -> JsonObject:
        """Return the response of DescribeAlgorithm, without the fields that SageMaker withholds."""
        echoed = (ALGORITHM_NAME, *DEFINITION_MEMBERS)
        answer: JsonObject = deepcopy({name: self._request[name] for name in echoed if name in self._request})
        answer |= {
            "AlgorithmArn": self.arn,
            "CreationTime": self.created,
            "AlgorithmStatus": self.status,
            "AlgorithmStatusDetails": {
                "ValidationStatuses": [item.describe() for item in self._validations.values()],
                "ImageScanStatuses": [item.describe() for item in self._scans],
            },
        }
        training = answer["TrainingSpecification"]
        training.setdefault("TrainingImageDigest", _digest(training["TrainingImage"]))
        for container in cast("list[JsonObject]", structures(answer, "InferenceSpecification", "Containers")):
            if "Image" in container:
                container.setdefault("ImageDigest", _digest(container["Image"]))
        for profile in structures(answer, "ValidationSpecification", "ValidationProfiles"):
            _withhold(profile["TrainingJobDefinition"])
        return answer

    def _scanned(self) -> Iterator[str]:
        """Return the images to scan; none unless the algorithm is validated, certified, or planned to fail."""
        if self._profiles or self._request.get("CertifyForMarketplace") or "image-scan" in self._plan.failures:
            yield "training-image"
            yield from (f"inference-image-{number}" for number, _ in enumerate(self._containers, 1))

    def _validate(self) -> Generator[None, None, None]:
        """Run the validation; every yield waits for the next `advance`."""
        yield from self._until(self.created + self._plan.pending)
        self.status = "InProgress"
        passed = yield from self._scan()
        for profile in self._profiles:
            passed = passed and (yield from self._run_profile(profile))
        self.status = "Completed" if passed else "Failed"

    def _scan(self) -> Generator[None, None, bool]:
        """Scan the images; a planned failure affects the training image."""
        if not self._scans:
            return True
        for item in self._scans:
            item.status = "InProgress"
        yield from self._until(self._time + self._plan.image_scan)
        failure = self._failure("image-scan")
        outcomes = [item.finish(failure if item is self._scans[0] else None) for item in self._scans]
        return all(outcomes)

    def _run_profile(self, profile: JsonObject) -> Generator[None, None, bool]:
        """Run a profile: training job, then model and transform job if it has a transform job."""
        item = self._validations[profile["ProfileName"], "training"]
        item.status = "InProgress"
        image = self._request["TrainingSpecification"]["TrainingImage"]
        obstacle = self._missing("training", image, profile["TrainingJobDefinition"])
        if obstacle is not None:
            return item.finish(obstacle)
        training = yield from self._train(profile)
        if not item.finish(_outcome(training)):
            return False
        if not profile.get("TransformJobDefinition"):
            return True
        item = self._validations[profile["ProfileName"], "transform"]
        item.status = "InProgress"
        yield from self._until(self._time + self._plan.model)
        failure = self._failure("model") or self._missing_for_model(profile["TransformJobDefinition"])
        if failure is not None:
            return item.finish(failure)
        transform = yield from self._transform(profile, training.spec.model_artifacts)
        return item.finish(_outcome(transform))

    def _train(self, profile: JsonObject) -> Generator[None, None, SimulatedJob]:
        """Run the training job of a profile."""
        training = self._request["TrainingSpecification"]
        definition = profile["TrainingJobDefinition"]
        name = self._job_store.new_name()
        output = definition["OutputDataConfig"]["S3OutputPath"].rstrip("/")
        spec = JobSpec(
            kind="training",
            name=name,
            image=training["TrainingImage"],
            role_arn=self._role,
            definition=definition,
            metrics=tuple(structures(training, "MetricDefinitions")),
            objectives={
                metric["MetricName"]: metric["Type"]
                for metric in structures(training, "SupportedTuningJobObjectiveMetrics")
            },
            model_artifacts=f"{output}/{name}/output/model.tar.gz",
            algorithm=self._request,
            profile=self._profiles.index(profile),
        )
        failure = self._failure("training") or self._missing("training output", definition)
        job = self._job_store.start(spec, at=self._time, failure=failure)
        yield from self._until_ended(job)
        return job

    def _transform(self, profile: JsonObject, artifacts: str) -> Generator[None, None, SimulatedJob]:
        """Create the model and run the transform job of a profile."""
        containers: tuple[JsonObject, ...] = tuple(
            {
                "Image": container.get("Image", ""),
                "ModelDataUrl": artifacts,
                "Environment": structure(container, "Environment"),
            }
            for container in self._containers
        )
        model = self._job_store.make_model(containers, self._role, at=self._time)
        definition = profile["TransformJobDefinition"]
        spec = JobSpec(
            kind="transform",
            name=self._job_store.new_name(),
            image=containers[0]["Image"] if containers else "",
            role_arn=self._role,
            definition=definition,
            environment=structure(definition, "Environment"),
            model_artifacts=artifacts,
            algorithm=self._request,
            profile=self._profiles.index(profile),
        )
        failure = self._failure("transform") or self._missing("transform output", definition)
        job = self._job_store.start(spec, at=self._time, failure=failure, model_name=model.name)
        yield from self._until_ended(job)
        return job

    def _missing(self, moment: Moment, *parts: object) -> str | None:
        """Return why a job cannot use what it needs; None if it can."""
        return self._job_store.resources.failure(self._request, moment, *parts)

    def _missing_for_model(self, definition: JsonObject) -> str | None:
        """Return the reason that model or transform job cannot be created; None if they can."""
        return self._missing("model", list(self._containers)) or self._missing("transform", definition)

    def _failure(self, step: Step) -> str | None:
        """Return the planned failure of a step that has started; None without failure."""
        self.reached.add(step)
        return self._plan.failures.get(step)

    def _until(self, time: float) -> Generator[None, None, None]:
        """Wait until a time; later steps start at exactly that time, even if `advance` is called later."""
        while self._now < time:
            yield
        self._time = time

    def _until_ended(self, job: SimulatedJob) -> Generator[None, None, None]:
        """Wait for a job to end."""
        while True:
            job.progress = job.run.progress(self._now)
            if job.progress.ended is not None:
                self._time = job.progress.ended
                return
            yield


def _outcome(job: SimulatedJob) -> str | None:
    """Return the failure of a job; None if it succeeded."""
    return _STOPPED if job.progress.stopped else job.progress.failure


def _digest(image: str) -> str:
    """Return a generated digest, because the image is not pulled."""
    return f"sha256:{hashlib.sha256(image.encode()).hexdigest()}"


def _withhold(definition: JsonObject) -> None:
    """Remove the fields of a training job definition that Describe withholds."""
    for name, members in WITHHELD_BY_DESCRIBE.items():
        for holder in definition["InputDataConfig"] if name == "Channel" else [definition[name]]:
            for member in members:
                holder.pop(member, None)
