"""One provider for the stacks of an app, in a stack of its own."""

import aws_cdk as cdk

from cdk_sagemaker_algorithm import (
    Algorithm,
    AlgorithmProvider,
    ChannelSpecification,
    TrainingSpecification,
)

app = cdk.App()
shared = cdk.Stack(app, "Shared")
provider = AlgorithmProvider(shared, "Provider", log_retention_days=365)

for name in ("Forest", "Boosting"):
    stack = cdk.Stack(app, name)
    Algorithm(
        stack,
        name,
        training_specification=TrainingSpecification(
            training_image=f"123456789012.dkr.ecr.us-east-1.amazonaws.com/{name.lower()}:1.0",
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
