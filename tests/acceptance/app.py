"""The app that the acceptance scenarios deploy: small stacks, changed by context values.

`run` names the run: all stacks begin with it, and all resources have it as a tag.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from cdk_sagemaker_algorithm import (
    Algorithm,
    AlgorithmImage,
    AlgorithmProvider,
    Channel,
    ChannelSpecification,
    HyperParameterSpecification,
    InferenceSpecification,
    MetricDefinition,
    ModelPackageContainerDefinition,
    OutputDataConfig,
    ResourceConfig,
    S3Data,
    StoppingCondition,
    TrainingJobDefinition,
    TrainingSpecification,
    TransformInput,
    TransformJobDefinition,
    TransformOutput,
    TransformResources,
    ValidationProfile,
    ValidationSpecification,
)

HERE = Path(__file__).parent
TAG = "acceptance-run-of-cdk-sagemaker-algorithm"
INSTANCE = "ml.m5.large"
#: A validation of this container takes minutes; one that hangs must not cost hours.
LONGEST_SECONDS = 1200

app = cdk.App()


def setting(name: str, default: str = "") -> str:
    """A value from the context."""
    return str(app.node.try_get_context(name) or default)


run = setting("run", "acceptance-0")
BUCKET = f"{run}-{cdk.Aws.ACCOUNT_ID}-{cdk.Aws.REGION}"
data = S3Data.from_asset(HERE / "data")
# Local AWS has no Docker.
image = AlgorithmImage.from_uri(setting("image")) if setting("image") else AlgorithmImage.from_asset(HERE / "container")


def algorithm(stack: cdk.Stack, **options: Any) -> Algorithm:
    """An algorithm whose validation runs a training and a transform job."""
    output = f"s3://{BUCKET}/{stack.stack_name}"
    return Algorithm(
        stack,
        "Algorithm",
        algorithm_name=setting("name") or None,
        revision=setting("revision") or None,
        training_specification=TrainingSpecification(
            training_image=image,
            supported_hyper_parameters=[
                HyperParameterSpecification.integer("depth", min=1, max=setting("depth", "32"), default=6),
                HyperParameterSpecification.categorical("fail", values=["0", "1"], default="0"),
            ],
            supported_training_instance_types=[INSTANCE],
            metric_definitions=[
                MetricDefinition(name="accuracy", regex=r"accuracy: (\S+)"),
                MetricDefinition(name="absent", regex=r"no line has this: (\S+)"),
            ],
            training_channels=[ChannelSpecification.file("training", content_types=["text/csv"], required=True)],
        ),
        inference_specification=InferenceSpecification(
            containers=[ModelPackageContainerDefinition(image=image)],
            supported_transform_instance_types=[INSTANCE],
            supported_content_types=["text/csv"],
            supported_response_mime_types=["text/csv"],
        ),
        validation_specification=ValidationSpecification(
            validation_profiles=[
                ValidationProfile(
                    profile_name="Profile",
                    training_job_definition=TrainingJobDefinition(
                        training_input_mode="File",
                        hyper_parameters={"fail": setting("fail", "0")},
                        input_data_config=[Channel.from_s3("training", data, content_type="text/csv")],
                        output_data_config=OutputDataConfig(s3_output_path=f"{output}/training"),
                        resource_config=ResourceConfig(instance_type=INSTANCE, instance_count=1, volume_size_in_gb=5),
                        stopping_condition=StoppingCondition(max_runtime_in_seconds=LONGEST_SECONDS),
                    ),
                    transform_job_definition=TransformJobDefinition(
                        transform_input=TransformInput.from_s3(data, content_type="text/csv", split_type="Line"),
                        transform_output=TransformOutput(s3_output_path=f"{output}/transform", accept="text/csv"),
                        transform_resources=TransformResources(instance_type=INSTANCE, instance_count=1),
                    ),
                ),
            ],
        ),
        **options,
    )


def base() -> None:
    """The bucket that the jobs write to; the run empties it before the stack is deleted."""
    stack = cdk.Stack(app, f"{run}-base")
    s3.Bucket(
        stack, "Bucket", bucket_name=BUCKET, removal_policy=cdk.RemovalPolicy.DESTROY, enforce_ssl=not setting("image")
    )


def single() -> None:
    """One algorithm with a provider of its own."""
    stack = cdk.Stack(app, f"{run}-single")
    made = algorithm(stack)
    queue = sqs.Queue(stack, "Events")
    made.on_state_change("StateChange", target=cast("Any", targets.SqsQueue(queue)))
    cdk.CfnOutput(stack, "Name", value=made.algorithm_name)
    cdk.CfnOutput(stack, "Arn", value=made.algorithm_arn)
    cdk.CfnOutput(stack, "QueueUrl", value=queue.queue_url)


def shared() -> None:
    """One provider for two stacks."""
    provider = AlgorithmProvider(cdk.Stack(app, f"{run}-provider"), "Provider")
    for letter in ("a", "b"):
        stack = cdk.Stack(app, f"{run}-shared-{letter}")
        cdk.CfnOutput(stack, "Name", value=algorithm(stack, provider=provider).algorithm_name)


def vpc() -> None:
    """A provider in a VPC of the same stack."""
    stack = cdk.Stack(app, f"{run}-vpc")
    network = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)
    provider = AlgorithmProvider(stack, "Provider", vpc=network)
    cdk.CfnOutput(stack, "Name", value=algorithm(stack, provider=provider).algorithm_name)


# Only the stacks that a command is about, and those that share exports with them.
parts = {"base": base, "single": single, "provider": shared, "shared-a": shared, "shared-b": shared, "vpc": vpc}
parts[setting("stack", "base")]()
cdk.Tags.of(app).add(TAG, run)
cdk.Tags.of(app).add("team", setting("team", "trees"))
app.synth()
