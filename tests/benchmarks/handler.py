"""The handler: how it starts, against boto3 as it comes, and what an event costs it."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import subprocess
import sys
from statistics import mean, median
from typing import Any, Final

from tests.benchmarks import definition
from tests.benchmarks.timing import ROOT, environment, seconds
from tests.support.virtual_deploy import Deploy, deploy

OURS: Final = "handler"
BOTO3: Final = 'boto3.client("sagemaker")'
LIMIT: Final = "botocore, trimmed model"

_MEASURED = """
import json, sys, time
begun = time.perf_counter()
{code}
elapsed = time.perf_counter() - begun
with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
json.dump({{"seconds": elapsed, "mebibytes": peak / 1024}}, sys.stdout)
"""

_CODE: dict[str, str] = {
    OURS: "from cdk_sagemaker_algorithm_provider import clients, index\nclients.sagemaker()",
    BOTO3: "import boto3\nboto3.client('sagemaker')",
    LIMIT: """
import importlib.util, pathlib
import botocore.session
session = botocore.session.get_session()
folder = pathlib.Path(importlib.util.find_spec("cdk_sagemaker_algorithm_provider").origin).parent
session.get_component("data_loader").search_paths.insert(0, str(folder / "models"))
session.create_client("sagemaker")
""",
}

#: US dollars in us-east-1: Lambda on x86 by GB-second and request, Step Functions by transition, CloudWatch Logs by GB
#: taken in, a metric by the month, billed for the hours in which it has values, an event, a trace.
GB_SECOND, REQUEST, TRANSITION, LOG_GB = 0.0000166667, 0.0000002, 0.000025, 0.50
METRIC_HOUR, EVENT, TRACE = 0.30 / 730, 0.000001, 0.000005
METRICS: Final = 3
MEMORY_GB: Final = 0.25
#: A DescribeAlgorithm over the network, with what Lambda adds around a warm invocation.
INVOCATION_SECONDS: Final = 0.1


def start(rounds: int) -> dict[str, dict[str, float]]:
    """Seconds and MiB of import and client, in new processes one after the other."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in _CODE}
    for number in range(rounds + 1):
        for name, code in _CODE.items():
            measured = _run(_MEASURED.format(code=code))
            if number:
                found[name].append(measured)
    return {name: {key: median(each[key] for each in runs) for key in runs[0]} for name, runs in found.items()}


def _run(code: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def simulated(**parameters: Any) -> Deploy:
    """A deployment on the virtual clock, without log output."""
    with contextlib.redirect_stdout(io.StringIO()):
        return deploy(definition.as_request(), slices=definition.SLICES, **parameters)


def milliseconds_for_each_event() -> float:
    """The handler's own time for an invocation, everything outside being a stub."""
    logging.getLogger("cdk_sagemaker_algorithm_provider").propagate = False
    simulated(validation_seconds=600)
    measured: list[float] = []
    for _ in range(5):
        invocations = 0

        def run() -> None:
            nonlocal invocations
            invocations = simulated(validation_seconds=7200).invocations

        measured.append(seconds(run) / invocations * 1000)
    return median(measured)


def describes_for_each_hour() -> int:
    """How often SageMaker is asked in an hour of waiting, within a slice."""
    hour = 3600
    longer, shorter = (simulated(validation_seconds=each).calls["DescribeAlgorithm"] for each in (hour + 600, 600))

    return longer - shorter


def delays() -> tuple[float, float]:
    """The greatest and the mean delay from the end of validation to CloudFormation's last answer."""
    found = [simulated(validation_seconds=600 + step / 2).delay for step in range(120)]
    return max(found), mean(found)


def cost(validation_seconds: float) -> dict[str, float]:
    """What the library's part of a deploy uses, and US dollars for it."""
    took = simulated(validation_seconds=validation_seconds, invocation_seconds=INVOCATION_SECONDS)
    lambda_seconds = took.invocations * INVOCATION_SECONDS
    # Step Functions logs each event of an execution, about three to a transition and 500 bytes long.
    log_bytes = took.log_bytes + took.transitions * 3 * 500
    dollars = {
        "lambda": lambda_seconds * MEMORY_GB * GB_SECOND + took.invocations * REQUEST,
        "step_functions": took.transitions * TRANSITION,
        "logs": log_bytes / 1e9 * LOG_GB,
        "metrics": METRICS * METRIC_HOUR,
        # A request is traced once where Lambda takes it in, and once where Step Functions works on it.
        "event_and_traces": took.calls["PutEvents"] * EVENT + 2 * took.calls["StartExecution"] * TRACE,
    }
    return {
        "invocations": took.invocations,
        "lambda_ms": round(lambda_seconds * 1000),
        "transitions": took.transitions,
        "log_kilobytes": round(log_bytes / 1000),
        **{f"usd_{name}": round(value, 5) for name, value in dollars.items()},
        "us_cents": round(sum(dollars.values()) * 100, 3),
    }
