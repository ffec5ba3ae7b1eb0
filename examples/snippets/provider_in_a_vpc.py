"""A provider whose function runs in a VPC, and whose roles have a permissions boundary."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

from cdk_sagemaker_algorithm import (
    Algorithm,
    AlgorithmProvider,
    ChannelSpecification,
    TrainingSpecification,
)

app = cdk.App()
stack = cdk.Stack(app, "Forest")

vpc = ec2.Vpc.from_vpc_attributes(
    stack,
    "Vpc",
    vpc_id="vpc-0123456789abcdef0",
    availability_zones=["eu-west-1a", "eu-west-1b"],
    private_subnet_ids=["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
)
provider = AlgorithmProvider(
    stack,
    "Provider",
    vpc=vpc,
    permissions_boundary=iam.ManagedPolicy.from_managed_policy_name(
        stack, "Boundary", "developers"
    ),
)
Algorithm(
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
    provider=provider,
)

app.synth()
