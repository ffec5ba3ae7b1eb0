"""Simulated SageMaker on loopback for unit tests, with a virtual clock and a definition."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from cdk_sagemaker_algorithm.local import ValidationPlan
from cdk_sagemaker_algorithm.local.run_key import RunKey
from cdk_sagemaker_algorithm.local.sagemaker.botocore_session import client
from cdk_sagemaker_algorithm.local.sagemaker.http_server import SageMakerServer
from cdk_sagemaker_algorithm.local.sagemaker.operations import SageMaker

if TYPE_CHECKING:
    from collections.abc import Generator

    from cdk_sagemaker_algorithm.local.sagemaker.validation_plan import Step

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/wine:1"
ROLE = "arn:aws:iam::123456789012:role/validation"
PLAN = ValidationPlan(pending=10, image_scan=10, training=100, model=10, transform=50, deleting=5)


@dataclass(slots=True)
class Clock:
    """Time that stands still until a test moves it."""

    time: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.time

    def forward(self, seconds: float) -> None:
        self.time += seconds


@dataclass(frozen=True, slots=True)
class LocalSageMaker:
    """The service, a client that checks nothing itself, and the clock."""

    client: Any
    service: SageMaker
    server: SageMakerServer
    clock: Clock
    key: RunKey

    def create(self, **changes: Any) -> str:
        """Create the definition below, changed, and say its name."""
        request = definition(**changes)
        self.client.create_algorithm(**request)
        name: str = request["AlgorithmName"]
        return name

    def status(self, name: str) -> str:
        status: str = self.client.describe_algorithm(AlgorithmName=name)["AlgorithmStatus"]
        return status

    def statuses(self, name: str) -> dict[str, tuple[str, str | None]]:
        """Status and failure reason of every validation and image scan."""
        details = self.client.describe_algorithm(AlgorithmName=name)["AlgorithmStatusDetails"]
        items = [*details.get("ValidationStatuses", []), *details.get("ImageScanStatuses", [])]
        return {item["Name"]: (item["Status"], item.get("FailureReason")) for item in items}


@contextmanager
def local_sagemaker(failures: dict[Step, str] | None = None) -> Generator[LocalSageMaker]:
    """Serve SageMaker while the context is open."""
    clock = Clock()
    service = SageMaker(PLAN.failing(failures or {}), clock)
    key = RunKey.create()
    with SageMakerServer(service, key) as server:
        yield LocalSageMaker(unchecking_client(server.url, key), service, server, clock, key)


def unchecking_client(url: str, key: RunKey) -> Any:
    """A client that leaves all checking to the service, and reports its first answer."""
    unchecked = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    return client("sagemaker", url, "us-east-1", key, config=unchecked)


def definition(**changes: Any) -> dict[str, Any]:
    """A wine-quality regression with one validation profile of a training and a transform job."""
    request: dict[str, Any] = {
        "AlgorithmName": "wine-quality",
        "AlgorithmDescription": "Predicts the quality of wine",
        "TrainingSpecification": {
            "TrainingImage": IMAGE,
            "SupportedTrainingInstanceTypes": ["ml.m5.large"],
            "MetricDefinitions": [
                {"Name": "validation:rmse", "Regex": r"validation-rmse=([0-9.]+);"},
                {"Name": "validation:r2", "Regex": r"^r2:\s*(\S+)"},
            ],
            "SupportedTuningJobObjectiveMetrics": [{"Type": "Maximize", "MetricName": "validation:r2"}],
            "TrainingChannels": [
                {
                    "Name": "training",
                    "SupportedContentTypes": ["text/csv"],
                    "SupportedInputModes": ["File"],
                }
            ],
        },
        "InferenceSpecification": {
            "Containers": [{"Image": IMAGE}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedTransformInstanceTypes": ["ml.m5.large"],
        },
        "ValidationSpecification": {"ValidationRole": ROLE, "ValidationProfiles": [profile()]},
        "Tags": [{"Key": "team", "Value": "wine"}],
    }
    return {name: value for name, value in {**request, **changes}.items() if value is not None}


def profile(name: str = "small") -> dict[str, Any]:
    """A validation profile with both jobs."""
    return {
        "ProfileName": name,
        "TrainingJobDefinition": {
            "TrainingInputMode": "File",
            "HyperParameters": {"max_depth": "6"},
            "InputDataConfig": [
                {
                    "ChannelName": "training",
                    "ContentType": "text/csv",
                    "InputMode": "File",
                    "ShuffleConfig": {"Seed": 7},
                    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://wine-example/train/"}},
                }
            ],
            "OutputDataConfig": {"S3OutputPath": "s3://wine-example/output/", "CompressionType": "GZIP"},
            "ResourceConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 10,
                "KeepAlivePeriodInSeconds": 60,
            },
            "StoppingCondition": {
                "MaxRuntimeInSeconds": 3600,
                "MaxWaitTimeInSeconds": 7200,
                "MaxPendingTimeInSeconds": 7200,
            },
        },
        "TransformJobDefinition": {
            "TransformInput": {
                "ContentType": "text/csv",
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://wine-example/test.csv"}},
            },
            "TransformOutput": {"S3OutputPath": "s3://wine-example/predictions/", "Accept": "text/csv"},
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        },
    }
