"""Synthesis time of an additional algorithm, compared with other ways to declare one.

Run as a module, it measures in a process of its own and prints JSON.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_sagemaker, custom_resources
from constructs import Construct

from cdk_sagemaker_algorithm import Algorithm, AlgorithmProvider
from tests.benchmarks import definition
from tests.benchmarks.timing import elapsed, seconds
from tests.support.kernel import round_trips

ALGORITHM_TYPE = "Custom::SageMakerAlgorithm"
VALIDATION_TYPE = "Custom::SageMakerAlgorithmValidation"


@dataclass(frozen=True, slots=True)
class Way:
    """A way to declare algorithms: what a stack needs once, and what it needs for each of them."""

    once: Callable[[cdk.Stack], Any]
    each: Callable[[cdk.Stack, Any, int], Any]


def _ours(stack: cdk.Stack, timeout: cdk.Duration, number: int) -> None:
    Algorithm(stack, f"Algorithm{number}", **definition.as_dataclasses(), validation_timeout=timeout)


def _ours_without_slices(stack: cdk.Stack, _: object, number: int) -> None:
    Algorithm(stack, f"Algorithm{number}", **definition.as_dataclasses(), wait_for_validation=False)


@dataclass(frozen=True, slots=True)
class _Provider:
    service_token: str
    ready: cdk.CfnResource


def _provider(stack: cdk.Stack) -> _Provider:
    provider = AlgorithmProvider.of_stack(stack)
    ready = provider.node.find_child("HandlerInvocation").node.default_child
    assert isinstance(ready, cdk.CfnResource)
    return _Provider(provider.service_token, ready)


def _raw(stack: cdk.Stack, provider: _Provider, number: int) -> None:
    """Make the very same template, by nothing but calls that cannot be left out."""
    scope = Construct(stack, f"Algorithm{number}")
    properties = _properties(provider, f"stack-algorithm{number}") | definition.as_request()
    resource = cdk.CfnResource(scope, "Resource", type=ALGORITHM_TYPE, properties=properties)
    resource.add_resource_dependency(provider.ready)
    for position in range(1, definition.SLICES + 1):
        resource = cdk.CfnResource(
            scope,
            f"ValidationWait{position}",
            type=VALIDATION_TYPE,
            properties=_slice(provider, position, resource.logical_id),
        )


def _properties(provider: _Provider, prefix: str) -> dict[str, Any]:
    return {"ServiceToken": provider.service_token, "ServiceTimeout": 3600, "AlgorithmNamePrefix": prefix}


def _slice(provider: _Provider, position: int, previous: str) -> dict[str, Any]:
    return {
        "ServiceToken": provider.service_token,
        "ServiceTimeout": 3600,
        "AlgorithmName": {"Fn::GetAtt": [previous, "AlgorithmName"]},
        "CreationTime": {"Fn::GetAtt": [previous, "CreationTime"]},
        "WaitIndex": position,
        "WaitCount": definition.SLICES,
        "ValidationTimeoutInSeconds": definition.VALIDATION_HOURS * 3600,
    }


def _raw_flat(stack: cdk.Stack, provider: _Provider, number: int) -> None:
    """Make a similar template with fewer calls: logical IDs guessed, no construct around, no dependency."""
    name = f"Algorithm{number}"
    properties = _properties(provider, name) | definition.as_request()
    cdk.CfnResource(stack, name, type=ALGORITHM_TYPE, properties=properties)
    for position in range(1, definition.SLICES + 1):
        before = name if position == 1 else f"{name}ValidationWait{position - 1}"
        cdk.CfnResource(
            stack,
            f"{name}ValidationWait{position}",
            type=VALIDATION_TYPE,
            properties=_slice(provider, position, before),
        )


def _typed_l1(stack: cdk.Stack, _: object, number: int) -> None:
    aws_sagemaker.CfnAlgorithm(
        stack,
        f"Algorithm{number}",
        algorithm_name=f"algorithm-{number}",
        **definition.as_l1(aws_sagemaker.CfnAlgorithm),
    )


def _aws_custom_resource(stack: cdk.Stack, _: object, number: int) -> None:
    name = f"Algorithm{number}"
    custom_resources.AwsCustomResource(
        stack,
        name,
        resource_type="Custom::Algorithm",
        install_latest_aws_sdk=False,
        on_create=custom_resources.AwsSdkCall(
            service="SageMaker",
            action="createAlgorithm",
            parameters={"AlgorithmName": name, **definition.as_request()},
            physical_resource_id=custom_resources.PhysicalResourceId.of(name),
        ),
        on_delete=custom_resources.AwsSdkCall(
            service="SageMaker", action="deleteAlgorithm", parameters={"AlgorithmName": name}
        ),
        policy=custom_resources.AwsCustomResourcePolicy.from_sdk_calls(
            resources=custom_resources.AwsCustomResourcePolicy.ANY_RESOURCE
        ),
    )


def _timeout(stack: cdk.Stack) -> cdk.Duration:
    AlgorithmProvider.of_stack(stack)
    return cdk.Duration.hours(definition.VALIDATION_HOURS)


def _nothing(_: cdk.Stack) -> None:
    """Some ways need nothing beforehand."""


OURS = "Algorithm"
OURS_WITHOUT_SLICES = "Algorithm, no slices"
RAW = "raw CfnResource"
RAW_FLAT = "raw CfnResource, flat"
TYPED_L1 = "typed CfnAlgorithm"
AWS_CUSTOM_RESOURCE = "AwsCustomResource"

WAYS: dict[str, Way] = {
    OURS: Way(_timeout, _ours),
    OURS_WITHOUT_SLICES: Way(AlgorithmProvider.of_stack, _ours_without_slices),
    RAW: Way(_provider, _raw),
    RAW_FLAT: Way(_provider, _raw_flat),
    TYPED_L1: Way(_nothing, _typed_l1),
    # The function that serves them all comes with the first.
    AWS_CUSTOM_RESOURCE: Way(lambda stack: _aws_custom_resource(stack, None, 0), _aws_custom_resource),
}


def template(way: str, algorithms: int) -> dict[str, Any]:
    """The template of a stack with so many algorithms."""
    with tempfile.TemporaryDirectory() as folder:
        app = cdk.App(outdir=folder)
        stack = cdk.Stack(app, "Stack")
        common = WAYS[way].once(stack)
        for number in range(1, algorithms + 1):
            WAYS[way].each(stack, common, number)
        found: dict[str, Any] = app.synth().get_stack_by_name("Stack").template
    return found


def synth(way: str, algorithms: int, *, outdir: str) -> int:
    """Declare algorithms and synthesize them; the round trips of that, without what is needed once."""
    app, declare = _begun(way, outdir)
    with round_trips() as trips:
        for number in range(1, algorithms + 1):
            declare(number)
        app.synth()
    return trips.count


def _begun(way: str, outdir: str) -> tuple[cdk.App, Callable[[int], Any]]:
    """An app whose stack has what the way needs once, and what declares the algorithm of a number."""
    app = cdk.App(outdir=outdir)
    stack = cdk.Stack(app, "Stack")
    common = WAYS[way].once(stack)
    return app, lambda number: WAYS[way].each(stack, common, number)


def round_trips_for_each(way: str) -> float:
    """The kernel round trips that one more algorithm takes, constructing and synthesizing it."""
    with tempfile.TemporaryDirectory() as folder:
        synth(way, 1, outdir=folder)
        few, many = (synth(way, algorithms, outdir=folder) for algorithms in (5, 15))
    return (many - few) / 10


def bytes_for_each(way: str) -> float:
    """The bytes that one more algorithm adds to a template without indentation."""
    few, many = (len(json.dumps(template(way, algorithms), separators=(",", ":"))) for algorithms in (2, 7))
    return (many - few) / 5


def _marginal(algorithms: int, rounds: int) -> dict[str, float]:
    """Milliseconds for each algorithm: to declare it, and what the template of the stack then takes longer.

    The ways take turns algorithm by algorithm, so that whatever else the machine does meets all of them.
    """
    declaring: dict[str, list[float]] = {way: [] for way in WAYS}
    writing: dict[str, list[float]] = {way: [] for way in WAYS}
    writing_none: dict[str, list[float]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as folder:
        for way in WAYS:
            # Node compiles what runs often, and shall be done with that.
            synth(way, 20, outdir=folder)
        for _ in range(rounds):
            for way, spent in writing_none.items():
                spent.append(seconds(_begun(way, folder)[0].synth))
            begun = {way: _begun(way, folder) for way in WAYS}
            gc.collect()
            for number in range(1, algorithms + 1):
                for way, (_, declare) in begun.items():
                    declaring[way].append(elapsed(partial(declare, number)))
            for way, (app, _) in begun.items():
                writing[way].append(seconds(app.synth))
    return {
        way: (median(declaring[way]) + (median(writing[way]) - median(writing_none[way])) / algorithms) * 1000
        for way in WAYS
    }


def _peak(way: str, algorithms: int) -> dict[str, float]:
    """The greatest memory in MiB, of Python and of its kernel in Node."""
    with tempfile.TemporaryDirectory() as folder:
        synth(way, algorithms, outdir=folder)
    return {
        "python": _peak_kilobytes(os.getpid()) / 1024,
        "node": _peak_of_kernel(),
    }


def _peak_of_kernel() -> float:
    """The largest process below this one."""
    return max(_peak_kilobytes(each) for each in _descendants(os.getpid())) / 1024


def _descendants(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task")
    children = [int(each) for task in tasks.iterdir() for each in (task / "children").read_text().split()]
    return [*children, *(each for child in children for each in _descendants(child))]


def _peak_kilobytes(process: int) -> int:
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def main(arguments: list[str]) -> None:
    """Measure what the arguments say, and print it."""
    match arguments:
        case ["marginal", algorithms, rounds]:
            found: Any = _marginal(int(algorithms), int(rounds))
        case ["peak", way, algorithms]:
            found = _peak(way, int(algorithms))
        case _:
            raise SystemExit("usage: synth marginal ALGORITHMS ROUNDS | synth peak WAY ALGORITHMS")
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
