"""The CDK's own task for training jobs, with an algorithm instead of an image, waiting for the job to end."""

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

from cdk_sagemaker_algorithm import (
    Algorithm,
    ChannelSpecification,
    TrainingSpecification,
)

app = cdk.App()
stack = cdk.Stack(app, "Forest")

algorithm = Algorithm(
    stack,
    "Forest",
    training_specification=TrainingSpecification(
        training_image="123456789012.dkr.ecr.us-east-1.amazonaws.com/forest:1.0",
        supported_training_instance_types=["ml.m5.large"],
        training_channels=[
            ChannelSpecification.file(
                "train", content_types=["text/csv"], required=True
            )
        ],
    ),
)

bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "training-data")
train = tasks.SageMakerCreateTrainingJob(
    stack,
    "Train",
    integration_pattern=sfn.IntegrationPattern.RUN_JOB,
    training_job_name=sfn.JsonPath.format(
        "forest-{}", sfn.JsonPath.string_at("$$.Execution.Name")
    ),
    algorithm_specification=tasks.AlgorithmSpecification(
        algorithm_name=algorithm.algorithm_arn, training_input_mode=tasks.InputMode.FILE
    ),
    input_data_config=[
        tasks.Channel(
            channel_name="train",
            content_type="text/csv",
            data_source=tasks.DataSource(
                s3_data_source=tasks.S3DataSource(
                    s3_location=tasks.S3Location.from_bucket(bucket, "iris/")
                )
            ),
        )
    ],
    output_data_config=tasks.OutputDataConfig(
        s3_output_location=tasks.S3Location.from_bucket(bucket, "models/")
    ),
)
machine = sfn.StateMachine(
    stack, "Machine", definition_body=sfn.DefinitionBody.from_chainable(train)
)
algorithm.grants.describe(machine)

app.synth()
