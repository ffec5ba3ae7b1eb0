"""One mistake in a complete definition is one sentence that names the cause; the definition itself has no finding."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from cdk_sagemaker_algorithm.rules import ID_PREFIX, check
from cdk_sagemaker_algorithm.rules.deployment import Deployment

ACCOUNT = "123456789012"
IMAGE = f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/churn:3"
DEPLOYMENT = Deployment(account=ACCOUNT, region="eu-central-1", validation_timeout=14_400)
DEFINITION: dict[str, Any] = {
    "AlgorithmName": "churn",
    "TrainingSpecification": {
        "TrainingImage": IMAGE,
        "SupportedHyperParameters": [
            {
                "Name": "rounds",
                "Type": "Integer",
                "Range": {"IntegerParameterRangeSpecification": {"MinValue": "1", "MaxValue": "500"}},
                "IsTunable": True,
                "IsRequired": True,
            },
            {
                "Name": "booster",
                "Type": "Categorical",
                "Range": {"CategoricalParameterRangeSpecification": {"Values": ["tree", "linear"]}},
                "DefaultValue": "tree",
            },
        ],
        "SupportedTrainingInstanceTypes": ["ml.m5.xlarge", "ml.c5.2xlarge"],
        "MetricDefinitions": [{"Name": "validation:auc", "Regex": "auc=([0-9.]+)"}],
        "SupportedTuningJobObjectiveMetrics": [{"Type": "Maximize", "MetricName": "validation:auc"}],
        "TrainingChannels": [
            {
                "Name": "train",
                "IsRequired": True,
                "SupportedContentTypes": ["text/csv"],
                "SupportedInputModes": ["File"],
            },
            {"Name": "validation", "SupportedContentTypes": ["text/csv"], "SupportedInputModes": ["File"]},
        ],
    },
    "InferenceSpecification": {
        "Containers": [{"Image": IMAGE}],
        "SupportedTransformInstanceTypes": ["ml.m5.xlarge"],
        "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.xlarge"],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    },
    "ValidationSpecification": {
        "ValidationRole": f"arn:aws:iam::{ACCOUNT}:role/Validation",
        "ValidationProfiles": [
            {
                "ProfileName": "small",
                "TrainingJobDefinition": {
                    "TrainingInputMode": "File",
                    "HyperParameters": {"rounds": "10"},
                    "InputDataConfig": [
                        {
                            "ChannelName": "train",
                            "ContentType": "text/csv",
                            "DataSource": {
                                "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://churn-data/train/"}
                            },
                        }
                    ],
                    "OutputDataConfig": {"S3OutputPath": "s3://churn-data/models/"},
                    "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 20},
                    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
                },
                "TransformJobDefinition": {
                    "TransformInput": {
                        "DataSource": {
                            "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://churn-data/transform/"}
                        },
                        "ContentType": "text/csv",
                        "SplitType": "Line",
                    },
                    "TransformOutput": {"S3OutputPath": "s3://churn-data/predictions/", "Accept": "text/csv"},
                    "TransformResources": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
                },
            }
        ],
    },
    "CertifyForMarketplace": False,
    "Tags": [{"Key": "team", "Value": "growth"}],
}
TRAINING = "TrainingSpecification."
PROFILE = "ValidationSpecification.ValidationProfiles[0]."
JOB = f"{PROFILE}TrainingJobDefinition."
TRANSFORM = f"{PROFILE}TransformJobDefinition."
FAILS = "; SageMaker would fail the validation"


def _at(request: Any, path: str) -> Any:
    for step in path.replace("[", ".").replace("]", "").rstrip(".").split("."):
        request = request[int(step) if step.isdigit() else step]
    return request


def _first(value: Any) -> Any:
    return value[:1] if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType]


def put(path: str, **members: Any) -> Callable[[dict[str, Any]], object]:
    """A mistake: these members at a path; None takes one away."""

    def change(request: dict[str, Any]) -> None:
        node = _at(request, path) if path else request
        for name, value in members.items():
            if value is None:
                del node[name]
            else:
                node[name] = value

    return change


def copied(source: str, target: str, member: str) -> Callable[[dict[str, Any]], object]:
    """A mistake: what belongs elsewhere."""

    def change(request: dict[str, Any]) -> None:
        (_at(request, target) if target else request)[member] = copy.deepcopy(_first(_at(request, source)))

    return change


MISTAKES: list[tuple[Callable[[dict[str, Any]], object], str, str, str]] = [
    (
        put(f"{TRAINING}SupportedHyperParameters[1]", DefaultValue=0.1),
        "wrong-type",
        f"{TRAINING}SupportedHyperParameters[1].DefaultValue",
        "expected a string, got 0.1; put it in quotes",
    ),
    (
        put(f"{TRAINING}SupportedHyperParameters[0]", Type="integer"),
        "enum-value",
        f"{TRAINING}SupportedHyperParameters[0].Type",
        '"integer" is not one of the allowed values; did you mean "Integer"?',
    ),
    (
        put(f"{TRAINING}SupportedHyperParameters[0]", IsTunable="true"),
        "wrong-type",
        f"{TRAINING}SupportedHyperParameters[0].IsTunable",
        'expected true or false, got the string "true"; remove the quotes',
    ),
    (
        put(TRAINING, SupportedHyperParameters={"rounds": "10"}),
        "wrong-type",
        f"{TRAINING}SupportedHyperParameters",
        "expected a list, got an object; put it in brackets",
    ),
    (
        put(TRAINING, SupportedTrainingInstanceTypes="ml.m5.xlarge"),
        "wrong-type",
        f"{TRAINING}SupportedTrainingInstanceTypes",
        'expected a list, got the string "ml.m5.xlarge"; put it in brackets',
    ),
    (
        put(TRAINING, TrainingImage=IMAGE.replace("eu-central-1", "us-east-1")),
        "image-region",
        f"{TRAINING}TrainingImage",
        (
            f'"{IMAGE.replace("eu-central-1", "us-east-1")}" is in us-east-1, but the stack\'s region is eu-central-1; '
            "SageMaker pulls no images from other regions"
        ),
    ),
    (
        copied(f"{JOB}InputDataConfig", TRAINING, "TrainingChannels"),
        "unknown-member",
        f"{TRAINING}TrainingChannels[0]",
        "expected the fields of ChannelSpecification, got those of Channel",
    ),
    (
        copied(f"{TRAINING}TrainingChannels", JOB, "InputDataConfig"),
        "unknown-member",
        f"{JOB}InputDataConfig[0]",
        "expected the fields of Channel, got those of ChannelSpecification",
    ),
    (
        copied("InferenceSpecification", "", "TrainingSpecification"),
        "unknown-member",
        "TrainingSpecification",
        "expected the fields of TrainingSpecification, got those of InferenceSpecification",
    ),
    (
        put(f"{JOB}InputDataConfig[0]", ChannelName="training"),
        "profile-channel",
        f"{JOB}InputDataConfig[0].ChannelName",
        f'"training" is not in TrainingChannels; did you mean "train"?{FAILS[1:]}',
    ),
    (
        put(JOB, HyperParameters={"round": "10"}),
        "profile-hyper-parameter",
        f'{JOB}HyperParameters["round"]',
        f'"round" is not in SupportedHyperParameters; did you mean "rounds"?{FAILS[1:]}',
    ),
    (
        put(f"{JOB}OutputDataConfig", S3OutputPath="s3://<bucket>/out"),
        "s3-bucket-name",
        f"{JOB}OutputDataConfig.S3OutputPath",
        '"s3://<bucket>/out" contains an invalid bucket name; allowed: lowercase letters, digits, dots and hyphens',
    ),
    (
        put(f"{JOB}OutputDataConfig", KmsKeyId=f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234"),
        "arn-region",
        f"{JOB}OutputDataConfig.KmsKeyId",
        (
            f'"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234" is in us-east-1, but the stack\'s region is eu-central-1; '
            "AWS KMS keys and training plans are regional"
        ),
    ),
    (
        put(f"{JOB}ResourceConfig", InstanceCount=2),
        "profile-distributed",
        f"{JOB}ResourceConfig.InstanceCount",
        f"must be 1 because SupportsDistributedTraining is not true, got 2{FAILS}",
    ),
    (
        put(f"{JOB}ResourceConfig", InstanceCount=None),
        "profile-instance-count",
        f"{JOB}ResourceConfig.InstanceCount",
        f"is required with InstanceType{FAILS}",
    ),
    (
        put(f"{JOB}ResourceConfig", InstanceCount=0),
        "profile-instance-count",
        f"{JOB}ResourceConfig.InstanceCount",
        f"must be 1 or more, got 0{FAILS}",
    ),
    (
        put(f"{JOB}ResourceConfig", VolumeSizeInGB="20"),
        "wrong-type",
        f"{JOB}ResourceConfig.VolumeSizeInGB",
        'expected an integer, got the string "20"; remove the quotes',
    ),
    (
        put(f"{JOB}StoppingCondition", MaxRuntimeInSeconds="1h"),
        "wrong-type",
        f"{JOB}StoppingCondition.MaxRuntimeInSeconds",
        'expected an integer, got the string "1h"; use seconds, or in a stack a Duration or a timedelta',
    ),
    (
        put(f"{JOB}StoppingCondition", MaxRuntimeInSeconds=0),
        "number-range",
        f"{JOB}StoppingCondition.MaxRuntimeInSeconds",
        "must be 1 or more, got 0",
    ),
    (
        put(f"{JOB}StoppingCondition", MaxWaitTimeInSeconds=60),
        "profile-max-wait",
        f"{JOB}StoppingCondition.MaxWaitTimeInSeconds",
        f"must be at least MaxRuntimeInSeconds (3600), got 60{FAILS}",
    ),
    (
        put(f"{JOB}StoppingCondition", MaxPendingTimeInSeconds=3600),
        "profile-max-pending",
        f"{JOB}StoppingCondition.MaxPendingTimeInSeconds",
        (
            "must be 7200 to 2419200 seconds, got 3600; "
            "SageMaker rejects lower values although the API model allows 1800"
        ),
    ),
    (
        put(TRANSFORM, MaxPayloadInMB=50, MaxConcurrentTransforms=8),
        "transform-payload",
        f"{TRANSFORM}MaxConcurrentTransforms",
        (
            "must be up to 2 with a MaxPayloadInMB of 50, got 8; the limit applies to MaxPayloadInMB, and to "
            "MaxConcurrentTransforms times MaxPayloadInMB (default: 6)"
        ),
    ),
    (
        put("ValidationSpecification", ValidationRole="arn:aws:iam::999999999999:role/Validation"),
        "validation-role-account",
        "ValidationSpecification.ValidationRole",
        (
            '"arn:aws:iam::999999999999:role/Validation" is in account 999999999999, but the stack\'s is 123456789012; '
            "IAM cannot pass a role to a service in another account"
        ),
    ),
    (
        put("", Tags=[{"Key": "aws:x", "Value": "y"}]),
        "tag-reserved",
        "Tags[0].Key",
        '"aws:x" begins with aws:, which is reserved; use a different key',
    ),
    (
        put("", CertifyForMarketplace="false"),
        "wrong-type",
        "CertifyForMarketplace",
        'expected true or false, got the string "false"; remove the quotes',
    ),
]


def test_a_complete_and_right_definition_has_no_finding() -> None:
    assert check(DEFINITION, name_required=True, deployment=DEPLOYMENT) == []


@pytest.mark.parametrize(
    ("change", "rule", "path", "message"), MISTAKES, ids=[f"{rule}-{path}"[-60:] for _, rule, path, _ in MISTAKES]
)
def test_a_mistake_is_one_sentence(
    change: Callable[[dict[str, Any]], object], rule: str, path: str, message: str
) -> None:
    request = copy.deepcopy(DEFINITION)
    change(request)

    (finding,) = check(request, name_required=True, deployment=DEPLOYMENT)

    assert (finding.rule, finding.api_path, finding.message) == (ID_PREFIX + rule, path, message)


def test_a_misspelled_instance_type_stands_before_what_follows_from_it() -> None:
    request = copy.deepcopy(DEFINITION)
    request["TrainingSpecification"]["SupportedTrainingInstanceTypes"] = ["ml.m5.xlrage", "ml.c5.2xlarge"]

    cause, consequence = check(request, name_required=True, deployment=DEPLOYMENT)

    assert "did you mean" in cause.message
    assert '"ml.m5.xlrage" there is a misspelling' in consequence.message


def test_misspelled_fields_hide_what_follows_from_them() -> None:
    request = copy.deepcopy(DEFINITION)
    specification = request["TrainingSpecification"]["SupportedHyperParameters"][0]
    specification["name"], specification["isTunable"] = specification.pop("Name"), specification.pop("IsTunable")

    found = check(request, name_required=True, deployment=DEPLOYMENT)

    assert [finding.message for finding in found] == [
        "is not a field of HyperParameterSpecification; did you mean Name?",
        "is not a field of HyperParameterSpecification; did you mean IsTunable?",
    ]
