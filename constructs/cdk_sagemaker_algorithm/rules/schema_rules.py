"""The rules that the service model itself states: presence, types, lengths, counts, patterns, enums."""

from __future__ import annotations

from cdk_sagemaker_algorithm.rules import examples as ex
from cdk_sagemaker_algorithm.rules.finding import Level
from cdk_sagemaker_algorithm.rules.rule import Rule

ERROR, WARNING = Level.ERROR, Level.WARNING
_API = "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateAlgorithm.html"

REQUIRED_MEMBER = Rule(
    name="required-member",
    level=ERROR,
    sentence="what the service requires is there",
    source=_API,
    fails=ex.channels({"Name": "train", "SupportedContentTypes": ["text/csv"]}),
    passes=ex.channels(ex.channel()),
)
UNKNOWN_MEMBER = Rule(
    name="unknown-member",
    level=ERROR,
    sentence="every member is one the service has at that place",
    why="a botocore that is newer than this library makes new members known",
    source=_API,
    fails=ex.training(SupportDistributedTraining=True),
    passes=ex.training(SupportsDistributedTraining=True),
)
WRONG_TYPE = Rule(
    name="wrong-type",
    level=ERROR,
    sentence="every value is of the member's type",
    certain=True,
    fails=ex.training(SupportedTrainingInstanceTypes="ml.m5.large"),
    passes=ex.training(SupportedTrainingInstanceTypes=["ml.m5.large"]),
)
NULL_VALUE = Rule(
    name="null-value",
    level=ERROR,
    sentence="no member and no item is null: what is not there is left out",
    certain=True,
    fails=ex.training(SupportedTrainingInstanceTypes=["ml.m5.large", None]),
    passes=ex.training(SupportedTrainingInstanceTypes=["ml.m5.large"]),
)
STRING_LENGTH = Rule(
    name="string-length",
    level=ERROR,
    sentence="no string is shorter or longer than the service allows",
    source=_API,
    fails={"AlgorithmName": "a" * 64},
    passes={"AlgorithmName": "a" * 63},
)
STRING_PATTERN = Rule(
    name="string-pattern",
    level=ERROR,
    sentence="every string matches the service's pattern for it",
    source=_API,
    fails={"AlgorithmName": "decision_trees"},
    passes={"AlgorithmName": "decision-trees"},
)
NUMBER_RANGE = Rule(
    name="number-range",
    level=ERROR,
    sentence="no number is less or greater than the service allows",
    source=_API,
    fails=ex.profile(ex.training_job(StoppingCondition={"MaxRuntimeInSeconds": 0})),
    passes=ex.profile(ex.training_job(StoppingCondition={"MaxRuntimeInSeconds": 3600})),
)
ITEM_COUNT = Rule(
    name="item-count",
    level=ERROR,
    sentence="no list or map has fewer or more items than the service allows",
    source=_API,
    fails=ex.training(TrainingChannels=[]),
    passes=ex.training(TrainingChannels=[ex.channel()]),
)
ENUM_VALUE = Rule(
    name="enum-value",
    level=ERROR,
    sentence="where the service has a list of values, the value is one of them",
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
    sentence="an instance type has the form ml.family.size",
    fails=ex.training(SupportedTrainingInstanceTypes=["ml.m5.large", "m5.xlarge"]),
    passes=ex.training(SupportedTrainingInstanceTypes=["ml.m5.large", "ml.m5.xlarge"]),
)
INSTANCE_TYPE_UNKNOWN = Rule(
    name="instance-type-unknown",
    level=WARNING,
    sentence="an instance type is one that this version of the library knows",
    why="new ones appear faster than releases, so this may be one of those",
    fails=ex.training(SupportedTrainingInstanceTypes=["ml.m5.large", "ml.m5.12large"]),
    passes=ex.training(SupportedTrainingInstanceTypes=["ml.m5.large", "ml.m5.12xlarge"]),
)
