"""A role of your own, and data that is in S3 already: the role is granted what the objects stand for."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from cdk_sagemaker_algorithm import (
    Algorithm,
    AlgorithmImage,
    Channel,
    ChannelSpecification,
    OutputDataConfig,
    ResourceConfig,
    S3Data,
    StoppingCondition,
    TrainingJobDefinition,
    TrainingSpecification,
    ValidationProfile,
    ValidationSpecification,
)

app = cdk.App()
stack = cdk.Stack(app, "Forest")

bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "training-data")
role = iam.Role(
    stack, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com")
)

Algorithm(
    stack,
    "Forest",
    training_specification=TrainingSpecification(
        training_image=AlgorithmImage.from_uri(
            "123456789012.dkr.ecr.us-east-1.amazonaws.com/forest:1.0"
        ),
        supported_training_instance_types=["ml.m5.large"],
        training_channels=[
            ChannelSpecification.file(
                "train", content_types=["text/csv"], required=True
            )
        ],
    ),
    validation_specification=ValidationSpecification(
        validation_profiles=[
            ValidationProfile(
                profile_name="sample",
                training_job_definition=TrainingJobDefinition(
                    training_input_mode="File",
                    input_data_config=[
                        Channel.from_s3(
                            "train",
                            S3Data.from_bucket(bucket, "iris/"),
                            content_type="text/csv",
                        ),
                    ],
                    output_data_config=OutputDataConfig(
                        s3_output_path=S3Data.from_uri("s3://models/forest")
                    ),
                    resource_config=ResourceConfig(
                        instance_type="ml.m5.large",
                        instance_count=1,
                        volume_size_in_gb=10,
                    ),
                    stopping_condition=StoppingCondition(max_runtime_in_seconds=3600),
                ),
            ),
        ],
    ),
    validation_role=role,
)

app.synth()
