"""Isolation of containers: network, files and environment."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from cdk_sagemaker_algorithm.preflight.run import RunOptions, RunStep
from tests.containers.conftest import Tools
from tests.containers.profiles import channel, definition, run

ESCAPES = """
import socket, subprocess
def tries(name, action):
    begun = time.monotonic()
    try:
        action(); print(name, 'REACHED')
    except OSError as error:
        print(name, 'closed', round(time.monotonic() - begun))
tries('address', lambda: socket.create_connection(('203.0.113.1', 80), 20))
tries('metadata', lambda: socket.create_connection(('169.254.169.254', 80), 20))
tries('gateway', lambda: socket.create_connection(('172.17.0.1', 22), 20))
tries('name', lambda: socket.create_connection(('example.com', 80), 20))
tries('host', lambda: socket.create_connection(('127.0.0.1', PORT), 20))
print('environment', json.dumps(sorted(os.environ)))
print('mounts', json.dumps([line.split()[1] for line in open('/proc/mounts')]))
print('own name', socket.gethostbyname(socket.gethostname()))
model(); print('accuracy: 1')
"""


def test_a_container_reaches_nothing_and_sees_no_credentials(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "topsecret")
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        code = ESCAPES.replace("PORT", str(server.getsockname()[1]))
        result = run(tools.engine, tools.image, definition(train=code), tmp_path, RunOptions(step=RunStep.TRAINING))
    training = result.runs[0].training
    assert training is not None
    log = "\n".join(training.log.tail)
    for name in ("address", "metadata", "gateway", "name", "host"):
        assert f"{name} closed 0" in log or f"{name} closed 1" in log, log
    names = set(json.loads(log.partition("environment ")[2].splitlines()[0]))
    assert {"TRAINING_JOB_NAME", "TRAINING_JOB_ARN", "AWS_REGION"} <= names
    assert not {name for name in names if "SECRET" in name or "TOKEN" in name or "ACCESS_KEY" in name}
    mounts = json.loads(log.partition("mounts ")[2].splitlines()[0])
    assert not [mount for mount in mounts if mount.startswith("/opt")]
    assert "own name 127.0.0.2" in log


def test_hosts_of_one_job_reach_each_other(tools: Tools, tmp_path: Path) -> None:
    code = """
import socket
config = json.loads((ML / 'input/config/resourceconfig.json').read_text())
me = config['current_host']
rows = sorted(path.name for path in (ML / 'input/data/training').iterdir())
print(me, config['hosts'], rows)
if me == 'algo-1':
    with socket.create_server(('', 9000)) as server:
        other = server.accept()[0]
        print('got', other.recv(10).decode())
else:
    for _ in range(100):
        try:
            socket.create_connection(('algo-1', 9000), 2).sendall(b'hello'); break
        except OSError: time.sleep(.1)
(ML / 'model' / me).write_text(me); print('accuracy: 1')
"""
    data = tmp_path / "rows"
    data.mkdir()
    for name in ("a", "b", "c"):
        (data / name).write_text(name, encoding="utf-8")
    sharded = channel("training", s3={"S3DataDistributionType": "ShardedByS3Key"})
    content = definition(train=code, instances=2, training={"InputDataConfig": [sharded]})
    options = RunOptions(step=RunStep.TRAINING, max_runtime=60)
    options.data.paths["training"] = data  # type: ignore[index] # pyright: ignore[reportIndexIssue]
    result = run(tools.engine, tools.image, content, tmp_path, options)
    training = result.runs[0].training
    assert training is not None
    assert training.failure is None, training.log.tail
    log = "\n".join(training.log.tail)
    assert "got hello" in log
    assert "algo-1 ['algo-1', 'algo-2'] ['a', 'c']" in log
    assert "algo-2 ['algo-1', 'algo-2'] ['b']" in log
    assert training.model is not None
    assert sorted(training.model.names) == ["algo-1", "algo-2"]
    networks = tools.engine.run("network", "ls", "--format", "{{.Name}}").stdout.decode().split()
    assert not [name for name in networks if name.startswith(tools.engine.labels.run)]


def test_pipe_mode_gives_one_fifo_for_each_epoch(tools: Tools, tmp_path: Path) -> None:
    code = """
for epoch in range(2):
    path = ML / f'input/data/training_{epoch}'
    while not path.exists(): time.sleep(.05)
    print(epoch, path.read_bytes())
assert not (ML / 'input/data/training').exists()
model(); print('accuracy: 1')
"""
    content = definition(train=code, training={"InputDataConfig": [channel("training", InputMode="Pipe")]})
    result = run(tools.engine, tools.image, content, tmp_path, RunOptions(step=RunStep.TRAINING, max_runtime=60))
    training = result.runs[0].training
    assert training is not None
    assert [line for line in training.log.tail if line[:1] in "01"] == [
        "0 b'1,2\\n3,4\\n5,6\\n'",
        "1 b'1,2\\n3,4\\n5,6\\n'",
    ]


def test_mounted_data_is_read_only(tools: Tools, tmp_path: Path) -> None:
    code = """
path = ML / 'input/data/training/rows.csv'
print(path.read_text().split())
try: path.write_text('x')
except OSError as error: print('read-only', error.errno)
model(); print('accuracy: 1')
"""
    result = run(
        tools.engine, tools.image, definition(train=code), tmp_path, RunOptions(step=RunStep.TRAINING, mount=True)
    )
    training = result.runs[0].training
    assert training is not None
    assert "['1,2', '3,4', '5,6']" in training.log.tail
    assert "read-only 30" in training.log.tail
    assert os.access(tmp_path / "data/rows.csv", os.R_OK)
