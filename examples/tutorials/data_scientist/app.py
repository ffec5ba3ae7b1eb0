"""An algorithm from a request, a state machine that trains with it, and one that tunes it."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

from cdk_sagemaker_algorithm import Algorithm

app = cdk.App()
stack = cdk.Stack(app, "Forest")

# region algorithm
algorithm = Algorithm.from_request(
    stack, "Algorithm", "algorithm.json", algorithm_name_prefix="forest"
)
cdk.CfnOutput(stack, "AlgorithmArn", value=algorithm.algorithm_arn)
# endregion algorithm

# region train
bucket = s3.Bucket(stack, "Data", enforce_ssl=True)
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
    hyperparameters={"max_depth": "8"},
    input_data_config=[
        tasks.Channel(
            channel_name="train",
            content_type="text/csv",
            data_source=tasks.DataSource(
                s3_data_source=tasks.S3DataSource(
                    s3_location=tasks.S3Location.from_bucket(bucket, "train/")
                )
            ),
        )
    ],
    output_data_config=tasks.OutputDataConfig(
        s3_output_location=tasks.S3Location.from_bucket(bucket, "models/")
    ),
)
training = sfn.StateMachine(
    stack, "Training", definition_body=sfn.DefinitionBody.from_chainable(train)
)
algorithm.grants.describe(training)
# endregion train

# region tune
role = iam.Role(
    stack, "TuningRole", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com")
)
bucket.grant_read_write(role)
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
                "RoleArn": role.role_arn,
                "InputDataConfig": [
                    {
                        "ChannelName": "train",
                        "ContentType": "text/csv",
                        "DataSource": {
                            "S3DataSource": {
                                "S3DataType": "S3Prefix",
                                "S3Uri": bucket.s3_url_for_object("train/"),
                            }
                        },
                    }
                ],
                "OutputDataConfig": {
                    "S3OutputPath": bucket.s3_url_for_object("models/")
                },
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
tuning = sfn.StateMachine(
    stack, "Tuning", definition_body=sfn.DefinitionBody.from_chainable(tune)
)
algorithm.grants.create_tuning_job(tuning, role=role)
# endregion tune

app.synth()
