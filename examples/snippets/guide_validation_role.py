"""Grant the created validation role access to the objects in a manifest."""

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3

from cdk_sagemaker_algorithm import (
    Algorithm,
    Channel,
    ChannelSpecification,
    DataSource,
    OutputDataConfig,
    ResourceConfig,
    S3Data,
    S3DataSource,
    StoppingCondition,
    TrainingJobDefinition,
    TrainingSpecification,
    ValidationProfile,
    ValidationSpecification,
)

app = cdk.App()
stack = cdk.Stack(app, "Forest")
bucket = s3.Bucket(stack, "Bucket", enforce_ssl=True)

algorithm = Algorithm(
    stack,
    "Forest",
    training_specification=TrainingSpecification(
        training_image="123456789012.dkr.ecr.us-east-1.amazonaws.com/forest:1.0",
        supported_training_instance_types=["ml.m5.large"],
        training_channels=[
            ChannelSpecification.file(
                "train", content_types=["image/png"], required=True
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
                        Channel(
                            channel_name="train",
                            content_type="image/png",
                            data_source=DataSource(
                                s3_data_source=S3DataSource(
                                    s3_data_type="ManifestFile",
                                    s3_uri=S3Data.from_bucket(
                                        bucket, "sample.manifest"
                                    ),
                                )
                            ),
                        )
                    ],
                    output_data_config=OutputDataConfig(
                        s3_output_path=S3Data.from_bucket(bucket, "models/")
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
)
bucket.grant_read(algorithm, "images/*")

app.synth()
