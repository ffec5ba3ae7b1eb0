"""Inference pipelines: several containers, of which each gets the response of the one before."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_algorithm.preflight.image_store import ImageOptions
from cdk_sagemaker_algorithm.preflight.run import AlgorithmResult, RunOptions
from tests.containers.conftest import Tools, only
from tests.containers.profiles import definition, run
from tests.support.container_images import build

LABEL = "com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true"
FIRST = "serve(invoke=lambda body, headers: (200, body.replace(b',', b';'), 'text/x-first; charset=utf-8'))"
SECOND = """
def invoke(body, headers):
    print('second', headers['Content-Type'], headers['Accept'], (ML / 'model/model.txt').exists())
    return 200, body.upper(), 'text/csv'
serve(invoke=invoke)
"""


def pipeline(*codes: str, **members: Any) -> Mapping[str, Any]:
    containers = [{"Image": "tests", "Environment": {"CODE": code}} for code in codes]
    return definition(inference={"Containers": containers}, **members)


@pytest.fixture
def labelled(tools: Tools) -> str:
    return build(tools.engine, "localhost/preflight-tests-pipeline:4", f"FROM {tools.image}\nLABEL {LABEL}\n")


def run_pipeline(tools: Tools, image: str, content: Mapping[str, Any], folder: Path) -> AlgorithmResult:
    options = RunOptions(startup_timeout=12, grace=5, images=ImageOptions(training=image))
    return run(tools.engine, image, content, folder, options)


def test_each_response_is_the_next_request(tools: Tools, labelled: str, tmp_path: Path) -> None:
    result = run_pipeline(tools, labelled, pipeline(FIRST, SECOND), tmp_path)
    assert [finding.rule for finding in result.findings] == ["unsupported-type"]
    assert (tmp_path / "out/Profile/output/rows.csv.out").read_text() == "1;2\n3;4\n5;6\n"
    transform = result.runs[0].transform
    assert transform is not None
    assert [server.port for server in transform.servers] == [18081, 18082]
    assert "second text/x-first; charset=utf-8 text/csv True" in transform.servers[1].log.tail
    assert any("not documented" in item.reason for item in result.not_checked)


@only("docker")
def test_a_failing_container_of_a_pipeline_is_named(tools: Tools, labelled: str, tmp_path: Path) -> None:
    failing = "serve(invoke=lambda b, h: (400, b'no such column', 'text/plain'))"
    result = run_pipeline(tools, labelled, pipeline(FIRST, failing), tmp_path)
    (finding,) = [finding for finding in result.findings if finding.rule == "invocation-failed"]
    assert "failed in container 2: HTTP 400" in finding.message


@only("podman")
def test_a_container_that_ignores_its_port_is_found(tools: Tools, labelled: str, tmp_path: Path) -> None:
    result = run_pipeline(tools, labelled, pipeline(FIRST, "serve(port=8080)"), tmp_path)
    (finding,) = [finding for finding in result.findings if finding.rule == "ping-failed"]
    assert finding.path == "InferenceSpecification.Containers[1].Image"
    assert "nothing listens on port 18082; listening: 0.0.0.0:8080" in finding.message
    assert "SAGEMAKER_BIND_TO_PORT" in finding.remedy
