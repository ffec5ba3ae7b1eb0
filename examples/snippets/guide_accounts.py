"""One image and one set of sample data, in an account of their own, and the algorithm in two others."""

import aws_cdk as cdk
from aws_cdk import aws_ecr as ecr
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

REGION = "eu-west-1"
TOOLS = "111111111111"
STAGES = {"Test": "222222222222", "Production": "333333333333"}

app = cdk.App()

# region tools
tools = cdk.Stack(app, "ForestTools", env=cdk.Environment(account=TOOLS, region=REGION))
shared_repository = ecr.Repository(
    tools,
    "Repository",
    repository_name="forest",
    image_tag_mutability=ecr.TagMutability.IMMUTABLE,
)
shared_data = s3.Bucket(
    tools, "Data", bucket_name=f"forest-sample-data-{TOOLS}", enforce_ssl=True
)
for account in STAGES.values():
    shared_repository.grant_pull(iam.AccountPrincipal(account))
    shared_data.grant_read(iam.AccountPrincipal(account))
# endregion tools

# region stages
for stage, account in STAGES.items():
    stack = cdk.Stack(
        app, f"Forest{stage}", env=cdk.Environment(account=account, region=REGION)
    )
    repository = ecr.Repository.from_repository_arn(
        stack, "Repository", f"arn:aws:ecr:{REGION}:{TOOLS}:repository/forest"
    )
    data = s3.Bucket.from_bucket_name(stack, "Data", f"forest-sample-data-{TOOLS}")
    results = s3.Bucket(stack, "Results", enforce_ssl=True)
    Algorithm(
        stack,
        "Forest",
        training_specification=TrainingSpecification(
            training_image=AlgorithmImage.from_ecr_repository(repository, "1.0"),
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
                                S3Data.from_bucket(data, "iris/"),
                                content_type="text/csv",
                            )
                        ],
                        output_data_config=OutputDataConfig(
                            s3_output_path=S3Data.from_bucket(results)
                        ),
                        resource_config=ResourceConfig(
                            instance_type="ml.m5.large",
                            instance_count=1,
                            volume_size_in_gb=10,
                        ),
                        stopping_condition=StoppingCondition(
                            max_runtime_in_seconds=3600
                        ),
                    ),
                ),
            ],
        ),
    )
# endregion stages

app.synth()
