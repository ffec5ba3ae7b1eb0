"""Send mail when a validation fails, and raise an alarm on long validations."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions

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

key = kms.Key(stack, "Key", enable_key_rotation=True)
key.grants.encrypt_decrypt(iam.ServicePrincipal("events.amazonaws.com"))
topic = sns.Topic(stack, "Topic", enforce_ssl=True, master_key=key)
topic.add_subscription(subscriptions.EmailSubscription("ml-team@example.com"))
algorithm.on_validation_failed(
    "Failed",
    target=targets.SnsTopic(
        topic,
        message=events.RuleTargetInput.from_text(
            f"{events.EventField.from_path('$.detail.AlgorithmName')} "
            f"{events.EventField.from_path('$.detail.Outcome')}: {events.EventField.from_path('$.detail.Reason')}"
        ),
    ),
)
cloudwatch.Alarm(
    stack,
    "SlowValidation",
    metric=algorithm.metric_validation_duration(period=cdk.Duration.days(1)),
    threshold=2 * 3600,
    evaluation_periods=1,
    treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
)

app.synth()
