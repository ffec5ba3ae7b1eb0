"""Parts of definitions, for the examples that the rules carry."""

from __future__ import annotations

import copy
from typing import Any, TypeGuard

Part = dict[str, Any]

ACCOUNT = "123456789012"
REPOSITORY = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/trees"
IMAGE = f"{REPOSITORY}:1"
ROLE = "arn:aws:iam::123456789012:role/Validation"
BUCKET = "s3://amzn-s3-demo-bucket"


def training(**members: object) -> Part:
    """A training specification with these members."""
    return {"TrainingSpecification": members}


def hyper_parameters(*specifications: Part) -> Part:
    """A training specification with these hyperparameters."""
    return training(SupportedHyperParameters=list(specifications))


def integer_range(least: str, greatest: str) -> Part:
    """A range for an Integer."""
    return {"IntegerParameterRangeSpecification": {"MinValue": least, "MaxValue": greatest}}


def continuous_range(least: str, greatest: str) -> Part:
    """A range for a Continuous."""
    return {"ContinuousParameterRangeSpecification": {"MinValue": least, "MaxValue": greatest}}


def categories(*values: str) -> Part:
    """A range for a Categorical."""
    return {"CategoricalParameterRangeSpecification": {"Values": list(values)}}


def integer(**members: object) -> Part:
    """An Integer hyperparameter from 1 to 10, with these members beside or instead."""
    return {"Name": "max_depth", "Type": "Integer", "Range": integer_range("1", "10")} | members


def channel(**members: object) -> Part:
    """A training channel with these members beside or instead."""
    return {"Name": "train", "SupportedContentTypes": ["text/csv"], "SupportedInputModes": ["File"]} | members


def channels(*specifications: Part) -> Part:
    """A training specification with these channels."""
    return training(TrainingChannels=list(specifications))


def input_channel(**members: object) -> Part:
    """A channel of a profile's training job, with these members beside or instead."""
    return {"ChannelName": "train", "DataSource": s3_data()} | members


def s3_data(**members: object) -> Part:
    """Where a channel's data is, with these members beside or instead."""
    return {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"{BUCKET}/train"} | members}


def training_job(**members: object) -> Part:
    """A profile's training job with these members beside or instead."""
    return {
        "TrainingInputMode": "File",
        "InputDataConfig": [input_channel()],
        "OutputDataConfig": {"S3OutputPath": f"{BUCKET}/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    } | members


def transform_job(**members: object) -> Part:
    """A profile's transform job with these members beside or instead."""
    return {
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"{BUCKET}/transform"}},
            "ContentType": "text/csv",
        },
        "TransformOutput": {"S3OutputPath": f"{BUCKET}/predictions", "Accept": "text/csv"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    } | members


def profile(job: Part | None = None, **members: object) -> Part:
    """A validation specification with one profile."""
    whole = {"ProfileName": "Profile1", "TrainingJobDefinition": job or training_job()} | members
    return {"ValidationSpecification": {"ValidationRole": ROLE, "ValidationProfiles": [whole]}}


def inference(**members: object) -> Part:
    """An inference specification with these members beside or instead."""
    whole = {
        "Containers": [{"Image": IMAGE}],
        "SupportedTransformInstanceTypes": ["ml.m5.large"],
        "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large"],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    return {"InferenceSpecification": whole | members}


def completed(part: Part) -> Part:
    """The part as a whole CreateAlgorithm request: what it leaves out comes from a minimal one.

    Args:
        part: What a rule's example shows.
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


def _merged(base: Part, part: Part) -> Part:
    whole = dict(base)
    for name, value in part.items():
        below = whole.get(name)
        if _is_part(below) and _is_part(value):
            whole[name] = _merged(below, value)
        else:
            whole[name] = copy.deepcopy(value)
    return whole


def _is_part(value: object) -> TypeGuard[Part]:
    return isinstance(value, dict)
