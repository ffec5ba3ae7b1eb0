"""Build an image from a directory, and push it, during deployment."""

from pathlib import Path

import aws_cdk as cdk

from cdk_sagemaker_algorithm import (
    Algorithm,
    AlgorithmImage,
    ChannelSpecification,
    TrainingSpecification,
)

app = cdk.App()
stack = cdk.Stack(app, "Forest")

Algorithm(
    stack,
    "Forest",
    training_specification=TrainingSpecification(
        training_image=AlgorithmImage.from_asset(Path(__file__).parent / "container"),
        supported_training_instance_types=["ml.m5.large"],
        training_channels=[
            ChannelSpecification.file(
                "train", content_types=["text/csv"], required=True
            )
        ],
    ),
)

app.synth()
