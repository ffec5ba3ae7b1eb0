"""Templates and cloud assemblies as the construct and the CDK write them, built without either."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from pathlib import Path

    from cdk_sagemaker_algorithm.diff import Stack

Json = Any

SERVICE_TOKEN = {"Fn::GetAtt": ["AlgorithmProviderHandler0A1B2C3D", "Arn"]}

DEFINITION: dict[str, Json] = {
    "AlgorithmDescription": "Gradient boosted trees",
    "TrainingSpecification": {
        "TrainingImage": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/trees:1",
        "SupportedHyperParameters": [
            {
                "Name": "max_depth",
                "Description": "Depth of a tree",
                "Type": "Integer",
                "Range": {"IntegerParameterRangeSpecification": {"MinValue": "1", "MaxValue": "32"}},
                "IsTunable": True,
                "IsRequired": False,
                "DefaultValue": "6",
            },
            {
                "Name": "eta",
                "Type": "Continuous",
                "Range": {"ContinuousParameterRangeSpecification": {"MinValue": "0", "MaxValue": "1"}},
                "IsTunable": False,
                "IsRequired": True,
            },
            {
                "Name": "objective",
                "Type": "Categorical",
                "Range": {"CategoricalParameterRangeSpecification": {"Values": ["logistic", "linear"]}},
                "IsTunable": False,
                "IsRequired": False,
                "DefaultValue": "logistic",
            },
            {"Name": "comment", "Type": "FreeText", "IsRequired": False},
        ],
        "SupportedTrainingInstanceTypes": ["ml.m5.large", "ml.m5.xlarge"],
        "SupportsDistributedTraining": True,
        "MetricDefinitions": [
            {"Name": "validation:auc", "Regex": "auc=(\\S+)"},
            {"Name": "train:loss", "Regex": "loss=(\\S+)"},
        ],
        "TrainingChannels": [
            {
                "Name": "train",
                "Description": "Rows to learn from",
                "IsRequired": True,
                "SupportedContentTypes": ["text/csv", "application/x-parquet"],
                "SupportedCompressionTypes": ["None", "Gzip"],
                "SupportedInputModes": ["File", "Pipe"],
            },
            {
                "Name": "validation",
                "IsRequired": False,
                "SupportedContentTypes": ["text/csv"],
                "SupportedInputModes": ["File"],
            },
        ],
        "SupportedTuningJobObjectiveMetrics": [{"Type": "Maximize", "MetricName": "validation:auc"}],
    },
    "InferenceSpecification": {
        "Containers": [{"Image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/serve:1"}],
        "SupportedTransformInstanceTypes": ["ml.m5.large"],
        "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large", "ml.c5.large"],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv", "application/json"],
    },
    "ValidationSpecification": {
        "ValidationRole": "arn:aws:iam::123456789012:role/validation",
        "ValidationProfiles": [
            {
                "ProfileName": "small",
                "TrainingJobDefinition": {
                    "TrainingInputMode": "File",
                    "HyperParameters": {"eta": "0.3"},
                    "InputDataConfig": [
                        {
                            "ChannelName": "train",
                            "ContentType": "text/csv",
                            "DataSource": {
                                "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://example-bucket/train"}
                            },
                        }
                    ],
                    "OutputDataConfig": {"S3OutputPath": "s3://example-bucket/out"},
                    "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 2, "VolumeSizeInGB": 10},
                    "StoppingCondition": {"MaxRuntimeInSeconds": 5400},
                },
                "TransformJobDefinition": {
                    "TransformInput": {
                        "ContentType": "text/csv",
                        "DataSource": {
                            "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://example-bucket/transform"}
                        },
                    },
                    "TransformOutput": {"S3OutputPath": "s3://example-bucket/out"},
                    "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
                },
            }
        ],
    },
}


def definition() -> dict[str, Json]:
    """Return a new copy of a complete definition."""
    return copy.deepcopy(DEFINITION)


def as_strings(value: Json) -> Json:
    """A value with its scalars as CloudFormation delivers them."""
    if isinstance(value, dict):
        return {key: as_strings(child) for key, child in cast("dict[str, Json]", value).items()}
    if isinstance(value, list):
        items: list[Json] = value  # pyright: ignore[reportUnknownVariableType]
        return [as_strings(child) for child in items]
    return json.dumps(value) if isinstance(value, bool | int) else value


def backwards(value: Json) -> Json:
    """A value with its keys in another order."""
    if isinstance(value, dict):
        return {key: backwards(child) for key, child in reversed(cast("dict[str, Json]", value).items())}
    if isinstance(value, list):
        items: list[Json] = value  # pyright: ignore[reportUnknownVariableType]
        return [backwards(child) for child in items]
    return value


def hyperparameter(request: dict[str, Json], name: str) -> dict[str, Json]:
    """A hyperparameter of a definition."""
    return named(request["TrainingSpecification"]["SupportedHyperParameters"], name)


def channel(request: dict[str, Json], name: str) -> dict[str, Json]:
    """A channel of a definition."""
    return named(request["TrainingSpecification"]["TrainingChannels"], name)


def named(elements: list[dict[str, Json]], name: str) -> dict[str, Json]:
    """The element of that name."""
    return next(element for element in elements if element["Name"] == name)


def resources(
    request: dict[str, Json],
    path: str = "Prod/Churn",
    logical_id: str | None = None,
    *,
    slices: int = 2,
    timeout: int = 7200,
    attributes: dict[str, Json] | None = None,
    **properties: Json,
) -> dict[str, Json]:
    """The resources of one algorithm: itself, and the chain that waits for its validation."""
    own = logical_id or path.replace("/", "")
    name = {} if "AlgorithmName" in properties or "AlgorithmNamePrefix" in properties else {"AlgorithmNamePrefix": own}
    found: dict[str, Json] = {
        own: {
            "Type": "Custom::SageMakerAlgorithm",
            "Properties": {"ServiceToken": SERVICE_TOKEN, "ServiceTimeout": 3600, **name, **request, **properties},
            "UpdateReplacePolicy": "Delete",
            "DeletionPolicy": "Delete",
            "Metadata": {"aws:cdk:path": f"{path}/Resource"},
            **(attributes or {}),
        }
    }
    previous = own
    for number in range(1, slices + 1):
        found[f"{own}Validation{number}"] = {
            "Type": "Custom::SageMakerAlgorithmValidation",
            "Properties": {
                "ServiceToken": SERVICE_TOKEN,
                "ServiceTimeout": 3600,
                "AlgorithmName": {"Fn::GetAtt": [previous, "AlgorithmName"]},
                "WaitIndex": number,
                "WaitCount": slices,
                "ValidationTimeoutInSeconds": timeout,
            },
            "Metadata": {"aws:cdk:path": f"{path}/Validation{number}"},
        }
        previous = f"{own}Validation{number}"
    return found


def template(*parts: dict[str, Json], **sections: Json) -> dict[str, Json]:
    """A template of these resources."""
    merged: dict[str, Json] = {}
    for part in parts:
        merged |= part
    return {"Resources": merged, **sections}


def write(path: Path, value: Json) -> Path:
    """Write a template file."""
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def write_assembly(
    directory: Path, stacks: dict[str, dict[str, Json]], environment: str = "aws://unknown-account/unknown-region"
) -> Path:
    """Write a cloud assembly with these stacks, by name."""
    directory.mkdir(parents=True)
    artifacts: dict[str, Json] = {}
    for name, body in stacks.items():
        write(directory / f"{name}.template.json", body)
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": environment,
            "properties": {"templateFile": f"{name}.template.json"},
            "displayName": name,
        }
    write(directory / "manifest.json", {"version": "40.0.0", "artifacts": artifacts})
    return directory


def stack(body: dict[str, Json], name: str | None = "Prod") -> Stack:
    """A stack as it comes out of an assembly."""
    # Late, so that builders of templates alone need nothing of the library.
    from cdk_sagemaker_algorithm.diff import Stack  # noqa: PLC0415 - as above

    return Stack(name=name, label=name or "template.json", template=json.loads(json.dumps(body)))
