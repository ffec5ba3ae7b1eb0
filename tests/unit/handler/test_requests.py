"""A definition reaches CreateAlgorithm unchanged, through template, CloudFormation and handler."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from random import Random
from typing import Any

import aws_cdk as cdk
from hypothesis import HealthCheck, Phase, given, settings

from cdk_sagemaker_algorithm import Algorithm
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import TAG_PREFIX
from tests.lifecycle.cloudformation import Resource
from tests.lifecycle.world import ALGORITHM_TYPE, World, inhabited
from tests.support.request_files import VALID
from tests.support.requests import create_algorithm_requests

REQUESTS = 300
PER_STACK = 100
Json = Any
Request = dict[str, Json]


def random_requests() -> list[Request]:
    found: list[Request] = []

    @settings(
        max_examples=REQUESTS,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list[Any](HealthCheck),
    )
    @given(create_algorithm_requests())
    def collect(request: Request) -> None:
        found.append(request)

    collect()
    return found


def template_of(requests: list[Request]) -> dict[str, Json]:
    """One stack with an algorithm for each request."""
    app = cdk.App(analytics_reporting=False, tree_metadata=False)
    stack = cdk.Stack(app, "Requests")
    for number, request in enumerate(requests):
        # Names may repeat among them, and findings about their sense are not what is asked here.
        Algorithm.from_request(
            stack, f"A{number}", request, algorithm_name_prefix=f"a{number}", wait_for_validation=False
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assembly = app.synth(skip_validation=True)
    template: dict[str, Json] = assembly.get_stack_by_name("Requests").template
    return template


def arrived(template: dict[str, Json]) -> Iterator[tuple[int, Request]]:
    """What SageMaker is asked to create, by the number of the request."""
    world = World(Random("requests"))  # noqa: S311 - to be repeated, not to be secret
    created: list[Request] = []
    create = world.sagemaker.create_algorithm

    def recorded(**parameters: Any) -> dict[str, Any]:
        created.append(parameters)
        return create(**parameters)

    world.sagemaker.create_algorithm = recorded  # type: ignore[method-assign]
    resources = {
        name: Resource(type=each["Type"], properties=_without_token(each["Properties"]))
        for name, each in template["Resources"].items()
        if each["Type"] == ALGORITHM_TYPE
    }
    with inhabited(world):
        stack = world.stack("Requests")
        world.cloudformation.deploy(stack, resources)
        world.run_until_rest()
        assert stack.status == "COMPLETE", stack.reason
    for request in created:
        yield int(request["AlgorithmName"].partition("-")[0].removeprefix("a")), request


def _without_token(properties: dict[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in properties.items() if name != "ServiceToken"}


def content(request: Request) -> Request:
    return {name: value for name, value in request.items() if name not in ("AlgorithmName", "Tags")}


def tags(request: Request) -> set[tuple[str, str]]:
    return {(tag["Key"], tag["Value"]) for tag in request.get("Tags") or () if not tag["Key"].startswith(TAG_PREFIX)}


def check(requests: list[Request]) -> None:
    got = dict(arrived(template_of(requests)))

    assert got.keys() == set(range(len(requests)))
    for number, request in enumerate(requests):
        assert content(got[number]) == content(request)
        assert tags(got[number]) == tags(request)


def test_hundreds_of_random_requests_arrive_as_they_were_written() -> None:
    requests = random_requests()
    assert len(requests) == REQUESTS
    for begin in range(0, REQUESTS, PER_STACK):
        check(requests[begin : begin + PER_STACK])


def test_request_files_arrive_as_they_were_written() -> None:
    check([json.loads(path.read_text(encoding="utf-8")) for path in VALID])
