"""An algorithm, and the course of its validation from Pending to Completed or Failed."""

from __future__ import annotations

import hashlib
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from cdk_sagemaker_algorithm.local.sagemaker.job_runner import JobSpec
from cdk_sagemaker_algorithm.local.sagemaker.surroundings import inputs_of
from cdk_sagemaker_algorithm.model.json_access import structure, structures
from cdk_sagemaker_algorithm_provider.contract.resource_schema import (
    ALGORITHM_NAME,
    DEFINITION_MEMBERS,
    WITHHELD_BY_DESCRIBE,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from cdk_sagemaker_algorithm.local.sagemaker.job_store import Workshop
    from cdk_sagemaker_algorithm.local.sagemaker.jobs import Job
    from cdk_sagemaker_algorithm.local.sagemaker.json_values import Json
    from cdk_sagemaker_algorithm.local.sagemaker.validation_plan import Step, ValidationPlan

AlgorithmStatus = Literal["Pending", "InProgress", "Completed", "Failed", "Deleting"]

_STOPPED = "the job was stopped"


@dataclass(slots=True)
class StatusItem:
    """One line of AlgorithmStatusDetails.

    Attributes:
        name: What was validated or scanned.
        status: NotStarted, InProgress, Completed or Failed.
        failure_reason: Why it failed.
    """

    name: str
    status: str = "NotStarted"
    failure_reason: str | None = None

    def finish(self, failure: str | None) -> bool:
        """Set the outcome.

        Args:
            failure: Why it failed; None if it succeeded.

        Returns:
            Whether it succeeded.
        """
        self.status = "Completed" if failure is None else "Failed"
        self.failure_reason = failure
        return failure is None

    def describe(self) -> dict[str, str]:
        """What Describe answers."""
        answer = {"Name": self.name, "Status": self.status}
        return answer if self.failure_reason is None else {**answer, "FailureReason": self.failure_reason}


class Algorithm:
    """One algorithm resource.

    Attributes:
        name: Its name.
        arn: Its ARN.
        created: When it was created, in seconds since 1970.
        status: Its status.
        tags: Its tags.
        reached: The steps that its validation has come to.
    """

    def __init__(self, request: Json, *, created: float, plan: ValidationPlan, workshop: Workshop) -> None:
        """Take a request that was found good; validation starts when time goes on.

        Args:
            request: The CreateAlgorithm request.
            created: The time, in seconds since 1970.
            plan: How validation goes.
            workshop: Where the jobs are run.
        """
        self.name: str = request["AlgorithmName"]
        self.arn = f"{workshop.arn_prefix}:algorithm/{self.name}"
        self.created = created
        self.status: AlgorithmStatus = "Pending"
        self.tags: dict[str, str] = {tag["Key"]: tag["Value"] for tag in structures(request, "Tags")}
        self.reached: set[Step] = set()
        self._request = deepcopy(request)
        self._plan = plan
        self._workshop = workshop
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
    def _profiles(self) -> list[Json]:
        """The validation profiles."""
        return cast("list[Json]", structures(self._request, "ValidationSpecification", "ValidationProfiles"))

    @property
    def _role(self) -> str:
        """The role of the validation's jobs."""
        role: str = self._request["ValidationSpecification"]["ValidationRole"]
        return role

    @property
    def _containers(self) -> list[Json]:
        """The containers that serve."""
        return cast("list[Json]", structures(self._request, "InferenceSpecification", "Containers"))

    def advance(self, now: float) -> None:
        """Move validation on.

        Args:
            now: The time, in seconds since 1970.
        """
        self._now = now
        if self.status in ("Pending", "InProgress"):
            next(self._course, None)

    def delete(self, now: float) -> None:
        """Begin to go.

        Args:
            now: The time, in seconds since 1970.
        """
        self.status = "Deleting"
        self._gone_at = now + self._plan.deleting

    def gone(self, now: float) -> bool:
        """Tell whether deletion is over.

        Args:
            now: The time, in seconds since 1970.
        """
        return self._gone_at is not None and now >= self._gone_at

    def summary(self) -> Json:
        """What ListAlgorithms shows."""
        answer = {
            "AlgorithmName": self.name,
            "AlgorithmArn": self.arn,
            "CreationTime": self.created,
            "AlgorithmStatus": self.status,
        }
        description = self._request.get("AlgorithmDescription")
        return answer if description is None else {**answer, "AlgorithmDescription": description}

    def describe(self) -> Json:
        """What DescribeAlgorithm answers: without the members that the service keeps to itself."""
        echoed = (ALGORITHM_NAME, *DEFINITION_MEMBERS)
        answer: Json = deepcopy({name: self._request[name] for name in echoed if name in self._request})
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
        for container in cast("list[Json]", structures(answer, "InferenceSpecification", "Containers")):
            if "Image" in container:
                container.setdefault("ImageDigest", _digest(container["Image"]))
        for profile in structures(answer, "ValidationSpecification", "ValidationProfiles"):
            _withhold(profile["TrainingJobDefinition"])
        return answer

    def _scanned(self) -> Iterator[str]:
        """Name the images that are scanned: those of an algorithm that is validated, certified, or to fail by it."""
        if self._profiles or self._request.get("CertifyForMarketplace") or "image-scan" in self._plan.failures:
            yield "training-image"
            yield from (f"inference-image-{number}" for number, _ in enumerate(self._containers, 1))

    def _validate(self) -> Generator[None, None, None]:
        """The course of validation; every yield waits for time to go on."""
        yield from self._until(self.created + self._plan.pending)
        self.status = "InProgress"
        passed = yield from self._scan()
        for profile in self._profiles:
            passed = passed and (yield from self._run_profile(profile))
        self.status = "Completed" if passed else "Failed"

    def _scan(self) -> Generator[None, None, bool]:
        """Scan the images; a planned failure is the training image's."""
        if not self._scans:
            return True
        for item in self._scans:
            item.status = "InProgress"
        yield from self._until(self._time + self._plan.image_scan)
        failure = self._failure("image-scan")
        outcomes = [item.finish(failure if item is self._scans[0] else None) for item in self._scans]
        return all(outcomes)

    def _run_profile(self, profile: Json) -> Generator[None, None, bool]:
        """Run a profile: training job, then model and transform job if it has a transform job."""
        item = self._validations[profile["ProfileName"], "training"]
        item.status = "InProgress"
        obstacle = self._missing(
            profile["TrainingJobDefinition"], self._request["TrainingSpecification"]["TrainingImage"]
        )
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

    def _train(self, profile: Json) -> Generator[None, None, Job]:
        """Run a profile's training job."""
        training = self._request["TrainingSpecification"]
        definition = profile["TrainingJobDefinition"]
        name = self._workshop.new_name()
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
        failure = self._failure("training") or self._workshop.surroundings.missing_output(output)
        job = self._workshop.start(spec, at=self._time, failure=failure)
        yield from self._until_ended(job)
        return job

    def _transform(self, profile: Json, artifacts: str) -> Generator[None, None, Job]:
        """Make the model and run a profile's transform job."""
        containers: tuple[Json, ...] = tuple(
            {
                "Image": container.get("Image", ""),
                "ModelDataUrl": artifacts,
                "Environment": structure(container, "Environment"),
            }
            for container in self._containers
        )
        model = self._workshop.make_model(containers, self._role, at=self._time)
        definition = profile["TransformJobDefinition"]
        spec = JobSpec(
            kind="transform",
            name=self._workshop.new_name(),
            image=containers[0]["Image"] if containers else "",
            role_arn=self._role,
            definition=definition,
            environment=structure(definition, "Environment"),
            model_artifacts=artifacts,
            algorithm=self._request,
            profile=self._profiles.index(profile),
        )
        failure = self._failure("transform") or self._workshop.surroundings.missing_output(
            definition["TransformOutput"]["S3OutputPath"]
        )
        job = self._workshop.start(spec, at=self._time, failure=failure, model_name=model.name)
        yield from self._until_ended(job)
        return job

    def _missing(self, definition: Json, image: str) -> str | None:
        """What keeps a training job from being started."""
        around = self._workshop.surroundings
        missing = around.missing_image(image, self._role, training=True)
        return missing or around.missing_input(inputs_of(definition), self._role)

    def _missing_for_model(self, definition: Json) -> str | None:
        """What keeps a model from being made, or its transform job from being started."""
        around = self._workshop.surroundings
        images = (container["Image"] for container in self._containers if "Image" in container)
        missing = (around.missing_image(image, self._role, training=False) for image in images)
        return next(filter(None, missing), None) or around.missing_input(inputs_of(definition), self._role)

    def _failure(self, step: Step) -> str | None:
        """The reason that a step, which validation has come to, is to fail with, if it is to fail."""
        self.reached.add(step)
        return self._plan.failures.get(step)

    def _until(self, time: float) -> Generator[None, None, None]:
        """Wait for a time; what follows happens at that time, however late anybody looks."""
        while self._now < time:
            yield
        self._time = time

    def _until_ended(self, job: Job) -> Generator[None, None, None]:
        """Wait for a job to end."""
        while True:
            job.progress = job.run.progress(self._now)
            if job.progress.ended is not None:
                self._time = job.progress.ended
                return
            yield


def _outcome(job: Job) -> str | None:
    """Why a job did not do what it should; None if it did."""
    return _STOPPED if job.progress.stopped else job.progress.failure


def _digest(image: str) -> str:
    """A digest for an image that nobody pulls."""
    return f"sha256:{hashlib.sha256(image.encode()).hexdigest()}"


def _withhold(definition: Json) -> None:
    """Take out of a training job's definition what Describe does not answer."""
    for name, members in WITHHELD_BY_DESCRIBE.items():
        for holder in definition["InputDataConfig"] if name == "Channel" else [definition[name]]:
            for member in members:
                holder.pop(member, None)
