"""Engines and images for tests with real containers.

With CI=true an engine that does not respond is a failure; elsewhere it is a skip.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from cdk_sagemaker_algorithm.containers.engine import Engine, EngineError, find_engine
from cdk_sagemaker_algorithm.containers.owner import RunLabels
from tests.support.container_images import base_image, build

ENGINES = ("podman", "docker")
PROGRAM = Path(__file__).with_name("program.py")
TAG = "localhost/preflight-tests-program:4"


@dataclass(frozen=True)
class Tools:
    """An engine with the image of the tests."""

    engine: Engine
    base: str
    image: str


def _tools(name: str) -> Tools | str:
    try:
        engine = find_engine(name)
    except EngineError as error:
        return str(error)
    base = base_image(engine)
    dockerfile = f'FROM {base}\nCOPY program.py /program.py\nENTRYPOINT ["python3", "/program.py"]\n'
    image = build(engine, TAG, dockerfile, {"program.py": PROGRAM.read_text(encoding="utf-8")})
    return Tools(engine, base, image)


def engine_named(name: str, *values: object) -> ParameterSet:
    """A parameter for `shared_tools`, with those of a test."""
    return pytest.param(name, *values, marks=pytest.mark.xdist_group(name))


def only(name: str) -> pytest.MarkDecorator:
    """Run a test on one engine: the other one has no part in what it shows."""
    return pytest.mark.parametrize("shared_tools", [engine_named(name)], indirect=True)


@pytest.fixture(scope="session", params=[engine_named(name) for name in ENGINES])
def shared_tools(request: pytest.FixtureRequest) -> Tools:
    tools = _tools(request.param)
    if isinstance(tools, str):
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI needs both engines: {tools}")
        pytest.skip(f"no containers here: {tools}")
    return tools


@pytest.fixture
def tools(shared_tools: Tools) -> Iterator[Tools]:
    """An engine with labels of this test's own, and nothing left behind."""
    engine = Engine(shared_tools.engine.command, shared_tools.engine.kind, shared_tools.engine.version)
    yield Tools(engine, shared_tools.base, shared_tools.image)
    assert containers_of(engine, engine.labels.run) == []


def containers_of(engine: Engine, run: str) -> list[str]:
    selection = ("--filter", f"label={RunLabels.RUN}={run}")
    return engine.run("ps", "--all", "--quiet", *selection).stdout.decode().split()
