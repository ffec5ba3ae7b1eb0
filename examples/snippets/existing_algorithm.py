"""Refer to existing algorithms of this and of another account and region."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from cdk_sagemaker_algorithm import Algorithm

app = cdk.App()
stack = cdk.Stack(app, "Consumer")
role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))

subscribed = Algorithm.from_algorithm_arn(
    stack,
    "Subscribed",
    "arn:aws:sagemaker:us-east-2:123456789012:algorithm/forest-1a2b3c4d5e6f",
)
subscribed.grants.describe(role)

own = Algorithm.from_algorithm_name(stack, "Own", "forest-1a2b3c4d5e6f")
own.grants.create_transform_job(role, name_prefix="forest-")

app.synth()
