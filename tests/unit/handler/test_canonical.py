from __future__ import annotations

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
    assert name_of() == "Forest-d7cdab0f9ec0"
    assert name_of(Revision="2") == "Forest-6e70e1dffb88"
    assert name_of(CertifyForMarketplace=None) == "Forest-33a9abe3470c"
    assert name_of(AlgorithmNamePrefix="x" * 60) == "x" * 50 + "-d7cdab0f9ec0"


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
        {"AlgorithmDescription": ""},
        {"CertifyForMarketplace": False},
        {"Revision": "1"},
        {"InferenceSpecification": {}},
        {"ValidationSpecification": {"ValidationProfiles": []}},
    ],
)
def test_what_is_content_is_in_the_name(changes: dict[str, object]) -> None:
    assert name_of(**changes) != name_of()


def test_another_stack_or_another_resource_has_another_name() -> None:
    other_stack = canonical.algorithm_name(PROPERTIES, stack_id=STACK + "6", logical_id="ForestResource")
    other_resource = canonical.algorithm_name(PROPERTIES, stack_id=STACK, logical_id="Other")

    assert len({name_of(), other_stack, other_resource}) == 3


def test_an_exact_name_is_taken_as_it_is() -> None:
    assert name_of(AlgorithmName="Exact") == "Exact"


def test_a_long_prefix_leaves_room_and_ends_without_a_hyphen() -> None:
    name = name_of(AlgorithmNamePrefix="a" * 49 + "-" * 20)

    assert name == "a" * 49 + "-d7cdab0f9ec0"
    assert len(name) <= limits.NAME_LENGTH


def test_whole_floats_are_the_integers_that_cloudformation_makes_of_them() -> None:
    assert canonical.canonical({"a": [1.0, 2.5, True, None, "x"], "b": None}) == {
        "a": ["1", "2.5", "true", "None", "x"]
    }
