from __future__ import annotations

import pytest

from cdk_sagemaker_algorithm_provider.contract.ownership_tags import (
    FAILED,
    REPLACED,
    RETAINED_TAG,
    STACK_TAG,
    Owner,
    is_marked,
    tag_list,
    tag_map,
)

STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/Wood/11111111-2222-3333-4444-555555555555"
AGAIN = "arn:aws:cloudformation:us-east-1:123456789012:stack/Wood/99999999-2222-3333-4444-555555555555"
OTHER = "arn:aws:cloudformation:us-east-1:123456789012:stack/Other/11111111-2222-3333-4444-555555555555"
OWNER = Owner(stack_id=STACK, logical_id="Forest")
TAGS = OWNER.tags("0123456789ab")


def test_an_owner_knows_its_own() -> None:
    assert OWNER.owns({**TAGS, "team": "x"})
    assert is_marked(TAGS)


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"team": "x"},
        {STACK_TAG: STACK},
        Owner(stack_id=AGAIN, logical_id="Forest").tags("0123456789ab"),
        Owner(stack_id=STACK, logical_id="Other").tags("0123456789ab"),
        Owner(stack_id="", logical_id="").tags(""),
    ],
)
def test_an_owner_knows_what_is_not_its_own(other: dict[str, str]) -> None:
    assert not OWNER.owns(other)


def test_what_an_earlier_stack_of_the_name_left_is_known_by_its_mark() -> None:
    left = Owner(stack_id=AGAIN, logical_id="Forest").tags("0")

    assert OWNER.kept_failed({**left, RETAINED_TAG: FAILED})
    assert not OWNER.kept_failed({**left, RETAINED_TAG: REPLACED}), "a policy may retain it"
    assert not OWNER.kept_failed(left)


@pytest.mark.parametrize("stack_id", [OTHER, "", "nonsense"])
def test_what_others_left_is_theirs(stack_id: str) -> None:
    left = Owner(stack_id=stack_id, logical_id="Forest").tags("0")

    assert not OWNER.kept_failed({**left, RETAINED_TAG: FAILED})
    assert not Owner(stack_id="strange", logical_id="Forest").kept_failed({**left, RETAINED_TAG: FAILED})


def test_tags_in_any_form() -> None:
    assert tag_map(tag_list({"a": "1", "b": ""})) == {"a": "1", "b": ""}
    assert tag_map([{"Key": "a"}, {"Value": "x"}, None, "x", {"Key": 5, "Value": True}]) == {"a": "", "5": "True"}
    assert tag_map(None) == tag_map("text") == tag_map({"Key": "a"}) == {}
