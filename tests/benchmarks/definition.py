"""The algorithm that is measured: 20 hyperparameters, 3 channels, a profile of a training and a transform job.

It is written down once as plain data, and built from that as each peer takes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cdk_sagemaker_algorithm as csa

if TYPE_CHECKING:
    from aws_cdk.aws_sagemaker import CfnAlgorithm

Json = dict[str, Any]

#: Three hours of waiting are four slices.
VALIDATION_HOURS = 3
SLICES = 4

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/gradient-boosting:2.1"
ROLE = "arn:aws:iam::123456789012:role/AlgorithmValidation"
BUCKET = "s3://amzn-s3-demo-bucket/gradient-boosting"
INSTANCE_TYPES = ["ml.m5.large", "ml.m5.xlarge", "ml.m5.2xlarge", "ml.c5.xlarge", "ml.c5.2xlarge"]
CONTENT_TYPES = ["text/csv", "application/x-parquet"]

_COUNTS = ("max_depth", "num_round", "max_leaves", "max_bin", "early_stopping_rounds", "min_data_in_leaf", "num_class")
_RATES = ("eta", "gamma", "alpha", "lambda", "subsample", "colsample_bytree", "min_child_weight", "scale_pos_weight")
_CHOICES = ("booster", "tree_method", "grow_policy")
_TEXTS = ("objective", "eval_metric")
_CATEGORIES = ["first", "second", "third"]
_CHANNELS = (("train", True), ("validation", False), ("model", False))
_DESCRIPTION = "Decision trees by gradient boosting, with missing values and categories"


def as_request() -> Json:
    """The definition as the API has it."""
    return {
        "AlgorithmDescription": _DESCRIPTION,
        "TrainingSpecification": _training(),
        "InferenceSpecification": _inference(),
        "ValidationSpecification": {"ValidationRole": ROLE, "ValidationProfiles": [_profile()]},
    }


def _training() -> Json:
    return {
        "TrainingImage": IMAGE,
        "SupportedHyperParameters": [
            *(_ranged(name, "Integer", "1", "1024", "32") for name in _COUNTS),
            *(_ranged(name, "Continuous", "0.0", "1.0", "0.3") for name in _RATES),
            *(_categorical(name) for name in _CHOICES),
            *(_free_text(name) for name in _TEXTS),
        ],
        "SupportedTrainingInstanceTypes": INSTANCE_TYPES,
        "SupportsDistributedTraining": True,
        "MetricDefinitions": [
            {"Name": "validation:auc", "Regex": "validation-auc:([0-9.]+)"},
            {"Name": "validation:logloss", "Regex": "validation-logloss:([0-9.]+)"},
        ],
        "TrainingChannels": [_channel(name, required=required) for name, required in _CHANNELS],
        "SupportedTuningJobObjectiveMetrics": [
            {"Type": "Maximize", "MetricName": "validation:auc"},
            {"Type": "Minimize", "MetricName": "validation:logloss"},
        ],
    }


def _ranged(name: str, kind: str, least: str, most: str, default: str) -> Json:
    return {
        "Name": name,
        "Description": f"What {name} is for",
        "Type": kind,
        "Range": {f"{kind}ParameterRangeSpecification": {"MinValue": least, "MaxValue": most}},
        "IsTunable": True,
        "IsRequired": False,
        "DefaultValue": default,
    }


def _categorical(name: str) -> Json:
    return {
        "Name": name,
        "Description": f"What {name} is for",
        "Type": "Categorical",
        "Range": {"CategoricalParameterRangeSpecification": {"Values": _CATEGORIES}},
        "IsTunable": True,
        "IsRequired": False,
        "DefaultValue": _CATEGORIES[0],
    }


def _free_text(name: str) -> Json:
    return {
        "Name": name,
        "Description": f"What {name} is for",
        "Type": "FreeText",
        "IsRequired": True,
    }


def _channel(name: str, *, required: bool) -> Json:
    return {
        "Name": name,
        "Description": f"What {name} is read for",
        "IsRequired": required,
        "SupportedContentTypes": CONTENT_TYPES,
        "SupportedCompressionTypes": ["None", "Gzip"],
        "SupportedInputModes": ["File", "Pipe"],
    }


def _inference() -> Json:
    return {
        "Containers": [{"Image": IMAGE}],
        "SupportedTransformInstanceTypes": INSTANCE_TYPES,
        "SupportedRealtimeInferenceInstanceTypes": INSTANCE_TYPES,
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }


def _profile() -> Json:
    return {
        "ProfileName": "Small",
        "TrainingJobDefinition": {
            "TrainingInputMode": "File",
            "HyperParameters": {"objective": "binary:logistic", "eval_metric": "auc", "max_depth": "6"},
            "InputDataConfig": [
                {
                    "ChannelName": "train",
                    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"{BUCKET}/train/"}},
                    "ContentType": "text/csv",
                },
            ],
            "OutputDataConfig": {"S3OutputPath": f"{BUCKET}/output"},
            "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        },
        "TransformJobDefinition": {
            "TransformInput": {
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"{BUCKET}/transform/"}},
                "ContentType": "text/csv",
                "SplitType": "Line",
            },
            "TransformOutput": {"S3OutputPath": f"{BUCKET}/transform-output", "Accept": "text/csv"},
            "TransformResources": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
        },
    }


def as_dataclasses() -> dict[str, Any]:
    """The definition as the library's users write it: the arguments of ``Algorithm``."""
    return {
        "algorithm_description": _DESCRIPTION,
        "training_specification": _typed_training(),
        "inference_specification": csa.InferenceSpecification(
            containers=[csa.ModelPackageContainerDefinition(image=IMAGE)],
            supported_transform_instance_types=INSTANCE_TYPES,
            supported_realtime_inference_instance_types=INSTANCE_TYPES,
            supported_content_types=["text/csv"],
            supported_response_mime_types=["text/csv"],
        ),
        "validation_specification": csa.ValidationSpecification(
            validation_role=ROLE, validation_profiles=[_typed_profile()]
        ),
    }


def _typed_training() -> csa.TrainingSpecification:
    return csa.TrainingSpecification(
        training_image=IMAGE,
        supported_hyper_parameters=_typed_hyper_parameters(),
        supported_training_instance_types=INSTANCE_TYPES,
        supports_distributed_training=True,
        metric_definitions=[
            csa.MetricDefinition(name="validation:auc", regex="validation-auc:([0-9.]+)"),
            csa.MetricDefinition(name="validation:logloss", regex="validation-logloss:([0-9.]+)"),
        ],
        training_channels=[
            csa.ChannelSpecification(
                name=name,
                description=f"What {name} is read for",
                is_required=required,
                supported_content_types=CONTENT_TYPES,
                supported_compression_types=["None", "Gzip"],
                supported_input_modes=["File", "Pipe"],
            )
            for name, required in _CHANNELS
        ],
        supported_tuning_job_objective_metrics=[
            csa.HyperParameterTuningJobObjective.maximize("validation:auc"),
            csa.HyperParameterTuningJobObjective.minimize("validation:logloss"),
        ],
    )


def _typed_hyper_parameters() -> list[csa.HyperParameterSpecification]:
    make = csa.HyperParameterSpecification
    return [
        *(
            make.integer(
                name,
                min=1,
                max=1024,
                default=32,
                tunable=True,
                required=False,
                description=f"What {name} is for",
            )
            for name in _COUNTS
        ),
        *(
            make.continuous(
                name,
                min=0.0,
                max=1.0,
                default=0.3,
                tunable=True,
                required=False,
                description=f"What {name} is for",
            )
            for name in _RATES
        ),
        *(
            make.categorical(
                name,
                values=_CATEGORIES,
                default=_CATEGORIES[0],
                tunable=True,
                required=False,
                description=f"What {name} is for",
            )
            for name in _CHOICES
        ),
        *(make.free_text(name, required=True, description=f"What {name} is for") for name in _TEXTS),
    ]


def _typed_profile() -> csa.ValidationProfile:
    return csa.ValidationProfile(
        profile_name="Small",
        training_job_definition=csa.TrainingJobDefinition(
            training_input_mode="File",
            hyper_parameters={"objective": "binary:logistic", "eval_metric": "auc", "max_depth": 6},
            input_data_config=[csa.Channel.from_s3("train", f"{BUCKET}/train/", content_type="text/csv")],
            output_data_config=csa.OutputDataConfig(s3_output_path=f"{BUCKET}/output"),
            resource_config=csa.ResourceConfig(instance_type="ml.m5.xlarge", instance_count=1, volume_size_in_gb=10),
            stopping_condition=csa.StoppingCondition(max_runtime_in_seconds=3600),
        ),
        transform_job_definition=csa.TransformJobDefinition(
            transform_input=csa.TransformInput.from_s3(
                f"{BUCKET}/transform/", content_type="text/csv", split_type="Line"
            ),
            transform_output=csa.TransformOutput(s3_output_path=f"{BUCKET}/transform-output", accept="text/csv"),
            transform_resources=csa.TransformResources(instance_type="ml.m5.xlarge", instance_count=1),
        ),
    )


def as_l1(structs: type[CfnAlgorithm]) -> dict[str, Any]:
    """The part of the definition that CloudFormation's own resource can carry, in CDK's structs: no profile.

    The class comes in as an argument, because importing its module takes longer than what is measured.
    """
    return {
        "algorithm_description": _DESCRIPTION,
        "training_specification": structs.TrainingSpecificationProperty(
            training_image=IMAGE,
            supported_hyper_parameters=_l1_hyper_parameters(structs),
            supported_training_instance_types=INSTANCE_TYPES,
            supports_distributed_training=True,
            metric_definitions=[
                structs.MetricDefinitionProperty(name="validation:auc", regex="validation-auc:([0-9.]+)"),
                structs.MetricDefinitionProperty(name="validation:logloss", regex="validation-logloss:([0-9.]+)"),
            ],
            training_channels=[
                structs.ChannelSpecificationProperty(
                    name=name,
                    description=f"What {name} is read for",
                    is_required=required,
                    supported_content_types=CONTENT_TYPES,
                    supported_compression_types=["None", "Gzip"],
                    supported_input_modes=["File", "Pipe"],
                )
                for name, required in _CHANNELS
            ],
            supported_tuning_job_objective_metrics=[
                structs.HyperParameterTuningJobObjectiveProperty(type="Maximize", metric_name="validation:auc"),
                structs.HyperParameterTuningJobObjectiveProperty(type="Minimize", metric_name="validation:logloss"),
            ],
        ),
        "inference_specification": structs.InferenceSpecificationProperty(
            containers=[structs.ModelPackageContainerDefinitionProperty(image=IMAGE)],
            supported_transform_instance_types=INSTANCE_TYPES,
            supported_realtime_inference_instance_types=INSTANCE_TYPES,
            supported_content_types=["text/csv"],
            supported_response_mime_types=["text/csv"],
        ),
    }


def _l1_hyper_parameters(structs: type[CfnAlgorithm]) -> list[CfnAlgorithm.HyperParameterSpecificationProperty]:
    make = structs.HyperParameterSpecificationProperty
    limits = structs.ParameterRangeProperty
    return [
        *(
            make(
                name=name,
                description=f"What {name} is for",
                type="Integer",
                range=limits(
                    integer_parameter_range_specification=structs.IntegerParameterRangeSpecificationProperty(
                        min_value="1", max_value="1024"
                    )
                ),
                is_tunable=True,
                is_required=False,
                default_value="32",
            )
            for name in _COUNTS
        ),
        *(
            make(
                name=name,
                description=f"What {name} is for",
                type="Continuous",
                range=limits(
                    continuous_parameter_range_specification=structs.ContinuousParameterRangeSpecificationProperty(
                        min_value="0.0", max_value="1.0"
                    )
                ),
                is_tunable=True,
                is_required=False,
                default_value="0.3",
            )
            for name in _RATES
        ),
        *(
            make(
                name=name,
                description=f"What {name} is for",
                type="Categorical",
                range=limits(
                    categorical_parameter_range_specification=structs.CategoricalParameterRangeSpecificationProperty(
                        values=_CATEGORIES
                    )
                ),
                is_tunable=True,
                is_required=False,
                default_value=_CATEGORIES[0],
            )
            for name in _CHOICES
        ),
        *(make(name=name, description=f"What {name} is for", type="FreeText", is_required=True) for name in _TEXTS),
    ]
