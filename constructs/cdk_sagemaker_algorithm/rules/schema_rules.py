"""Rules of the API model: presence, types, lengths, counts, patterns, enums."""

from __future__ import annotations

from cdk_sagemaker_algorithm.rules import examples as ex
from cdk_sagemaker_algorithm.rules.rule import Rule
from cdk_sagemaker_algorithm.rules.rule_finding import RuleLevel

ERROR, WARNING = RuleLevel.ERROR, RuleLevel.WARNING
_API = "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateAlgorithm.html"

REQUIRED_MEMBER = Rule(
    name="required-member",
    level=ERROR,
    sentence="required fields must be set",
    source=_API,
    fails=ex.channels({"Name": "train", "SupportedContentTypes": ["text/csv"]}),
    passes=ex.channels(ex.channel()),
)
UNKNOWN_MEMBER = Rule(
    name="unknown-member",
    level=ERROR,
    sentence="only fields of the API are allowed",
    source=_API,
    fails=ex.training(SupportDistributedTraining=True),
    passes=ex.training(SupportsDistributedTraining=True),
)
WRONG_TYPE = Rule(
    name="wrong-type",
    level=ERROR,
    sentence="values must have the field's type",
    certain=True,
    fails=ex.training(SupportedTrainingInstanceTypes="ml.m5.large"),
    passes=ex.training(SupportedTrainingInstanceTypes=["ml.m5.large"]),
)
NULL_VALUE = Rule(
    name="null-value",
    level=ERROR,
    sentence="values must not be null; omit the field instead",
    certain=True,
    fails=ex.training(SupportedTrainingInstanceTypes=["ml.m5.large", None]),
    passes=ex.training(SupportedTrainingInstanceTypes=["ml.m5.large"]),
)
STRING_LENGTH = Rule(
    name="string-length",
    level=ERROR,
    sentence="strings must be within the API's length limits",
    source=_API,
    fails={"AlgorithmName": "a" * 64},
    passes={"AlgorithmName": "a" * 63},
)
STRING_PATTERN = Rule(
    name="string-pattern",
    level=ERROR,
    sentence="strings must match the API's pattern",
    source=_API,
    fails={"AlgorithmName": "decision_trees"},
    passes={"AlgorithmName": "decision-trees"},
)
NUMBER_RANGE = Rule(
    name="number-range",
    level=ERROR,
    sentence="numbers must be within the API's limits",
    source=_API,
    fails=ex.profile(ex.training_job(StoppingCondition={"MaxRuntimeInSeconds": 0})),
    passes=ex.profile(ex.training_job(StoppingCondition={"MaxRuntimeInSeconds": 3600})),
)
ITEM_COUNT = Rule(
    name="item-count",
    level=ERROR,
    sentence="lists and maps must be within the API's size limits",
    source=_API,
    fails=ex.training(TrainingChannels=[]),
    passes=ex.training(TrainingChannels=[ex.channel()]),
)
ENUM_VALUE = Rule(
    name="enum-value",
    level=ERROR,
    sentence="values must be among the API's allowed values",
    fails=ex.training(
        SupportedTuningJobObjectiveMetrics=[{"Type": "maximize", "MetricName": "accuracy"}],
        MetricDefinitions=[{"Name": "accuracy", "Regex": "accuracy=(.*?);"}],
    ),
    passes=ex.training(
        SupportedTuningJobObjectiveMetrics=[{"Type": "Maximize", "MetricName": "accuracy"}],
        MetricDefinitions=[{"Name": "accuracy", "Regex": "accuracy=(.*?);"}],
    ),
)
INSTANCE_TYPE_FORM = Rule(
    name="instance-type-form",
    level=ERROR,
    sentence="instance types must have the form ml.family.size",
    fails=ex.training(SupportedTrainingInstanceTypes=["ml.m5.large", "m5.xlarge"]),
    passes=ex.training(SupportedTrainingInstanceTypes=["ml.m5.large", "ml.m5.xlarge"]),
)
INSTANCE_TYPE_UNKNOWN = Rule(
    name="instance-type-unknown",
    level=WARNING,
    sentence="instance types should be known to this version of the library",
    why="AWS adds instance types between releases of this library, so a newer type can be valid",
    fails=ex.training(SupportedTrainingInstanceTypes=["ml.m5.large", "ml.m5.12large"]),
    passes=ex.training(SupportedTrainingInstanceTypes=["ml.m5.large", "ml.m5.12xlarge"]),
)
