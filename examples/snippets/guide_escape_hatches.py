"""Escape hatches: a property, metadata, and an aspect for the whole app."""

from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from cdk_sagemaker_algorithm import (
    Algorithm,
    AlgorithmProvider,
    ChannelSpecification,
    TrainingSpecification,
)

app = cdk.App()
stack = cdk.Stack(app, "Forest")

algorithm = Algorithm(
    stack,
    "Forest",
    training_specification=TrainingSpecification(
        training_image="123456789012.dkr.ecr.us-east-1.amazonaws.com/forest:1.0",
        supported_training_instance_types=["ml.m5.large"],
        training_channels=[
            ChannelSpecification.file(
                "train", content_types=["text/csv"], required=True
            )
        ],
    ),
)

resource = cast("cdk.CfnResource", algorithm.node.default_child)
resource.add_property_override("AlgorithmDescription", "Random forests for tables")
resource.add_metadata("owner", "tables")

provider = AlgorithmProvider.of_stack(stack)
function = cast(
    "cdk.CfnResource", provider.node.find_child("Handler").node.default_child
)
function.add_property_override("MemorySize", 512)

boundary = iam.ManagedPolicy.from_managed_policy_name(stack, "Boundary", "developers")
iam.PermissionsBoundary.of(app).apply(boundary)

app.synth()
