"""The algorithm in another stack: by a weak reference, because a replaced algorithm has another ARN."""

# The CDK's own types disagree on the names of parameters.
# pyright: reportArgumentType=false

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from cdk_sagemaker_algorithm import (
    Algorithm,
    ChannelSpecification,
    TrainingSpecification,
)

app = cdk.App()
producer = cdk.Stack(app, "Forest")
algorithm = Algorithm(
    producer,
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

# region consumer
consumer = cdk.Stack(app, "Training")
cdk.CrossStackReferences.of(consumer).consume(cdk.ReferenceStrength.WEAK)
role = iam.Role(
    consumer, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")
)
algorithm.grants.create_training_job(role, name_prefix="forest-")
# endregion consumer

app.synth()
