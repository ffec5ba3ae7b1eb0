"""A state machine that trains with the algorithm, in the stack that declares it."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn

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

training_role = iam.Role(
    stack, "TrainingRole", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com")
)
train = sfn.CustomState(
    stack,
    "Train",
    state_json={
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createTrainingJob",
        "Parameters": {
            "TrainingJobName.$": "States.Format('forest-{}', $$.Execution.Name)",
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
)
machine = sfn.StateMachine(
    stack, "Machine", definition_body=sfn.DefinitionBody.from_chainable(train)
)
algorithm.grants.create_training_job(machine, role=training_role, name_prefix="forest-")

app.synth()
