"""The algorithm's ARN in a parameter, which consumers read when a job starts."""

# The CDK's own types disagree on the names of parameters.
# pyright: reportArgumentType=false

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm

from cdk_sagemaker_algorithm import (
    Algorithm,
    ChannelSpecification,
    TrainingSpecification,
)

PARAMETER = "/forest/algorithm-arn"

app = cdk.App()

# region producer
producer = cdk.Stack(app, "Forest")
algorithm = Algorithm(
    producer,
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
ssm.StringParameter(
    producer, "Arn", parameter_name=PARAMETER, string_value=algorithm.algorithm_arn
)
# endregion producer

# region consumer
consumer = cdk.Stack(app, "Training")
consumer.add_stack_dependency(producer)
arn = ssm.StringParameter.value_for_string_parameter(consumer, PARAMETER)
current = Algorithm.from_algorithm_arn(consumer, "Current", arn)
role = iam.Role(
    consumer, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")
)
current.grants.create_training_job(role, name_prefix="forest-")
# endregion consumer

app.synth()
