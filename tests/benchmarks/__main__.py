"""Measure everything and print the table: ``python -m tests.benchmarks``.

``--quick`` takes fewer rounds, ``--docs`` puts the table into docs/performance.md, and a word measures only the rows
whose part has that name: account, synth, provider, handler, start, containers.

A part that needs what this machine does not have is left out, and named with the reason.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from typing import Any

from cdk_sagemaker_algorithm.containers.engine import EngineError, find_engine
from tests.benchmarks import account, containers, definition, handler
from tests.benchmarks.report import Row, markdown
from tests.benchmarks.timing import ROOT, child

_BEGIN, _END = "<!-- table -->", "<!-- end of the table -->"
_BOUND = "longest chain of calls + quotas at 4 a second + 1 s"


def _handler_rows(rounds: int) -> list[Row]:
    found = handler.start(2 * rounds)
    greatest, mean = handler.delays()
    bills = {label: handler.cost(seconds) for label, seconds in (("a minute", 60), ("an hour", 3600))}
    return [
        *(
            Row(
                what=f"{what} of import and client in Lambda",
                unit=unit,
                ours=found[handler.OURS][unit_name],
                peers={name: found[name][unit_name] for name in (handler.BOTO3, handler.LIMIT)},
                against=handler.BOTO3,
                budget=budget,
            )
            for what, unit, unit_name, budget in (("time", "s", "seconds", 0.8), ("memory", "MiB", "mebibytes", None))
        ),
        Row(what="handler's own time for an event", unit="ms", ours=handler.milliseconds_for_each_event()),
        Row(what="describes in an hour of waiting", unit="", ours=handler.describes_for_each_hour(), budget=120),
        Row(what="delay after validation ends, greatest", unit="s", ours=greatest, budget=36),
        Row(what="delay after validation ends, mean", unit="s", ours=mean, budget=16),
        *(
            Row(what=f"{what} of a deploy that waits {label}", unit=unit, ours=bill[key])
            for label, bill in bills.items()
            for what, unit, key in (
                ("Lambda time", "ms", "lambda_ms"),
                ("state transitions", "", "transitions"),
                ("logs", "kB", "log_kilobytes"),
                ("cost", "US cents", "us_cents"),
            )
        ),
    ]


def _account_rows(_: int) -> list[Row]:
    rows: list[Row] = []
    for algorithms in (1, 200):
        found = account.measure(algorithms)
        noun = "algorithm" if algorithms == 1 else "algorithms"
        rows.append(
            Row(
                what=f"preflight --account, {algorithms} {noun}, {found.calls} calls of {account.LATENCY} s",
                unit="s",
                ours=found.seconds,
                peers={_BOUND: found.bound},
                against=_BOUND,
                budget=1.0,
            )
        )
    return rows


def _container_rows(rounds: int) -> list[Row]:
    rows: list[Row] = []
    for seconds, budget in ((10.0, 1.3), (0.0, None)):
        found = containers.whole(max(3, rounds // 3), seconds)
        rows.append(
            Row(
                what=f"preflight of a container that trains for {seconds:g} s, whole process",
                unit="s",
                ours=found.pop(containers.OURS),
                peers=found,
                against=containers.BY_HAND,
                budget=budget,
            )
        )
    small, large = (float(child("tests.benchmarks.containers", "memory", str(size))) for size in (1, 1024))
    rows.append(
        Row(
            what="peak memory of preflight with 1 GB of data",
            unit="MiB",
            ours=large,
            peers={"with 1 MB": small},
            against="with 1 MB",
            budget=1.1,
        )
    )
    return rows


def _node() -> str:
    """The Node.js with which the CDK's kernel runs; empty if there is none."""
    return os.environ.get("JSII_NODE") or shutil.which("node") or ""


def _without_node() -> str | None:
    return None if _node() else "there is no node on PATH, which the CDK runs in"


def _without_engine() -> str | None:
    try:
        find_engine()
    except EngineError as error:
        return str(error)
    return None


def _without_nothing() -> str | None:
    return None


def _in_kernel(name: str) -> Callable[[int], list[Row]]:
    """A function of tests.benchmarks.cdk_rows, whose import fails without Node.js."""

    def rows(rounds: int) -> list[Row]:
        found: list[Row] = getattr(import_module("tests.benchmarks.cdk_rows"), name)(rounds)
        return found

    return rows


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that are measured together.

    Attributes:
        rows: Measures them in so many rounds.
        what: What they are, for a machine that cannot measure them.
        missing: Returns why this machine cannot measure them; None if it can.
    """

    rows: Callable[[int], list[Row]]
    what: str
    missing: Callable[[], str | None] = _without_nothing


PARTS: dict[str, Part] = {
    "account": Part(_account_rows, "preflight --account"),
    "containers": Part(_container_rows, "preflight of containers, and its memory", _without_engine),
    "synth": Part(
        _in_kernel("synth_rows"), "synth, round trips, template bytes and memory for each algorithm", _without_node
    ),
    "provider": Part(_in_kernel("provider_rows"), "the provider's time, round trips and resources", _without_node),
    "handler": Part(_handler_rows, "the handler's start, calls, delay and cost", _without_node),
    "start": Part(_in_kernel("start_rows"), "imports and commands", _without_node),
}


def versions() -> dict[str, str]:
    """What it was measured with."""
    packages = ("aws-cdk-lib", "constructs", "jsii", "boto3", "botocore", "cdk-sagemaker-algorithm")
    node = _node()
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=True) if node else None
    return {
        "python": platform.python_version(),
        "node": done.stdout.strip() if done else "none",
        "platform": platform.platform(),
        **{name: version(name) for name in packages},
    }


def measure(names: list[str], rounds: int) -> tuple[list[Row], list[str]]:
    """The rows of parts, and for each part that this machine cannot measure a line with the reason."""
    rows: list[Row] = []
    skipped: list[str] = []
    for name in names:
        part = PARTS[name]
        reason = part.missing()
        if reason is None:
            sys.stderr.write(f"measuring {name} …\n")
            rows += part.rows(rounds)
        else:
            skipped.append(f"not measured: {name} ({part.what}): {reason}")
    return rows, skipped


def write_json(rows: list[Row], skipped: list[str], measured: dict[str, str]) -> None:
    """Keep what was measured, for whoever compares."""
    folder = ROOT / ".bench"
    folder.mkdir(exist_ok=True)
    found: dict[str, Any] = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": measured,
        "definition": {"bytes": len(json.dumps(definition.as_request())), "slices": definition.SLICES},
        "rows": [row.to_json() for row in rows],
        "skipped": skipped,
    }
    (folder / "results.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def write_docs(table: str, measured: dict[str, str]) -> None:
    """Put the table where people read it."""
    page = ROOT / "docs" / "performance.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    with_what = ", ".join(f"{name} {number}" for name, number in measured.items() if name != "platform")
    page.write_text(
        f"{before}{_BEGIN}\n\n{table}\n\nMeasured {datetime.now(UTC):%Y-%m-%d} on two cores with {with_what}.\n\n"
        f"{_END}{after}",
        encoding="utf-8",
    )


def main(arguments: list[str]) -> int:
    """Measure and print.

    Returns:
        0 if all budgets of the measured rows hold, 1 if not, 2 if the page cannot be written without the skipped parts.
    """
    rounds = 3 if "--quick" in arguments else 7
    chosen = [each for each in arguments if each in PARTS]
    rows, skipped = measure(chosen or list(PARTS), rounds)
    measured = versions()
    table = markdown(rows)
    sys.stdout.write("\n".join([table, *skipped]) + "\n")
    write_json(rows, skipped, measured)
    if "--docs" in arguments:
        if skipped or chosen:
            sys.stdout.write("docs/performance.md is left as it is: its table has all parts\n")
            return 2
        write_docs(table, measured)
    return int(any(row.holds is False for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
