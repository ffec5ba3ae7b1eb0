from __future__ import annotations

from typing import Any

import pytest

from cdk_sagemaker_algorithm_provider.contract import canonical, limits
from tests.lifecycle.cloudformation import stringified

STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/Forest/11111111-2222-3333-4444-555555555555"
PROPERTIES = {
    "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:Handler",
    "AlgorithmNamePrefix": "Forest",
    "Tags": [{"Key": "team", "Value": "x"}],
    "AlgorithmDescription": "Wald 🌲",
    "CertifyForMarketplace": True,
    "TrainingSpecification": {
        "TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/forest:1",
        "SupportedTrainingInstanceTypes": ["ml.m5.large"],
        "SupportsDistributedTraining": False,
        "SupportedHyperParameters": [],
        "TrainingChannels": [{"Name": "train", "SupportedContentTypes": [""], "SupportedInputModes": ["File"]}],
    },
}


def name_of(**changes: object) -> str:
    return canonical.algorithm_name({**PROPERTIES, **changes}, stack_id=STACK, logical_id="ForestResource")


# Algorithms that exist have these names: a change here makes every stack validate its algorithms anew.


def test_names_never_change() -> None:
    assert name_of() == "forest-74feb17cd467"
    assert name_of(Revision="2") == "forest-b4939777097b"
    assert name_of(CertifyForMarketplace=None) == "forest-31e98e52fdd8"
    assert name_of(AlgorithmNamePrefix="x" * 60) == "x" * 50 + "-74feb17cd467"


def test_a_name_is_the_same_after_cloudformation_has_made_strings_of_everything() -> None:
    assert name_of(**stringified(PROPERTIES)) == name_of()


@pytest.mark.parametrize(
    "changes",
    [
        {"Tags": []},
        {"ServiceToken": "another"},
        {"ServiceTimeout": "60"},
        {"WaitForValidation": "false"},
        {"Revision": ""},
        {"InferenceSpecification": None},
    ],
)
def test_what_is_not_content_is_not_in_the_name(changes: dict[str, object]) -> None:
    assert name_of(**changes) == name_of()


@pytest.mark.parametrize(
    "changes",
    [
        {"AlgorithmDescription": "Wald"},
        {"Revision": "1"},
        {"InferenceSpecification": {}},
        {"ValidationSpecification": {"ValidationProfiles": []}},
    ],
)
def test_what_is_content_is_in_the_name(changes: dict[str, object]) -> None:
    assert name_of(**changes) != name_of()


def test_the_order_of_what_is_a_set_means_nothing() -> None:
    def request(*, turned: bool) -> dict[str, object]:
        def both(*items: object) -> list[object]:
            return list(reversed(items)) if turned else list(items)

        return {
            "TrainingSpecification": {
                "SupportedTrainingInstanceTypes": both("ml.m5.large", "ml.c5.large"),
                "SupportedHyperParameters": both({"Name": "b", "Type": "Integer"}, {"Name": "a", "Type": "Integer"}),
                "MetricDefinitions": both({"Name": "m", "Regex": "x"}, {"Name": "l", "Regex": "y"}),
                "SupportedTuningJobObjectiveMetrics": both(
                    {"MetricName": "m", "Type": "Maximize"}, {"MetricName": "m", "Type": "Minimize"}
                ),
                "TrainingChannels": both(
                    {"Name": "train", "SupportedContentTypes": both("text/csv", "x"), "SupportedInputModes": ["File"]},
                    {
                        "Name": "test",
                        "SupportedCompressionTypes": both("None", "Gzip"),
                        "SupportedInputModes": ["Pipe"],
                    },
                ),
            },
            "ValidationSpecification": {
                "ValidationProfiles": both(
                    {
                        "ProfileName": "b",
                        "TrainingJobDefinition": {"InputDataConfig": both({"ChannelName": "z"}, {"ChannelName": "y"})},
                    },
                    {"ProfileName": "a"},
                )
            },
        }

    assert name_of(**request(turned=True)) == name_of(**request(turned=False))


@pytest.mark.parametrize(
    "member",
    [
        {"Containers": [{"Image": "a"}, {"Image": "b"}]},
        {"InstancePreferences": [{"InstanceType": "a"}, {"InstanceType": "b"}]},
        {"CategoricalParameterRangeSpecification": {"Values": ["a", "b"]}},
        {"AttributeNames": ["a", "b"]},
    ],
)
def test_the_order_of_what_is_a_sequence_stays(member: dict[str, object]) -> None:
    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            children: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
            return {key: turned(child) for key, child in children.items()}
        return value[::-1] if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType]

    assert canonical.canonical(member) != canonical.canonical(turned(member))


@pytest.mark.parametrize(
    "given",
    [
        {"CertifyForMarketplace": False},
        {"CertifyForMarketplace": "false"},
        {"AlgorithmDescription": ""},
        {"MetricDefinitions": []},
        {"SupportsDistributedTraining": False, "SupportedHyperParameters": []},
        {"Environment": {}, "HyperParameters": {}},
    ],
)
def test_false_and_empty_mean_what_absence_means(given: dict[str, object]) -> None:
    assert canonical.canonical({"a": given}) == {"a": {}}


@pytest.mark.parametrize("given", [{"IsRequired": "false"}, {"Description": ""}])
def test_names_of_the_user_are_no_members_of_the_api(given: dict[str, str]) -> None:
    assert canonical.canonical({"HyperParameters": given}) == {"HyperParameters": given}


def test_another_stack_or_another_resource_has_another_name() -> None:
    other_stack = canonical.algorithm_name(PROPERTIES, stack_id=STACK + "6", logical_id="ForestResource")
    other_resource = canonical.algorithm_name(PROPERTIES, stack_id=STACK, logical_id="Other")

    assert len({name_of(), other_stack, other_resource}) == 3


def test_an_exact_name_is_taken_as_it_is() -> None:
    assert name_of(AlgorithmName="Exact") == "Exact"


def test_a_long_prefix_leaves_room_and_ends_without_a_hyphen() -> None:
    name = name_of(AlgorithmNamePrefix="a" * 49 + "-" * 20)

    assert name == "a" * 49 + "-74feb17cd467"
    assert len(name) <= limits.NAME_LENGTH


def test_whole_floats_are_the_integers_that_cloudformation_makes_of_them() -> None:
    assert canonical.canonical({"a": [1.0, 2.5, True, None, "x"], "b": None}) == {
        "a": ["1", "2.5", "true", "None", "x"]
    }
