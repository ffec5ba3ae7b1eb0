"""A minimal algorithm."""

import aws_cdk as cdk

from cdk_sagemaker_algorithm import (
    Algorithm,
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
cdk.CfnOutput(stack, "AlgorithmArn", value=algorithm.algorithm_arn)

app.synth()
