"""Long values for display: the difference can be seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_sagemaker_algorithm.assembly.display import readable, side_by_side


@pytest.mark.parametrize(
    "text",
    [
        "${Select(4, ${Split(:, ${A.Arn})})}.dkr.ecr.${Select(3, ${Split(:, ${B.Arn})})}.${AWS::URLSuffix}/${A}",
        "${Select(4, ${Split(:, ${A.Arn})})}.dkr.ecr.${Select(3, ${Split(:, ${A.Arn})})}.${AWS::URLSuffix}/${B}",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/${A}",
    ],
)
def test_what_is_no_address_of_one_repository_stays(text: str) -> None:
    assert readable(text) == text


@given(st.lists(st.text("ab", max_size=400), min_size=2, max_size=2, unique=True), st.text("ab", max_size=400))
def test_texts_that_differ_are_shown_differently(texts: list[str], beginning: str) -> None:
    before, after = (beginning + text for text in texts)

    shown = side_by_side(before, after).split(" -> ")

    assert shown[0] != shown[1]
    assert all(len(side) <= 160 for side in shown)
