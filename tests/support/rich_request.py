"""A request that every rule applies to, for tests that change one value."""

from __future__ import annotations

from typing import Any

from cdk_sagemaker_algorithm.model.shapes import Shape, input_shape
from cdk_sagemaker_algorithm.rules import examples as ex

Json = Any
Path = tuple[str | int, ...]


#: The request has a channel of each kind of data source, and a profile can use only one of them.
ACKNOWLEDGED = {"profile-file-system": "the request has every structure"}


def rich_request() -> dict[str, Json]:
    """A new copy of the request."""
    source = {"S3DataType": "S3Object", "S3Uri": f"{ex.BUCKET}/base.tar.gz", "CompressionType": "Gzip"}
    model_source = {
        "S3DataSource": {
            "S3Uri": f"{ex.BUCKET}/model/",
            "S3DataType": "S3Prefix",
            "CompressionType": "None",
            "ModelAccessConfig": {"AcceptEula": True},
        }
    }
    part = (
        ex.training(
            AdditionalS3DataSource=source,
            TrainingImageDigest="sha256:" + "0" * 64,
            SupportedHyperParameters=[
                ex.integer(Description="how deep", DefaultValue="6", IsTunable=True, IsRequired=False),
                {
                    "Name": "eta",
                    "Type": "Continuous",
                    "Range": ex.continuous_range("1e-5", "1"),
                    "IsTunable": True,
                },
                {"Name": "booster", "Type": "Categorical", "Range": ex.categories("tree", "linear")},
                {"Name": "comment", "Type": "FreeText", "DefaultValue": ""},
            ],
            SupportedTrainingInstanceTypes=["ml.m5.large", "ml.c5.xlarge"],
            SupportsDistributedTraining=False,
            MetricDefinitions=[{"Name": "accuracy", "Regex": "accuracy=(.*?);"}],
            SupportedTuningJobObjectiveMetrics=[{"Type": "Maximize", "MetricName": "accuracy"}],
            TrainingChannels=[
                ex.channel(Description="the data", IsRequired=True, SupportedCompressionTypes=["None", "Gzip"]),
                ex.channel(Name="validation", SupportedInputModes=["Pipe", "File"], SupportedContentTypes=[]),
            ],
        )
        | ex.inference(
            SupportedRealtimeInferenceInstanceTypes=["ml.t2.medium"],
            Containers=[
                {
                    "Image": ex.IMAGE,
                    "ContainerHostname": "first",
                    "Environment": {"LOG_LEVEL": "debug"},
                    "AdditionalS3DataSource": source,
                    "ModelInput": {"DataInputConfig": "{}"},
                    "FrameworkVersion": "1.5-1",
                    "IsCheckpoint": False,
                    "BaseModel": {"HubContentName": "base", "HubContentVersion": "1.0.0"},
                },
                {"Image": ex.IMAGE, "ModelDataSource": model_source, "ProductId": "prod-1"},
            ],
        )
        | ex.profile(
            ex.training_job(
                HyperParameters={"max_depth": "3", "eta": "0.5", "booster": "tree", "comment": "x"},
                InputDataConfig=[
                    ex.input_channel(ContentType="text/csv", CompressionType="Gzip", ShuffleConfig={"Seed": 7}),
                    {
                        "ChannelName": "validation",
                        "InputMode": "Pipe",
                        "DataSource": {
                            "FileSystemDataSource": {
                                "FileSystemId": "fs-01234567",
                                "FileSystemAccessMode": "ro",
                                "FileSystemType": "EFS",
                                "DirectoryPath": "/data",
                            }
                        },
                    },
                ],
                StoppingCondition={
                    "MaxRuntimeInSeconds": 3600,
                    "MaxWaitTimeInSeconds": 7200,
                    "MaxPendingTimeInSeconds": 7200,
                },
            ),
            TransformJobDefinition=ex.transform_job(
                Environment={"MODE": "batch"}, MaxConcurrentTransforms=1, BatchStrategy="MultiRecord"
            ),
        )
        | {
            "AlgorithmDescription": "Decision trees",
            "CertifyForMarketplace": True,
            "Tags": [{"Key": "team", "Value": "ml"}, {"Key": "stage", "Value": ""}],
        }
    )
    return ex.completed(part)


def places(request: dict[str, Json]) -> list[tuple[Path, Shape]]:
    """Every place in a request, with the shape the API gives it, from the outside in."""
    found: list[tuple[Path, Shape]] = []

    def walk(path: Path, value: Json, shape: Shape) -> None:
        found.append((path, shape))
        if shape.type == "structure":
            for name, item in value.items():
                walk((*path, name), item, shape.members[name])
        elif shape.type == "list":
            assert shape.member is not None
            for index, item in enumerate(value):
                walk((*path, index), item, shape.member)
        elif shape.type == "map":
            assert shape.value is not None
            for key, item in value.items():
                walk((*path, key), item, shape.value)

    walk((), request, input_shape())
    return found


def at(request: Json, path: Path) -> Json:
    """Return the value at a place."""
    for step in path:
        request = request[step]
    return request


def put(request: Json, path: Path, value: Json) -> None:
    """Replace the value at a place."""
    at(request, path[:-1])[path[-1]] = value
