from __future__ import annotations

from typing import Any

from hypothesis import given, settings

from cdk_sagemaker_algorithm_provider import clients
from cdk_sagemaker_algorithm_provider.parameter_types import typed
from tests.lifecycle.cloudformation import stringified
from tests.support.requests import create_algorithm_requests


@settings(max_examples=200, deadline=None)
@given(request=create_algorithm_requests())
def test_types_that_cloudformation_takes_away_come_back(request: dict[str, Any]) -> None:
    assert typed(stringified(request), clients.create_algorithm_shape()) == request


def test_what_does_not_fit_is_left_for_botocore_to_refuse() -> None:
    request = {
        "CertifyForMarketplace": "perhaps",
        "TrainingSpecification": "none",
        "Unknown": {"a": "1"},
        "ValidationSpecification": {"ValidationProfiles": {"not": "a list"}},
    }

    assert typed(request, clients.create_algorithm_shape()) == request


def test_numbers_become_the_strings_that_a_member_wants() -> None:
    request = {"AlgorithmName": 5, "AlgorithmDescription": True}

    assert typed(request, clients.create_algorithm_shape()) == {"AlgorithmName": "5", "AlgorithmDescription": "true"}
