"""Define the example stack: decision trees on the Iris data, ready for AWS Marketplace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ecr as ecr
from constructs import Construct

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

DATA = Path(__file__).with_name("data")
INSTANCE_TYPES = ["ml.m5.large", "ml.m5.xlarge", "ml.m5.2xlarge", "ml.c5.xlarge", "ml.c5.2xlarge"]


class DecisionTreesStack(cdk.Stack):
    """Stack with a scikit-learn algorithm, validated by one training job and one transform job."""

    def __init__(self, scope: Construct, id: str, **kwargs: Any) -> None:
        """Declare the algorithm."""
        super().__init__(scope, id, **kwargs)
        # A pipeline builds and pushes this image; AlgorithmImage.from_asset would build it during deployment.
        repository = ecr.Repository.from_repository_name(self, "Repository", "decision-trees-sample")
        image = AlgorithmImage.from_ecr_repository(repository, "1.0")
        output = f"s3://sagemaker-{self.region}-{self.account}/decision-trees"

        algorithm = Algorithm(
            self,
            "DecisionTrees",
            algorithm_description="Decision trees using scikit-learn",
            training_specification=TrainingSpecification(
                training_image=image,
                supported_hyper_parameters=[
                    HyperParameterSpecification.integer(
                        "max_leaf_nodes",
                        min=2,
                        max=100_000,
                        default=100,
                        tunable=True,
                        description="Grow a tree with this many leaves at most, the best first",
                    ),
                ],
                supported_training_instance_types=INSTANCE_TYPES,
                supports_distributed_training=False,
                metric_definitions=[MetricDefinition(name="validation:accuracy", regex=r"validation-accuracy: (\S+)")],
                training_channels=[
                    ChannelSpecification.file(
                        "training",
                        content_types=["text/csv"],
                        compression_types=["None"],
                        required=True,
                        description="Rows of CSV without a header: the label, then the features",
                    ),
                ],
                supported_tuning_job_objective_metrics=[
                    HyperParameterTuningJobObjective.maximize("validation:accuracy"),
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
                        profile_name="Iris",
                        training_job_definition=TrainingJobDefinition(
                            training_input_mode="File",
                            input_data_config=[
                                Channel.from_s3(
                                    "training", S3Data.from_asset(DATA / "training"), content_type="text/csv"
                                ),
                            ],
                            output_data_config=OutputDataConfig(s3_output_path=f"{output}/training-output"),
                            resource_config=ResourceConfig(
                                instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=10
                            ),
                            stopping_condition=StoppingCondition(max_runtime_in_seconds=1800),
                        ),
                        transform_job_definition=TransformJobDefinition(
                            max_concurrent_transforms=1,
                            max_payload_in_mb=6,
                            transform_input=TransformInput.from_s3(
                                S3Data.from_asset(DATA / "transform"), content_type="text/csv", split_type="Line"
                            ),
                            transform_output=TransformOutput(
                                s3_output_path=f"{output}/transform-output", accept="text/csv", assemble_with="Line"
                            ),
                            transform_resources=TransformResources(instance_type="ml.m5.large", instance_count=1),
                        ),
                    ),
                ],
            ),
            certify_for_marketplace=True,
            acknowledge_rules={
                "certify-data-visible": "the Iris data is everybody's already",
                "certify-deletes": "an example that is not sold; a seller keeps versions with removal_policy",
            },
        )

        cdk.CfnOutput(self, "AlgorithmName", value=algorithm.algorithm_name)
        cdk.CfnOutput(self, "AlgorithmArn", value=algorithm.algorithm_arn)
