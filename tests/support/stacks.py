"""Stacks with algorithms, and what is in their templates."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from cdk_sagemaker_algorithm import Algorithm

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/forest:1.0"
ROLE = "arn:aws:iam::123456789012:role/validation"
TRAINING: dict[str, Any] = {
    "TrainingImage": IMAGE,
    "SupportedTrainingInstanceTypes": ["ml.m5.large"],
    "TrainingChannels": [{"Name": "train", "SupportedContentTypes": ["text/csv"], "SupportedInputModes": ["File"]}],
}
ALGORITHM = "Custom::SageMakerAlgorithm"
SLICE = "Custom::SageMakerAlgorithmValidation"
PROVIDER_TYPES = {
    "AWS::IAM::Policy": 1,
    "AWS::IAM::Role": 2,
    "AWS::Lambda::EventInvokeConfig": 1,
    "AWS::Lambda::Function": 1,
    "AWS::Logs::LogGroup": 2,
    "AWS::StepFunctions::StateMachine": 1,
}

Resource = dict[str, Any]


def validation(*, source: Any = "s3://data/iris", output: Any = "s3://models/forest", **job: Any) -> dict[str, Any]:
    """A validation specification of one training job, without a role."""
    definition = {
        "TrainingInputMode": "File",
        "InputDataConfig": [
            {
                "ChannelName": "train",
                "ContentType": "text/csv",
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": source}},
            }
        ],
        "OutputDataConfig": {"S3OutputPath": output},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        **job,
    }
    return {"ValidationProfiles": [{"ProfileName": "sample", "TrainingJobDefinition": definition}]}


def new_stack(name: str = "Stack", **options: Any) -> cdk.Stack:
    """An empty stack in an app of its own."""
    return cdk.Stack(cdk.App(), name, **options)


def algorithm(stack: cdk.Stack, id: str = "Forest", **options: Any) -> Algorithm:
    """The least algorithm."""
    arguments: dict[str, Any] = {"training_specification": TRAINING, **options}
    return Algorithm(stack, id, **arguments)


def users_role(stack: cdk.Stack, id: str, **options: Any) -> iam.Role:
    """A role of the user's."""
    # CDK's own types disagree on a parameter's name.
    sagemaker: Any = iam.ServicePrincipal("sagemaker.amazonaws.com")
    return iam.Role(stack, id, assumed_by=sagemaker, **options)


def template(stack: cdk.Stack) -> dict[str, Any]:
    """The stack's template, as CloudFormation gets it."""
    app = stack.node.root
    assert isinstance(app, cdk.App)
    found: dict[str, Any] = app.synth(force=True).get_stack_artifact(stack.artifact_id).template
    return found


def resources(stack: cdk.Stack, kind: str) -> dict[str, Resource]:
    """The template's resources of one type."""
    return {name: each for name, each in template(stack)["Resources"].items() if each["Type"] == kind}


def only(stack: cdk.Stack, kind: str) -> Resource:
    """The template's one resource of a type."""
    (found,) = resources(stack, kind).values()
    return found


def statements(policy: Resource) -> list[dict[str, Any]]:
    """The statements of an IAM policy."""
    found: list[dict[str, Any]] = policy["Properties"]["PolicyDocument"]["Statement"]
    return found


def text(value: Any) -> str:
    """A value of a template as one line, with references in braces."""
    match value:
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(map(text, parts))
        case {"Ref": name}:
            return "${" + str(name) + "}"
        case {"Fn::GetAtt": [name, attribute]}:
            return "${" + f"{name}.{attribute}" + "}"
        case {"Fn::Sub": str(pattern)}:
            return pattern
        case list():
            return str([text(each) for each in value])  # pyright: ignore[reportUnknownVariableType]
        case _:
            return str(value)


def grants(policy: Resource) -> dict[str, set[str]]:
    """What a policy allows: the actions by the resource."""
    found: dict[str, set[str]] = {}
    for statement in statements(policy):
        for arn in as_list(statement["Resource"]):
            found.setdefault(text(arn), set()).update(as_list(statement["Action"]))
    return found


def as_list(value: Any) -> list[Any]:
    """What a policy has as one value or as several."""
    return value if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType]
