"""The app that the end-to-end tests deploy: one algorithm or several, changed by context values."""

from __future__ import annotations

import aws_cdk as cdk

from cdk_sagemaker_algorithm import (
    Algorithm,
    AlgorithmProvider,
    Channel,
    ChannelSpecification,
    HyperParameterSpecification,
    InferenceSpecification,
    MetricDefinition,
    ModelPackageContainerDefinition,
    OutputDataConfig,
    ResourceConfig,
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

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/forest:1.0"
BUCKET = "s3://forest-data-123456789012"

app = cdk.App()
stack = cdk.Stack(app, app.node.try_get_context("stack") or "Forest")
shared = app.node.try_get_context("shared")


def declare(name: str) -> Algorithm:
    return Algorithm(
        stack,
        name,
        provider=AlgorithmProvider(cdk.Stack(app, shared), "Provider") if shared else None,
        algorithm_name=app.node.try_get_context("name"),
        revision=app.node.try_get_context("revision"),
        training_specification=TrainingSpecification(
            training_image=IMAGE,
            supported_hyper_parameters=[
                HyperParameterSpecification.integer(
                    "max_depth", min=1, max=app.node.try_get_context("max_depth") or "32", default=6, tunable=True
                ),
            ],
            supported_training_instance_types=["ml.m5.large"],
            metric_definitions=[MetricDefinition(name="validation:accuracy", regex=r"accuracy: (\S+)")],
            training_channels=[ChannelSpecification.file("training", content_types=["text/csv"], required=True)],
        ),
        inference_specification=InferenceSpecification(
            containers=[ModelPackageContainerDefinition(image=IMAGE)],
            supported_transform_instance_types=["ml.m5.large"],
            supported_realtime_inference_instance_types=["ml.m5.large"],
            supported_content_types=["text/csv"],
            supported_response_mime_types=["text/csv"],
        ),
        validation_specification=ValidationSpecification(
            validation_role="arn:aws:iam::123456789012:role/Validation",
            validation_profiles=[
                ValidationProfile(
                    profile_name="Profile",
                    training_job_definition=TrainingJobDefinition(
                        training_input_mode="File",
                        hyper_parameters={},
                        input_data_config=[Channel.from_s3("training", f"{BUCKET}/training/", content_type="text/csv")],
                        output_data_config=OutputDataConfig(kms_key_id="", s3_output_path=f"{BUCKET}/models"),
                        resource_config=ResourceConfig(
                            instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=10
                        ),
                        stopping_condition=StoppingCondition(max_runtime_in_seconds=1800),
                    ),
                    transform_job_definition=TransformJobDefinition(
                        transform_input=TransformInput.from_s3(
                            f"{BUCKET}/rows/", content_type="text/csv", split_type="Line"
                        ),
                        transform_output=TransformOutput(s3_output_path=f"{BUCKET}/labels", accept="text/csv"),
                        transform_resources=TransformResources(instance_type="ml.m5.large", instance_count=1),
                    ),
                ),
            ],
        ),
    )


# Several algorithms have the same definition.
algorithm = [declare(name) for name in (app.node.try_get_context("names") or "Algorithm").split(",")][-1]
cdk.Tags.of(app).add("team", app.node.try_get_context("team") or "trees")
cdk.CfnOutput(stack, "Name", value=algorithm.algorithm_name)
cdk.CfnOutput(stack, "Arn", value=algorithm.algorithm_arn)
app.synth()
