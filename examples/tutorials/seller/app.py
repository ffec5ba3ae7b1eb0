"""An algorithm for AWS Marketplace: an ECR repository, sample data, and a certified algorithm."""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_s3 as s3

from cdk_sagemaker_algorithm import (
    Algorithm,
    AlgorithmImage,
    Channel,
    ChannelSpecification,
    HyperParameterSpecification,
    InferenceSpecification,
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

VERSION = "1.0"
MAX_DEPTH = 32

app = cdk.App()

registry = cdk.Stack(app, "ForestRegistry")
repository = ecr.Repository(
    registry,
    "Repository",
    repository_name="forest",
    image_tag_mutability=ecr.TagMutability.IMMUTABLE,
)

stack = cdk.Stack(app, "Forest")
cdk.CrossStackReferences.of(stack).consume(cdk.ReferenceStrength.STRONG)
image = AlgorithmImage.from_ecr_repository(repository, VERSION)
data = S3Data.from_asset(Path(__file__).parent / "data")
results = s3.Bucket(stack, "Results", enforce_ssl=True)
instances = ["ml.m5.large", "ml.m5.xlarge"]

algorithm = Algorithm(
    stack,
    "Forest",
    algorithm_name_prefix="forest",
    certify_for_marketplace=True,
    removal_policy=cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    acknowledge_rules={"certify-data-visible": "the sample data are public"},
    training_specification=TrainingSpecification(
        training_image=image,
        supported_hyper_parameters=[
            HyperParameterSpecification.integer(
                "max_depth", min=1, max=MAX_DEPTH, default=6, tunable=True
            ),
        ],
        supported_training_instance_types=instances,
        training_channels=[
            ChannelSpecification.file(
                "train", content_types=["text/csv"], required=True
            )
        ],
    ),
    inference_specification=InferenceSpecification(
        containers=[ModelPackageContainerDefinition(image=image)],
        supported_transform_instance_types=instances,
        supported_realtime_inference_instance_types=instances,
        supported_content_types=["text/csv"],
        supported_response_mime_types=["text/csv"],
    ),
    validation_specification=ValidationSpecification(
        validation_profiles=[
            ValidationProfile(
                profile_name="sample",
                training_job_definition=TrainingJobDefinition(
                    training_input_mode="File",
                    hyper_parameters={"max_depth": 4},
                    input_data_config=[
                        Channel.from_s3("train", data, content_type="text/csv")
                    ],
                    output_data_config=OutputDataConfig(
                        s3_output_path=S3Data.from_bucket(results, "models/")
                    ),
                    resource_config=ResourceConfig(
                        instance_type="ml.m5.large",
                        instance_count=1,
                        volume_size_in_gb=10,
                    ),
                    stopping_condition=StoppingCondition(
                        max_runtime_in_seconds=cdk.Duration.minutes(30)
                    ),
                ),
                transform_job_definition=TransformJobDefinition(
                    transform_input=TransformInput.from_s3(
                        data, content_type="text/csv", split_type="Line"
                    ),
                    transform_output=TransformOutput(
                        s3_output_path=S3Data.from_bucket(results, "predictions/"),
                        accept="text/csv",
                        assemble_with="Line",
                    ),
                    transform_resources=TransformResources(
                        instance_type="ml.m5.large", instance_count=1
                    ),
                ),
            ),
        ],
    ),
)
cdk.CfnOutput(stack, "AlgorithmArn", value=algorithm.algorithm_arn)

app.synth()
