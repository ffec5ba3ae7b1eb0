"""Represent validation jobs and models in the shapes of List and Describe responses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from cdk_sagemaker_algorithm.local.sagemaker.log_delivery import LogBatch
from cdk_sagemaker_algorithm.local.sagemaker.simulated_metrics import final_metrics
from cdk_sagemaker_algorithm_provider.contract.validation_jobs import LOG_GROUPS

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.local.sagemaker.job_runner import JobProgress, JobRun, JobSpec
    from cdk_sagemaker_algorithm.model.json_access import JsonObject

JobStatus = Literal["InProgress", "Completed", "Failed", "Stopping", "Stopped"]

_MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading the training image",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
}
_WORKING = ("Training", "Uploading")


@dataclass(slots=True)
class SimulatedJob:
    """Simulated training or transform job.

    Attributes:
        spec: Job specification.
        arn: Job ARN.
        created: Creation time in seconds since 1970.
        run: Job of the runner.
        progress: Last known progress.
        model_name: Model of a transform job.
        logged: Number of log lines already delivered.
    """

    spec: JobSpec
    arn: str
    created: float
    run: JobRun
    progress: JobProgress
    model_name: str = ""
    logged: int = field(default=0)

    @property
    def name(self) -> str:
        """Job name."""
        return self.spec.name

    @property
    def status(self) -> JobStatus:
        """Job status."""
        if self.progress.ended is None:
            return "InProgress"
        if self.progress.stopped:
            return "Stopped"
        return "Completed" if self.progress.failure is None else "Failed"

    @property
    def modified(self) -> float:
        """Time of the last change."""
        return self.progress.ended or self.progress.phases[-1][1]

    @property
    def secondary_status(self) -> str:
        """Secondary status."""
        return self.progress.phases[-1][0] if self.progress.ended is None else self.status

    def new_lines(self) -> LogBatch | None:
        """Return the log lines since the last call."""
        lines = self.progress.log[self.logged :]
        if not lines:
            return None
        self.logged = len(self.progress.log)
        return LogBatch(LOG_GROUPS[self.spec.kind], self._stream, lines)

    @property
    def _stream(self) -> str:
        """Log stream, named as on AWS: job, container and start time."""
        kind = "algo-1" if self.spec.kind == "training" else "i-0simulated"
        return f"{self.name}/{kind}-{int(self.created)}"

    def summary(self) -> JsonObject:
        """Return the summary for List operations."""
        word = self.spec.kind.capitalize()
        answer: JsonObject = {
            f"{word}JobName": self.name,
            f"{word}JobArn": self.arn,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
            f"{word}JobStatus": self.status,
        }
        if self.progress.ended is not None:
            answer[f"{word}EndTime"] = self.progress.ended
        if self.spec.kind == "training":
            answer["SecondaryStatus"] = self.secondary_status
        elif self.progress.failure is not None:
            answer["FailureReason"] = self.progress.failure
        return answer

    def describe(self) -> JsonObject:
        """Return the response of Describe."""
        answer = self._training() if self.spec.kind == "training" else self._transform()
        if self.progress.failure is not None:
            answer["FailureReason"] = self.progress.failure
        return answer

    def _training(self) -> JsonObject:
        """Return the response of DescribeTrainingJob."""
        definition = self.spec.definition
        answer: JsonObject = {
            **self.summary(),
            "AlgorithmSpecification": {
                "TrainingImage": self.spec.image,
                "TrainingInputMode": definition["TrainingInputMode"],
                "MetricDefinitions": [dict(metric) for metric in self.spec.metrics],
                "EnableSageMakerMetricsTimeSeries": bool(self.spec.metrics),
            },
            "RoleArn": self.spec.role_arn,
            "HyperParameters": definition.get("HyperParameters") or {},
            "InputDataConfig": definition["InputDataConfig"],
            "OutputDataConfig": definition["OutputDataConfig"],
            "ResourceConfig": definition["ResourceConfig"],
            "StoppingCondition": definition["StoppingCondition"],
            "EnableNetworkIsolation": True,
            "EnableInterContainerTrafficEncryption": False,
            "EnableManagedSpotTraining": False,
            "SecondaryStatusTransitions": self._transitions(),
        }
        answer.update(self._training_times())
        if self.status == "Completed":
            answer["ModelArtifacts"] = {"S3ModelArtifacts": self.spec.model_artifacts}
        if self.spec.metrics and self.progress.ended is not None:
            answer["FinalMetricDataList"] = final_metrics(self.spec.metrics, self.progress.log)
        return answer

    def _training_times(self) -> JsonObject:
        """Return training times and billable seconds."""
        started = next((time for name, time in self.progress.phases if name in _WORKING), None)
        if started is None:
            return {}
        times: JsonObject = {"TrainingStartTime": started}
        if self.progress.ended is not None:
            seconds = int(self.progress.ended - started)
            times |= {
                "TrainingEndTime": self.progress.ended,
                "TrainingTimeInSeconds": max(1, seconds),
                "BillableTimeInSeconds": max(1, seconds),
            }
        return times

    def _transitions(self) -> list[JsonObject]:
        """Return the phases with end times and messages."""
        phases = list(self.progress.phases)
        ended = self.progress.ended
        if ended is not None:
            phases.append((self.status, ended))
        answer: list[JsonObject] = []
        for position, (name, start) in enumerate(phases):
            entry: JsonObject = {"Status": name, "StartTime": start}
            end = phases[position + 1][1] if position + 1 < len(phases) else ended
            if end is not None:
                entry["EndTime"] = end
            entry["StatusMessage"] = _MESSAGES.get(name, name)
            answer.append(entry)
        return answer

    def _transform(self) -> JsonObject:
        """Return the response of DescribeTransformJob."""
        answer = {name: value for name, value in self.summary().items() if name != "LastModifiedTime"} | dict(
            self.spec.definition
        )
        answer |= {"ModelName": self.model_name, "TransformStartTime": self.created}
        return answer


@dataclass(frozen=True, slots=True)
class Model:
    """Simulated model of a transform job.

    Attributes:
        name: Model name.
        arn: Model ARN.
        created: Creation time in seconds since 1970.
        containers: Containers with Image, ModelDataUrl and Environment.
        role_arn: ARN of the execution role.
    """

    name: str
    arn: str
    created: float
    containers: tuple[JsonObject, ...]
    role_arn: str

    def summary(self) -> JsonObject:
        """Return the summary for List operations."""
        return {"ModelName": self.name, "ModelArn": self.arn, "CreationTime": self.created}

    def describe(self) -> JsonObject:
        """Return the response of Describe."""
        answer: JsonObject = {
            **self.summary(),
            "ExecutionRoleArn": self.role_arn,
            "EnableNetworkIsolation": True,
        }
        if len(self.containers) == 1:
            answer["PrimaryContainer"] = self.containers[0]
        else:
            answer["Containers"] = list(self.containers)
        return answer
