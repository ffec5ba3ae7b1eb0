"""One image in a shared account, and the algorithm in the account of each stage, with its ARN in a parameter."""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_ssm as ssm
from constructs import Construct

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

REGION = "us-east-1"


# region tools
class ToolsStack(cdk.Stack):
    """The image repository, which the accounts of the stages can pull from."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        env: cdk.Environment,
        consumers: list[str],
    ) -> None:
        """Create the repository, and let the accounts in `consumers` pull from it."""
        super().__init__(scope, construct_id, env=env)
        repository = ecr.Repository(
            self,
            "Repository",
            repository_name="forest",
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
        )
        for account in consumers:
            repository.grant_pull(iam.AccountPrincipal(account))


# endregion tools


# region stage
class StageStack(cdk.Stack):
    """The algorithm of one stage."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        env: cdk.Environment,
        tools: str,
        stage: str,
    ) -> None:
        """Create the algorithm with an image of the account `tools`, and publish its ARN."""
        super().__init__(scope, construct_id, env=env)
        repository = ecr.Repository.from_repository_arn(
            self, "Repository", f"arn:aws:ecr:{REGION}:{tools}:repository/forest"
        )
        results = s3.Bucket(self, "Results", enforce_ssl=True)
        data = S3Data.from_asset(Path(__file__).parent / "data")
        algorithm = Algorithm(
            self,
            "Forest",
            algorithm_name_prefix="forest",
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
                                Channel.from_s3("train", data, content_type="text/csv")
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
                                max_runtime_in_seconds=cdk.Duration.minutes(30)
                            ),
                        ),
                    ),
                ],
            ),
        )
        # Teams read the ARN from here: the parameter is updated after validation has passed.
        ssm.StringParameter(
            self,
            "Arn",
            parameter_name=f"/forest/{stage}/algorithm-arn",
            string_value=algorithm.algorithm_arn,
        )
        cdk.CfnOutput(self, "AlgorithmArn", value=algorithm.algorithm_arn)


# endregion stage

# region app
app = cdk.App()
accounts: dict[str, str] = app.node.get_context("accounts")
stages = {stage: account for stage, account in accounts.items() if stage != "tools"}
ToolsStack(
    app,
    "ForestTools",
    env=cdk.Environment(account=accounts["tools"], region=REGION),
    consumers=sorted(set(stages.values()) - {accounts["tools"]}),
)
for stage, account in stages.items():
    StageStack(
        app,
        f"Forest-{stage}",
        env=cdk.Environment(account=account, region=REGION),
        tools=accounts["tools"],
        stage=stage,
    )
app.synth()
# endregion app
