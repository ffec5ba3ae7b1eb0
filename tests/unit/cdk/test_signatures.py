from __future__ import annotations

import inspect

import pytest
from constructs import Construct

from cdk_sagemaker_algorithm import Algorithm, AlgorithmProvider


@pytest.mark.parametrize("construct", [Algorithm, AlgorithmProvider])
def test_tooltips_show_the_arguments(construct: type) -> None:
    parameters = list(inspect.signature(construct).parameters)
    assert parameters == list(inspect.signature(getattr(construct, "__init__")).parameters)[1:]  # noqa: B009 - a dunder, as any other name
    assert parameters[:2] == ["scope", "id"]


def test_a_subclass_shows_its_own_arguments() -> None:
    class Forest(Algorithm):
        def __init__(self, scope: Construct, id: str, *, depth: int) -> None:
            super().__init__(scope, id, training_specification={"depth": depth})

    assert list(inspect.signature(Forest).parameters) == ["scope", "id", "depth"]
