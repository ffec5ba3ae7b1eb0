"""Create parts of definitions for the rules' examples."""

from __future__ import annotations

import copy
from typing import Any, TypeGuard

Fragment = dict[str, Any]

ACCOUNT = "123456789012"
REPOSITORY = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/trees"
IMAGE = f"{REPOSITORY}:1"
ROLE = "arn:aws:iam::123456789012:role/Validation"
BUCKET = "s3://amzn-s3-demo-bucket"


def training(**members: object) -> Fragment:
    """Return a training specification with these fields."""
    return {"TrainingSpecification": members}


def hyper_parameters(*specifications: Fragment) -> Fragment:
    """Return a training specification with these hyperparameters."""
    return training(SupportedHyperParameters=list(specifications))


def integer_range(least: str, greatest: str) -> Fragment:
    """Return a range of an Integer."""
    return {"IntegerParameterRangeSpecification": {"MinValue": least, "MaxValue": greatest}}


def continuous_range(least: str, greatest: str) -> Fragment:
    """Return a range of a Continuous."""
    return {"ContinuousParameterRangeSpecification": {"MinValue": least, "MaxValue": greatest}}


def categories(*values: str) -> Fragment:
    """Return a range of a Categorical."""
    return {"CategoricalParameterRangeSpecification": {"Values": list(values)}}


def integer(**members: object) -> Fragment:
    """Return an Integer hyperparameter from 1 to 10, changed by these fields."""
    return {"Name": "max_depth", "Type": "Integer", "Range": integer_range("1", "10")} | members


def channel(**members: object) -> Fragment:
    """Return a training channel, changed by these fields."""
    return {"Name": "train", "SupportedContentTypes": ["text/csv"], "SupportedInputModes": ["File"]} | members


def channels(*specifications: Fragment) -> Fragment:
    """Return a training specification with these channels."""
    return training(TrainingChannels=list(specifications))


def input_channel(**members: object) -> Fragment:
    """Return a channel of a profile's training job, changed by these fields."""
    return {"ChannelName": "train", "DataSource": s3_data()} | members


def s3_data(**members: object) -> Fragment:
    """Return a channel's data source in S3, changed by these fields."""
    return {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"{BUCKET}/train"} | members}


def training_job(**members: object) -> Fragment:
    """Return a profile's training job, changed by these fields."""
    return {
        "TrainingInputMode": "File",
        "InputDataConfig": [input_channel()],
        "OutputDataConfig": {"S3OutputPath": f"{BUCKET}/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    } | members


def transform_job(**members: object) -> Fragment:
    """Return a profile's transform job, changed by these fields."""
    return {
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"{BUCKET}/transform"}},
            "ContentType": "text/csv",
        },
        "TransformOutput": {"S3OutputPath": f"{BUCKET}/predictions", "Accept": "text/csv"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    } | members


def profile(job: Fragment | None = None, **members: object) -> Fragment:
    """Return a validation specification with one profile."""
    whole = {"ProfileName": "Profile1", "TrainingJobDefinition": job or training_job()} | members
    return {"ValidationSpecification": {"ValidationRole": ROLE, "ValidationProfiles": [whole]}}


def inference(**members: object) -> Fragment:
    """Return an inference specification, changed by these fields."""
    whole = {
        "Containers": [{"Image": IMAGE}],
        "SupportedTransformInstanceTypes": ["ml.m5.large"],
        "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large"],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    return {"InferenceSpecification": whole | members}


def completed(part: Fragment) -> Fragment:
    """Return a part as a complete CreateAlgorithm request; missing fields come from a minimal request.

    Args:
        part: Example of a rule.
    """
    minimal = {
        "AlgorithmName": "trees",
        "TrainingSpecification": {
            "TrainingImage": IMAGE,
            "SupportedTrainingInstanceTypes": ["ml.m5.large"],
            "TrainingChannels": [channel()],
        },
    }
    return _merged(minimal, part)


def _merged(base: Fragment, part: Fragment) -> Fragment:
    whole = dict(base)
    for name, value in part.items():
        below = whole.get(name)
        if _is_part(below) and _is_part(value):
            whole[name] = _merged(below, value)
        else:
            whole[name] = copy.deepcopy(value)
    return whole


def _is_part(value: object) -> TypeGuard[Fragment]:
    return isinstance(value, dict)
