"""The app that the acceptance scenarios deploy: small stacks, changed by context values.

`run` names the run: all stacks begin with it, and all resources have it as a tag.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
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
#: As many tags as a user may have; two of them are the app's own.
TAGS = 45 - 2

app = cdk.App()


def setting(name: str, default: str = "") -> str:
    """A value from the context."""
    return str(app.node.try_get_context(name) or default)


run = setting("run", "acceptance-0")
BUCKET = f"{run}-{cdk.Aws.ACCOUNT_ID}-{cdk.Aws.REGION}"
data = S3Data.from_asset(HERE / "data")
# Local AWS has no Docker.
image = AlgorithmImage.from_uri(setting("image")) if setting("image") else AlgorithmImage.from_asset(HERE / "container")


def validation(output: str) -> ValidationSpecification:
    """A training and a transform job, which write to a prefix."""
    return ValidationSpecification(
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
    )


def algorithm(stack: cdk.Stack, *, profile: bool = True, **options: Any) -> Algorithm:
    """An algorithm whose validation runs a training and a transform job, or, without a profile, none."""
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
        validation_specification=validation(f"s3://{BUCKET}/{stack.stack_name}") if profile else None,
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


def network(stack: cdk.Stack) -> dict[str, Any]:
    """A VPC with a way out, and the subnets of the handler. Local AWS has no NAT gateways, so it gets endpoints."""
    if setting("network") != "endpoints":
        return {"vpc": ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)}
    found = isolated(stack)
    for name in ("SAGEMAKER_API", "STEP_FUNCTIONS", "EVENTBRIDGE"):
        # Local AWS does not tell the addresses of a VPC, by which an endpoint would be opened.
        found["vpc"].add_interface_endpoint(name, service=getattr(ec2.InterfaceVpcEndpointAwsService, name), open=False)
    found["vpc"].add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
    return found


def isolated(stack: cdk.Stack) -> dict[str, Any]:
    """A VPC without a way out, which costs nothing, and its subnets."""
    subnets = [ec2.SubnetConfiguration(name="isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)]
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=subnets)
    return {"vpc": vpc, "vpc_subnets": ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)}


def vpc() -> None:
    """A provider in a VPC of the same stack."""
    stack = cdk.Stack(app, f"{run}-vpc")
    provider = AlgorithmProvider(stack, "Provider", **network(stack))
    cdk.CfnOutput(stack, "Name", value=algorithm(stack, provider=provider).algorithm_name)


def leaving() -> None:
    """A provider in a VPC, or beside it. It serves nothing, so it needs no way out."""
    stack = cdk.Stack(app, f"{run}-leaving")
    options = isolated(stack)
    AlgorithmProvider(stack, "Provider", **({} if setting("outside") else options))


def adopter() -> None:
    """An algorithm with the name of one that was made by hand."""
    stack = cdk.Stack(app, f"{run}-adopter")
    made = algorithm(stack, profile=False)
    if setting("breaks"):
        # A resource without a definition, which the handler rejects after the algorithm was adopted.
        token = AlgorithmProvider.of_stack(stack).service_token
        properties = {"ServiceToken": token, "After": made.algorithm_arn}
        cdk.CfnResource(stack, "Broken", type="Custom::SageMakerAlgorithm", properties=properties)


def regulated() -> None:
    """A provider with a key and a path for its roles, and an algorithm with all tags that it may have."""
    stack = cdk.Stack(app, f"{run}-regulated")
    key: Any = kms.Key(stack, "Key", removal_policy=cdk.RemovalPolicy.DESTROY, pending_window=cdk.Duration.days(7))
    provider = AlgorithmProvider(stack, "Provider", encryption_key=key, role_path="/acceptance/", log_level="DEBUG")
    made = algorithm(stack, profile=False, provider=provider)
    for number in range(TAGS):
        cdk.Tags.of(made).add(f"tag-{number}", "x" * 256)
    cdk.CfnOutput(stack, "Arn", value=made.algorithm_arn)


# Only the stacks that a command is about, and those that share exports with them.
parts = {
    "base": base,
    "single": single,
    "adopter": adopter,
    "regulated": regulated,
    "provider": shared,
    "shared-a": shared,
    "shared-b": shared,
    "vpc": vpc,
    "leaving": leaving,
}
parts[setting("stack", "base")]()
cdk.Tags.of(app).add(TAG, run)
cdk.Tags.of(app).add("team", setting("team", "trees"))
app.synth()
