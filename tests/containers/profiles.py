"""Definitions with one validation profile, and runs of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cdk_sagemaker_algorithm.assembly.assets import Assets
from cdk_sagemaker_algorithm.containers.engine import Engine
from cdk_sagemaker_algorithm.preflight.inputs import AlgorithmInput
from cdk_sagemaker_algorithm.preflight.profile_data import DataOptions
from cdk_sagemaker_algorithm.preflight.run import AlgorithmResult, ProgressDisplay, RunOptions, run_algorithm
from cdk_sagemaker_algorithm.reporting import Level


class Silent(ProgressDisplay):
    """Keeps the lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def begin(self, subject: str, step: str) -> None:
        self.lines.append(f"{subject} {step}")

    def log(self, source: str, line: str) -> None:
        self.lines.append(f"{source} | {line}")

    def end(self, result: Level | None, summary: str) -> None:
        self.lines.append(f"{result} {summary}")


def channel(name: str, **members: Any) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://bucket/{name}/", **members.pop("s3", {})}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}, **members}


def definition(  # noqa: PLR0913 - each part of a definition
    *,
    train: str | None = None,
    serve: str | None = None,
    instances: int = 1,
    training: Mapping[str, Any] | None = None,
    specification: Mapping[str, Any] | None = None,
    transform: Mapping[str, Any] | None = None,
    inference: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A CreateAlgorithm definition whose containers run a few lines of Python."""
    return {
        "TrainingSpecification": {
            "TrainingImage": "tests",
            "SupportedHyperParameters": [],
            "TrainingChannels": [{"Name": "training", "SupportedInputModes": ["File"], "IsRequired": True}],
            "MetricDefinitions": [{"Name": "accuracy", "Regex": r"accuracy: (\S+)"}],
            "SupportedTuningJobObjectiveMetrics": [{"MetricName": "accuracy", "Type": "Maximize"}],
            **(specification or {}),
        },
        "InferenceSpecification": {
            "Containers": [{"Image": "tests", "Environment": {"CODE": serve} if serve else {}}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
            **(inference or {}),
        },
        "ValidationSpecification": {
            "ValidationProfiles": [
                {
                    "ProfileName": "Profile",
                    "TrainingJobDefinition": {
                        "TrainingInputMode": "File",
                        "HyperParameters": {"code": train} if train else {},
                        "InputDataConfig": [channel("training", ContentType="text/csv")],
                        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": instances},
                        "StoppingCondition": {"MaxRuntimeInSeconds": 300},
                        **(training or {}),
                    },
                    "TransformJobDefinition": {
                        "TransformInput": {
                            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/rows/"}},
                            "ContentType": "text/csv",
                            "SplitType": "Line",
                        },
                        "TransformOutput": {"Accept": "text/csv", "AssembleWith": "Line"},
                        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
                        **(transform or {}),
                    },
                }
            ]
        },
    }


def run(
    engine: Engine, image: str, content: Mapping[str, Any], directory: Path, options: RunOptions | None = None
) -> AlgorithmResult:
    """Run a definition with three rows of data."""
    data = directory / "data"
    data.mkdir(exist_ok=True)
    (data / "rows.csv").write_text("1,2\n3,4\n5,6\n", encoding="utf-8")
    chosen = options or RunOptions()
    paths = {"training": data, "transform": data / "rows.csv", **chosen.data.paths}
    chosen = replace(
        chosen,
        images=replace(
            chosen.images, training=chosen.images.training or image, inference=chosen.images.inference or image
        ),
        data=DataOptions(paths=paths),
    )
    algorithm = AlgorithmInput(subject="Forest", stack="Stack", definition=content, assets=Assets())
    return run_algorithm(engine, algorithm, chosen, directory / "out", Silent())
