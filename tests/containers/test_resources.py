"""Memory, accelerators, and two runs at the same time."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_algorithm.containers.engine import Engine
from cdk_sagemaker_algorithm.preflight.run import RunOptions, RunStep
from tests.containers.conftest import Tools, containers_of, only
from tests.containers.profiles import definition, run

LIMIT = """
paths = ('/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes')
print('limit', next(open(path).read() for path in paths if os.path.exists(path)))
model(); print('accuracy: 1')
"""
AUTO = RunOptions(step=RunStep.TRAINING, memory="auto")


def on(kind: str, **members: Any) -> Mapping[str, Any]:
    return definition(training={"ResourceConfig": {"InstanceType": kind, "InstanceCount": 1}}, **members)


def test_auto_limits_memory_to_that_of_the_instance(tools: Tools, tmp_path: Path) -> None:
    result = run(tools.engine, tools.image, on("ml.c5.large", train=LIMIT), tmp_path, AUTO)
    training = result.runs[0].training
    assert training is not None
    assert f"limit {4 << 30}" in training.log.tail


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("ml.r5.24xlarge", "ml.r5.24xlarge has 768 GiB"), ("ml.t3.medium", "the memory of ml.t3.medium is not known")],
)
@only("docker")
def test_auto_says_what_it_cannot_limit(kind: str, reason: str, tools: Tools, tmp_path: Path) -> None:
    result = run(tools.engine, tools.image, on(kind), tmp_path, AUTO)
    assert any(item.check == "memory" and reason in item.reason for item in result.not_checked)


@pytest.mark.parametrize("kind", ["ml.trn1.2xlarge", "ml.g5.xlarge"])
@only("podman")
def test_jobs_that_need_an_accelerator_are_not_run(kind: str, tools: Tools, tmp_path: Path) -> None:
    result = run(tools.engine, tools.image, on(kind), tmp_path, RunOptions())
    assert result.runs == []
    assert any(kind in item.reason for item in result.not_checked)


def test_two_runs_at_once_do_not_meet(tools: Tools, tmp_path: Path) -> None:
    code = "(ML / 'model' / os.environ['TRAINING_JOB_NAME']).write_text('x'); model(sys.argv[1]); print('accuracy: 1')"

    def once(number: int) -> None:
        engine = Engine(tools.engine.command, tools.engine.kind, tools.engine.version)
        folder = tmp_path / str(number)
        folder.mkdir()
        result = run(
            engine, tools.image, definition(train=code, instances=2), folder, RunOptions(step=RunStep.TRAINING)
        )
        training = result.runs[0].training
        assert training is not None
        assert training.failure is None, training.log.tail
        assert containers_of(engine, engine.labels.run) == []

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(once, range(2)))
