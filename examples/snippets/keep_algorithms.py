"""Published versions stay when they are replaced; a failed one stays for inspection until the next attempt."""

import aws_cdk as cdk

from cdk_sagemaker_algorithm import (
    Algorithm,
    ChannelSpecification,
    TrainingSpecification,
)

app = cdk.App()
stack = cdk.Stack(app, "Forest")

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
    retain_failed=True,
    removal_policy=cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
)

app.synth()
