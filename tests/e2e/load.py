"""Many algorithms on local AWS: ``python -m tests.e2e.load``.

Deploys one stack of many algorithms, then many stacks at once, while SageMaker throttles, and destroys them. Takes
minutes, because the emulator makes one resource of a stack after the other.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cdk_sagemaker_algorithm.local import LocalAws, ValidationPlan

APP = Path(__file__).with_name("load_app.py")
TIMEOUT_SECONDS = 1800
THROTTLES = 15


def main(arguments: list[str] | None = None) -> int:
    """Deploy and destroy them, and count the remaining resources."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.load", description=__doc__)
    parser.add_argument("--algorithms", type=int, default=50, help="in the one stack (default: 50)")
    parser.add_argument("--stacks", type=int, default=10, help="at once (default: 10)")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as work, LocalAws(plan=ValidationPlan().lasting(2)) as aws:
        _cdk(aws, work, ["bootstrap"], {})
        one = _come_and_go(aws, work, stacks=1, algorithms=given.algorithms)
        many = _come_and_go(aws, work, stacks=given.stacks, algorithms=2)
    return 0 if one and many else 1


def _come_and_go(aws: LocalAws, work: str, *, stacks: int, algorithms: int) -> bool:
    settings = {"stacks": stacks, "algorithms": algorithms}
    for operation in ("CreateAlgorithm", "DescribeAlgorithm", "DeleteAlgorithm"):
        aws.fail_call(operation, "ThrottlingException", "Rate exceeded", times=THROTTLES)
    begun = time.monotonic()
    _cdk(aws, work, ["deploy", "--all", "--require-approval=never", f"--concurrency={stacks}"], settings)
    deployed = _algorithms(aws)
    _say(f"{stacks} x {algorithms}: {len(deployed)} algorithms after {time.monotonic() - begun:.0f} s")
    _cdk(aws, work, ["destroy", "--all", "--force", f"--concurrency={stacks}"], settings)
    left = _algorithms(aws)
    _say(f"{stacks} x {algorithms}: {len(left)} left after {time.monotonic() - begun:.0f} s")
    return set(deployed.values()) == {"Completed"} and len(deployed) == stacks * algorithms and not left


def _algorithms(aws: LocalAws) -> dict[str, str]:
    pages = aws.client("sagemaker").get_paginator("list_algorithms").paginate()
    return {each["AlgorithmName"]: each["AlgorithmStatus"] for page in pages for each in page["AlgorithmSummaryList"]}


def _cdk(aws: LocalAws, work: str, arguments: list[str], settings: dict[str, int]) -> None:
    command = ["cdk", *arguments, "--app", f"{sys.executable} {APP}", "--output", f"{work}/cdk.out"]
    for name, value in settings.items():
        command += ["--context", f"{name}={value}"]
    done = subprocess.run(
        command,
        cwd=work,
        env={**aws.environment, "CDK_VALIDATION": "false"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode:
        _say(done.stdout[-4000:])
        raise SystemExit(f"{' '.join(arguments)} failed")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
