"""A seller's algorithm, encrypted throughout: the repository, to be deployed and filled first, and the algorithm."""

# The CDK's own types disagree on the names of parameters.
# pyright: reportArgumentType=false

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_kms as kms
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

INSTANCE_TYPES = ["ml.m5.large", "ml.m5.xlarge"]
SAMPLE_DATA = Path(__file__).parent / "sample_data"

app = cdk.App()
registry = cdk.Stack(app, "SellerRegistry")
repository = ecr.Repository(
    registry,
    "Repository",
    encryption_key=kms.Key(registry, "Key", enable_key_rotation=True),
    image_scan_on_push=True,
    image_tag_mutability=ecr.TagMutability.IMMUTABLE,
)

stack = cdk.Stack(app, "Seller")
cdk.CrossStackReferences.of(stack).consume(cdk.ReferenceStrength.STRONG)
key = kms.Key(stack, "Key", enable_key_rotation=True)
image = AlgorithmImage.from_ecr_repository(repository, "1.0")
logs = s3.Bucket(
    stack,
    "AccessLogs",
    encryption=s3.BucketEncryption.S3_MANAGED,
    block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
    enforce_ssl=True,
    server_access_logs_prefix="own/",
    versioned=True,
)
bucket = s3.Bucket(
    stack,
    "Bucket",
    encryption=s3.BucketEncryption.KMS,
    encryption_key=key,
    block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
    enforce_ssl=True,
    versioned=True,
    server_access_logs_bucket=logs,
)
data = S3Data.from_asset(SAMPLE_DATA)

Algorithm(
    stack,
    "Forest",
    algorithm_description="Random forests for tables",
    training_specification=TrainingSpecification(
        training_image=image,
        supported_hyper_parameters=[
            HyperParameterSpecification.integer(
                "max_depth", min=1, max=32, default=6, tunable=True
            ),
        ],
        supported_training_instance_types=INSTANCE_TYPES,
        training_channels=[
            ChannelSpecification.file(
                "train", content_types=["text/csv"], required=True
            )
        ],
    ),
    inference_specification=InferenceSpecification(
        containers=[ModelPackageContainerDefinition(image=image)],
        supported_transform_instance_types=INSTANCE_TYPES,
        supported_realtime_inference_instance_types=INSTANCE_TYPES,
        supported_content_types=["text/csv"],
        supported_response_mime_types=["text/csv"],
    ),
    validation_specification=ValidationSpecification(
        validation_profiles=[
            ValidationProfile(
                profile_name="iris",
                training_job_definition=TrainingJobDefinition(
                    training_input_mode="File",
                    hyper_parameters={"max_depth": 4},
                    input_data_config=[
                        Channel.from_s3("train", data, content_type="text/csv")
                    ],
                    output_data_config=OutputDataConfig(
                        s3_output_path=S3Data.from_bucket(bucket, "models/"),
                        kms_key_id=key,
                    ),
                    resource_config=ResourceConfig(
                        instance_type="ml.m5.large",
                        instance_count=1,
                        volume_size_in_gb=10,
                        volume_kms_key_id=key,
                    ),
                    stopping_condition=StoppingCondition(
                        max_runtime_in_seconds=cdk.Duration.hours(1)
                    ),
                ),
                transform_job_definition=TransformJobDefinition(
                    transform_input=TransformInput.from_s3(
                        data, content_type="text/csv"
                    ),
                    transform_output=TransformOutput(
                        s3_output_path=S3Data.from_bucket(bucket, "predictions/"),
                        kms_key_id=key,
                    ),
                    transform_resources=TransformResources(
                        instance_type="ml.m5.large", instance_count=1
                    ),
                ),
            ),
        ],
    ),
    certify_for_marketplace=True,
    removal_policy=cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    acknowledge_rules={"certify-data-visible": "the Iris data are public"},
)

app.synth()
