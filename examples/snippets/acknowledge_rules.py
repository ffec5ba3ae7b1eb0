"""Acknowledge rules for one algorithm, and for a whole app."""

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
    algorithm_name="forest-1",
    training_specification=TrainingSpecification(
        training_image="123456789012.dkr.ecr.us-east-1.amazonaws.com/forest:latest",
        supported_training_instance_types=["ml.m5.large"],
        training_channels=[
            ChannelSpecification.file(
                "train", content_types=["text/csv"], required=True
            )
        ],
    ),
    acknowledge_rules={
        "image-tag-moves": "the tag moves once a release, and so does the revision"
    },
)
cdk.Validations.of(app).acknowledge(
    cdk.Acknowledgment(
        id="cdk-sagemaker-algorithm:algorithm-name-given",
        reason="partners know the name",
    )
)

app.synth()
