"""A state machine that tunes the algorithm's hyperparameters."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn

from cdk_sagemaker_algorithm import (
    Algorithm,
    ChannelSpecification,
    HyperParameterSpecification,
    HyperParameterTuningJobObjective,
    MetricDefinition,
    TrainingSpecification,
)

app = cdk.App()
stack = cdk.Stack(app, "Forest")

algorithm = Algorithm(
    stack,
    "Forest",
    training_specification=TrainingSpecification(
        training_image="123456789012.dkr.ecr.us-east-1.amazonaws.com/forest:1.0",
        supported_hyper_parameters=[
            HyperParameterSpecification.integer(
                "max_depth", min=1, max=32, default=6, tunable=True
            ),
        ],
        metric_definitions=[
            MetricDefinition(name="validation:accuracy", regex=r"accuracy: (\S+)")
        ],
        supported_tuning_job_objective_metrics=[
            HyperParameterTuningJobObjective.maximize("validation:accuracy")
        ],
        supported_training_instance_types=["ml.m5.large"],
        training_channels=[
            ChannelSpecification.file(
                "train", content_types=["text/csv"], required=True
            )
        ],
    ),
)

training_role = iam.Role(
    stack, "TrainingRole", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com")
)
tune = sfn.CustomState(
    stack,
    "Tune",
    state_json={
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createHyperParameterTuningJob",
        "Parameters": {
            "HyperParameterTuningJobName.$": "$.Name",
            "HyperParameterTuningJobConfig": {
                "Strategy": "Bayesian",
                "HyperParameterTuningJobObjective": {
                    "Type": "Maximize",
                    "MetricName": "validation:accuracy",
                },
                "ResourceLimits": {
                    "MaxNumberOfTrainingJobs": 10,
                    "MaxParallelTrainingJobs": 2,
                },
                "ParameterRanges": {
                    "IntegerParameterRanges": [
                        {"Name": "max_depth", "MinValue": "2", "MaxValue": "16"}
                    ],
                },
            },
            "TrainingJobDefinition": {
                "AlgorithmSpecification": {
                    "AlgorithmName": algorithm.algorithm_arn,
                    "TrainingInputMode": "File",
                },
                "RoleArn": training_role.role_arn,
                "InputDataConfig": [
                    {
                        "ChannelName": "train",
                        "ContentType": "text/csv",
                        "DataSource": {
                            "S3DataSource": {
                                "S3DataType": "S3Prefix",
                                "S3Uri": "s3://training-data/iris/",
                            }
                        },
                    }
                ],
                "OutputDataConfig": {"S3OutputPath": "s3://models/forest"},
                "ResourceConfig": {
                    "InstanceType": "ml.m5.large",
                    "InstanceCount": 1,
                    "VolumeSizeInGB": 10,
                },
                "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
            },
        },
    },
)
machine = sfn.StateMachine(
    stack, "Machine", definition_body=sfn.DefinitionBody.from_chainable(tune)
)
algorithm.grants.create_tuning_job(machine, role=training_role)

app.synth()
