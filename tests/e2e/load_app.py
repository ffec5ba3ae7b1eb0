"""Many algorithms: what `make load` deploys."""

from __future__ import annotations

import aws_cdk as cdk

from cdk_sagemaker_algorithm import Algorithm, ChannelSpecification, TrainingSpecification

app = cdk.App()
stacks = int(app.node.try_get_context("stacks") or 1)
algorithms = int(app.node.try_get_context("algorithms") or 1)
for stack_number in range(stacks):
    stack = cdk.Stack(app, f"Load{stack_number}")
    for number in range(algorithms):
        Algorithm(
            stack,
            f"Algorithm{number}",
            training_specification=TrainingSpecification(
                training_image=f"123456789012.dkr.ecr.us-east-1.amazonaws.com/forest:{number}",
                supported_training_instance_types=["ml.m5.large"],
                training_channels=[ChannelSpecification.file("training", content_types=["text/csv"], required=True)],
            ),
            validation_timeout=cdk.Duration.minutes(10),
        )
app.synth()
