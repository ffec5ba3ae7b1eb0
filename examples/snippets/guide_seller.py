"""A seller's app: a separate stack for the repository, because the image must exist first."""

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
    HyperParameterTuningJobObjective,
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

VERSION = "1.0"
INSTANCE_TYPES = ["ml.m5.large", "ml.m5.xlarge"]
SAMPLE_DATA = Path(__file__).parent / "sample_data"

app = cdk.App()

# region repository
registry = cdk.Stack(app, "ForestRegistry")
repository = ecr.Repository(
    registry,
    "Repository",
    repository_name="forest",
    image_scan_on_push=True,
    image_tag_mutability=ecr.TagMutability.IMMUTABLE,
)
# endregion repository

# region places
stack = cdk.Stack(app, "Forest")
cdk.CrossStackReferences.of(stack).consume(cdk.ReferenceStrength.STRONG)
image = AlgorithmImage.from_ecr_repository(repository, VERSION)
data = S3Data.from_asset(SAMPLE_DATA)
key = kms.Key(stack, "Key", enable_key_rotation=True)
bucket = s3.Bucket(
    stack,
    "Results",
    encryption=s3.BucketEncryption.KMS,
    encryption_key=key,
    block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
    enforce_ssl=True,
)
# endregion places

# region training
training = TrainingSpecification(
    training_image=image,
    supported_hyper_parameters=[
        HyperParameterSpecification.integer(
            "max_depth",
            min=1,
            max=32,
            default=6,
            tunable=True,
            description="How deep a tree may grow",
        ),
        HyperParameterSpecification.categorical(
            "criterion", values=["gini", "entropy"], default="gini"
        ),
    ],
    supported_training_instance_types=INSTANCE_TYPES,
    metric_definitions=[
        MetricDefinition(name="validation:accuracy", regex=r"accuracy: (\S+)")
    ],
    supported_tuning_job_objective_metrics=[
        HyperParameterTuningJobObjective.maximize("validation:accuracy")
    ],
    training_channels=[
        ChannelSpecification.file("train", content_types=["text/csv"], required=True)
    ],
)
# endregion training

# region inference
inference = InferenceSpecification(
    containers=[ModelPackageContainerDefinition(image=image)],
    supported_transform_instance_types=INSTANCE_TYPES,
    supported_realtime_inference_instance_types=INSTANCE_TYPES,
    supported_content_types=["text/csv"],
    supported_response_mime_types=["text/csv"],
)
# endregion inference

# region validation
validation = ValidationSpecification(
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
                    s3_output_path=S3Data.from_bucket(bucket, "models/")
                ),
                resource_config=ResourceConfig(
                    instance_type="ml.m5.large",
                    instance_count=1,
                    volume_size_in_gb=10,
                    volume_kms_key_id=key,
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
                    s3_output_path=S3Data.from_bucket(bucket, "predictions/"),
                    accept="text/csv",
                    assemble_with="Line",
                ),
                transform_resources=TransformResources(
                    instance_type="ml.m5.large", instance_count=1
                ),
            ),
        ),
    ],
)
# endregion validation

# region algorithm
algorithm = Algorithm(
    stack,
    "Forest",
    algorithm_name_prefix="forest",
    algorithm_description="Random forests for tables",
    training_specification=training,
    inference_specification=inference,
    validation_specification=validation,
    certify_for_marketplace=True,
    removal_policy=cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    acknowledge_rules={"certify-data-visible": "the Iris data are public"},
)
cdk.CfnOutput(stack, "AlgorithmArn", value=algorithm.algorithm_arn)
app.synth()
# endregion algorithm
