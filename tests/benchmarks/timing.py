"""Measure alternatives in turn within one run, so that load affects all of them."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).parents[2]


def elapsed(action: Callable[[], object]) -> float:
    """How long one call takes, in seconds."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def seconds(action: Callable[[], object]) -> float:
    """The same, without the garbage of the calls before."""
    gc.collect()
    return elapsed(action)


def medians(subjects: Mapping[str, Callable[[], float]], *, rounds: int) -> dict[str, float]:
    """The median of what each subject measures, all of them once in each round."""
    measured: dict[str, list[float]] = {name: [] for name in subjects}
    for number in range(rounds):
        # To and fro, so that none is always measured after the same neighbour.
        order = list(subjects.items())
        for name, measure in order if number % 2 else reversed(order):
            measured[name].append(measure())
    return {name: median(values) for name, values in measured.items()}


def environment() -> dict[str, str]:
    """What measured processes run with."""
    return {**os.environ, "CDK_VALIDATION": "false", "AWS_DEFAULT_REGION": "eu-west-1"}


def process_seconds(*command: str, cwd: Path = ROOT) -> float:
    """How long a whole process takes.

    Raises:
        CalledProcessError: It failed; what it wrote is in its ``stderr``.
    """
    begun = time.perf_counter()
    subprocess.run(command, cwd=cwd, env=environment(), capture_output=True, check=True)
    return time.perf_counter() - begun


def python_seconds(code: str, cwd: Path = ROOT) -> float:
    """How long Python takes to start and to run a program."""
    return process_seconds(sys.executable, "-c", code, cwd=cwd)


def child(module: str, *arguments: str) -> Any:
    """What a module prints as JSON, run in a process of its own."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")
    return json.loads(done.stdout)
