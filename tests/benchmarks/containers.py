"""Preflight's whole time against the same steps by hand with the engine's command line, and its memory for large data.

`python -m tests.benchmarks.containers memory MEGABYTES` prints the peak memory of a training job with that much data.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from cdk_sagemaker_algorithm.containers.channels import local_objects
from cdk_sagemaker_algorithm.containers.engine import Engine, find_engine
from cdk_sagemaker_algorithm.containers.training_job import TrainingJob, run_training
from tests.benchmarks.timing import medians, process_seconds
from tests.containers.profiles import definition
from tests.support.container_images import base_image, build

OURS: Final = "ours"
BY_HAND: Final = "the same steps by hand"
_PROGRAM: Final = Path(__file__).parents[1] / "containers/program.py"
_TAG: Final = "localhost/preflight-tests-program:3"
_PING: Final = "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/ping', timeout=2)"
_INVOKE: Final = (
    "import sys, urllib.request as u; r = u.Request('http://127.0.0.1:8080/invocations', sys.stdin.buffer.read(), "
    "{'Content-Type': 'text/csv'}); sys.stdout.buffer.write(u.urlopen(r).read())"
)


def tools() -> tuple[Engine, str]:
    """An engine, with the image that the tests of containers use.

    Raises:
        EngineError: No engine responds.
    """
    engine = find_engine()
    dockerfile = f'FROM {base_image(engine)}\nCOPY program.py /program.py\nENTRYPOINT ["python3", "/program.py"]\n'
    return engine, build(engine, _TAG, dockerfile, {"program.py": _PROGRAM.read_text(encoding="utf-8")})


def whole(rounds: int, training_seconds: float) -> dict[str, float]:
    """Seconds for training, packing, serving and transforming, with a training program that takes a while."""
    engine, image = tools()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = folder / "rows.csv"
        rows.write_text("1,2\n3,4\n", encoding="utf-8")
        code = f"time.sleep({training_seconds}); model(); print('accuracy: 0.9')"
        request = folder / "request.json"
        request.write_text(json.dumps(definition(train=code)), encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "cdk_sagemaker_algorithm",
            "preflight",
            str(request),
            "--containers",
            "--image",
            image,
        ]
        command += ["--engine", engine.command, "--data", f"training={rows}", "--data", f"transform={rows}", "--quiet"]
        return medians(
            {
                OURS: lambda: process_seconds(*command),
                BY_HAND: lambda: _by_hand(engine, image, code, folder),
            },
            rounds=rounds,
        )


def _by_hand(engine: Engine, image: str, code: str, folder: Path) -> float:
    """Run the steps by hand: `run` to train, `run` to serve, a loop of pings, a request, and `stop`."""
    begun = time.perf_counter()
    ml = folder / f"ml-{time.monotonic_ns()}"
    for part in ("input/config", "input/data/training", "model", "output/data"):
        (ml / part).mkdir(parents=True)
    (ml / "input/config/hyperparameters.json").write_text(json.dumps({"code": code}), encoding="utf-8")
    (ml / "input/data/training/rows.csv").write_bytes((folder / "rows.csv").read_bytes())
    mount = f"{ml}:/opt/ml"
    engine.run("run", "--rm", "--network", "none", "--volume", mount, image, "train", timeout=300)
    subprocess.run(["tar", "-czf", ml / "model.tar.gz", "-C", ml / "model", "."], check=True)
    done = engine.run("run", "--detach", "--network", "none", "--volume", mount, image, "serve", timeout=300)
    container = done.stdout.decode().split()[-1]
    while engine.run("exec", container, "python3", "-c", _PING, check=False).returncode:
        time.sleep(0.2)
    engine.run("exec", "-i", container, "python3", "-c", _INVOKE, data=(folder / "rows.csv").read_bytes())
    engine.run("stop", "--time", "30", container, timeout=60)
    engine.remove(container)
    return time.perf_counter() - begun


def peak(megabytes: int) -> float:
    """Peak memory in MiB of this process after a training job with so much data."""
    engine, image = tools()
    content = definition()
    profile: dict[str, Any] = content["ValidationSpecification"]["ValidationProfiles"][0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "data.bin").open("wb") as file:
            file.truncate(megabytes << 20)
        job = TrainingJob(
            name="memory",
            image=image,
            definition=profile["TrainingJobDefinition"],
            specification=content["TrainingSpecification"],
            data={"training": local_objects(folder / "data.bin", "s3://bucket/training/")},
        )
        result = run_training(engine, job, folder / "out")
    if result.failure is not None:
        raise RuntimeError(result.failure)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.stdout.write(json.dumps(peak(int(sys.argv[2]))))
