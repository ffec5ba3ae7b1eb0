"""Describe the algorithm when SageMaker reports a change."""

import aws_cdk as cdk
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs

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
key = kms.Key(stack, "Key", enable_key_rotation=True)
queue = sqs.Queue(stack, "Changes", encryption_master_key=key, enforce_ssl=True)
algorithm.on_state_change("Changed", target=targets.SqsQueue(queue))

app.synth()
