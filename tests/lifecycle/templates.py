"""The templates that the schedules deploy, derived from a synthesized template."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

import aws_cdk as cdk

from cdk_sagemaker_algorithm import Algorithm
from cdk_sagemaker_algorithm_provider.contract.resource_schema import WAIT_COUNT, WAIT_INDEX
from tests.lifecycle.cloudformation import Resource, Template

Json = Any
PROVIDER = "SageMakerAlgorithmProvider"
SECRET = "hunter2-in-a-default"

DEFINITION: dict[str, Json] = {
    "TrainingSpecification": {
        "TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/forest:1",
        "SupportedTrainingInstanceTypes": ["ml.m5.large"],
        "SupportsDistributedTraining": False,
        "SupportedHyperParameters": [
            {
                "Name": "trees",
                "Type": "Integer",
                "Range": {"IntegerParameterRangeSpecification": {"MinValue": "1", "MaxValue": "500"}},
                "DefaultValue": "100",
                "IsTunable": True,
                "IsRequired": False,
            },
            {"Name": "token", "Type": "FreeText", "DefaultValue": SECRET, "IsTunable": False, "IsRequired": False},
        ],
        "TrainingChannels": [
            {
                "Name": "train",
                "SupportedContentTypes": ["text/csv"],
                "SupportedInputModes": ["File"],
                "IsRequired": True,
            }
        ],
    },
    "ValidationSpecification": {
        "ValidationRole": "arn:aws:iam::123456789012:role/Validation",
        "ValidationProfiles": [
            {
                "ProfileName": "profile",
                "TrainingJobDefinition": {
                    "TrainingInputMode": "File",
                    "InputDataConfig": [
                        {
                            "ChannelName": "train",
                            "DataSource": {
                                "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/iris"},
                            },
                        }
                    ],
                    "OutputDataConfig": {"S3OutputPath": "s3://data/out"},
                    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
                    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
                },
            }
        ],
    },
}


@cache
def synthesized() -> dict[str, Json]:
    """The stack of four kinds of algorithms, as the library synthesizes it."""
    app = cdk.App(analytics_reporting=False, tree_metadata=False)
    stack = cdk.Stack(app, "Simulated")
    Algorithm.from_request(stack, "Forest", DEFINITION, validation_timeout=cdk.Duration.hours(2))
    Algorithm.from_request(
        stack,
        "Named",
        {"AlgorithmName": "named-v0", **DEFINITION},
        validation_timeout=cdk.Duration.minutes(30),
    )
    Algorithm.from_request(stack, "Quick", DEFINITION, wait_for_validation=False)
    Algorithm.from_request(
        stack,
        "Kept",
        DEFINITION,
        validation_timeout=cdk.Duration.minutes(30),
        removal_policy=cdk.RemovalPolicy.RETAIN,
    )
    template: dict[str, Json] = app.synth().get_stack_by_name("Simulated").template
    return template


@cache
def state_machine_definition() -> dict[str, Json]:
    """The waiter as synthesized, its pseudo parameters filled in."""
    resources = synthesized()["Resources"].values()
    machine = next(each for each in resources if each["Type"] == "AWS::StepFunctions::StateMachine")
    text: str = machine["Properties"]["DefinitionString"]["Fn::Sub"]
    definition: dict[str, Json] = json.loads(text.replace("${AWS::Partition}", "aws"))
    assert "${" not in json.dumps(definition)
    return definition


@cache
def function_settings() -> dict[str, int]:
    """Return the template's settings for the function and its asynchronous invocation."""
    by_type = {each["Type"]: each["Properties"] for each in synthesized()["Resources"].values()}
    invocation = by_type["AWS::Lambda::EventInvokeConfig"]
    return {
        "timeout": by_type["AWS::Lambda::Function"]["Timeout"],
        "event_age": invocation["MaximumEventAgeInSeconds"],
        "retries": invocation["MaximumRetryAttempts"],
    }


@cache
def logical_ids(construct: str) -> tuple[str, ...]:
    """The logical IDs of a construct's resource and of its slices, in their order."""
    resources = synthesized()["Resources"]
    resource = [name for name in resources if name.startswith(construct) and "Validation" not in name]
    slices = sorted(name for name in resources if name.startswith(f"{construct}Validation"))
    return (*resource, *slices)


def is_last_wait(properties: Mapping[str, Json]) -> bool:
    """Whether these are the properties of the resource that ends the wait for a validation."""
    return bool(properties[WAIT_INDEX] == properties[WAIT_COUNT])


@dataclass(frozen=True, kw_only=True)
class Variant:
    """How an algorithm of a template differs from what was synthesized."""

    construct: str
    definition: int = 0
    revision: str = ""
    prefix: str = ""
    name: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    #: CreateAlgorithm takes it never, and says so in a sentence or in 60 KB.
    refused: Literal["", "briefly", "at length"] = ""
    retain_failed: bool = False


@cache
def algorithm(variant: Variant) -> Mapping[str, Resource]:
    """The resources of one algorithm."""
    made: dict[str, Resource] = {}
    for logical_id in logical_ids(variant.construct):
        source = synthesized()["Resources"][logical_id]
        properties = {key: value for key, value in source["Properties"].items() if key != "ServiceToken"}
        resource = Resource(
            type=source["Type"],
            properties=properties,
            retain=source.get("DeletionPolicy") == "Retain",
        )
        if source["Type"] == "Custom::SageMakerAlgorithm":
            resource = replace(resource, properties=_varied(properties, variant))
        made[logical_id] = resource
    return MappingProxyType(made)


def _varied(properties: dict[str, Json], variant: Variant) -> dict[str, Json]:
    training = properties["TrainingSpecification"]
    image = training["TrainingImage"].rpartition(":")[0]
    varied = {
        **properties,
        "TrainingSpecification": {**training, "TrainingImage": f"{image}:{variant.definition}"},
        "Tags": [{"Key": key, "Value": value} for key, value in variant.tags],
    }
    if variant.revision:
        varied["Revision"] = variant.revision
    if variant.refused:
        varied["AlgorithmDescription"] = f"Refuse {variant.refused}"
    if variant.retain_failed:
        varied["RetainFailed"] = True
    if variant.name and "AlgorithmName" in varied:
        varied["AlgorithmName"] = variant.name
    if variant.prefix and "AlgorithmNamePrefix" in varied:
        varied["AlgorithmNamePrefix"] = variant.prefix
    return varied


def template(*variants: Variant, others: dict[str, Resource] | None = None, consumers: bool = False) -> Template:
    """Algorithms, resources of other kinds, and such as use an algorithm once it has been validated."""
    made: dict[str, Resource] = dict(others or {})
    for variant in variants:
        resources = algorithm(variant)
        made.update(resources)
        if consumers:
            last = list(resources)[-1]
            made[f"Uses{variant.construct}"] = Resource(
                type="AWS::SSM::Parameter",
                properties={"Value": {"Fn::GetAtt": [last, "AlgorithmName"]}},
            )
    return made
