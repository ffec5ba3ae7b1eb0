"""Deploy the example on local AWS, watch its validation during the deployment, and write a report.

Runs inside of ``cdk-sagemaker-algorithm local``; ``make local`` does that.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import boto3
from botocore.exceptions import ClientError

ROOT = Path(__file__).resolve().parents[1]
STACK = "DecisionTrees"
LOG = ROOT / "cdk.out" / "deploy.log"
REPORT = ROOT / "cdk.out" / "report.html"
PROGRAM = [sys.executable, "-m", "cdk_sagemaker_algorithm.cli"]


def main() -> int:
    """Run the steps.

    Returns:
        The exit status of the first step that fails, or 0.
    """
    if "CDK_SAGEMAKER_ALGORITHM_LOCAL" not in os.environ:
        sys.stderr.write("this runs on local AWS only: use make local\n")
        return 2
    LOG.parent.mkdir(exist_ok=True)
    say(f"1 of 4: cdk bootstrap; its output goes to {LOG}")
    with LOG.open("w", encoding="utf-8") as log:
        if status := subprocess.run(["cdk", "bootstrap"], cwd=ROOT, stdout=log, stderr=log, check=False).returncode:
            return failed(status)
        say(f"2 of 4: cdk deploy {STACK}; its output goes to the same file")
        deploy = subprocess.Popen(
            ["cdk", "deploy", STACK, "--require-approval", "never", "--progress", "events"],
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
        try:
            name = wait_for_algorithm(deploy)
            say("3 of 4: cdk-sagemaker-algorithm watch, during the deployment")
            # Quiet: local AWS ends with this program, so what could be done next is not suggested.
            subprocess.run([*PROGRAM, "watch", "--stack", STACK, "--interval", "1", "-q"], cwd=ROOT, check=False)
            status = deploy.wait()
        except BaseException:
            deploy.terminate()
            raise
    if status:
        return failed(status)
    say(f"4 of 4: cdk-sagemaker-algorithm report; open {REPORT} in a browser")
    REPORT.unlink(missing_ok=True)
    return subprocess.run([*PROGRAM, "report", name, "-o", str(REPORT)], cwd=ROOT, check=False).returncode


def wait_for_algorithm(deploy: subprocess.Popen[bytes]) -> str:
    """Wait until the stack has an algorithm to watch, or the deployment has ended.

    Returns:
        The algorithm's name; empty if the deployment has ended without one.
    """
    cloudformation: Any = cast("Any", boto3).client("cloudformation")
    while True:
        ended = deploy.poll() is not None
        found: list[dict[str, Any]] = []
        # The stack may not be there yet.
        with suppress(ClientError):
            found = cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
        for resource in found:
            if resource["ResourceType"] == "Custom::SageMakerAlgorithm" and "PhysicalResourceId" in resource:
                return str(resource["PhysicalResourceId"])
        if ended:
            return ""
        time.sleep(0.5)


def failed(status: int) -> int:
    """Show the end of the output of a step that failed."""
    lines = LOG.read_text(encoding="utf-8", errors="replace").splitlines()
    sys.stderr.write("\n".join([*lines[-15:], f"exit status {status}; the whole output is in {LOG}", ""]))
    return status


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"\n==> {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
