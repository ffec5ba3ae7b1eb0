"""Measure everything and print the table: ``python -m tests.benchmarks``.

``--quick`` takes fewer rounds, ``--docs`` puts the table into docs/performance.md, and a word measures only the rows
whose part has that name: account, synth, provider, handler, start, containers.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from tests.benchmarks import account, containers, definition, handler, provider, start, synth
from tests.benchmarks.report import Row, markdown
from tests.benchmarks.timing import ROOT, child

_BEGIN, _END = "<!-- table -->", "<!-- end of the table -->"
_BOUND = "longest chain of calls + quotas at 4 a second + 1 s"
_SIZES = (1, 10, 50, 95)


def _synth_rows(rounds: int) -> list[Row]:
    rows: list[Row] = []
    for algorithms in _SIZES:
        # Few algorithms are measured in little time, and need more rounds.
        repeated = {1: 6 * rounds, 10: 3 * rounds}.get(algorithms, rounds)
        found: dict[str, float] = child("tests.benchmarks.synth", "marginal", str(algorithms), str(repeated))
        peers = {name: found[name] for name in (synth.RAW, synth.RAW_FLAT, synth.AWS_CUSTOM_RESOURCE)}
        noun = "algorithm" if algorithms == 1 else "algorithms"
        rows += [
            Row(
                what=f"synth, each of {algorithms} {noun}",
                unit="ms",
                ours=found[synth.OURS],
                peers=peers,
                against=synth.RAW,
                # What is asked once for a stack falls on its first algorithm, and is no part of what each takes.
                budget=None if algorithms == 1 else 1.3,
            ),
            Row(
                what=f"the same without slices, {algorithms} {noun}",
                unit="ms",
                ours=found[synth.OURS_WITHOUT_SLICES],
                peers={synth.TYPED_L1: found[synth.TYPED_L1]},
                against=synth.TYPED_L1,
                budget=None if algorithms == 1 else 1.0,
            ),
        ]
    return [*rows, *_counted_rows(), *_memory_rows()]


def _counted_rows() -> list[Row]:
    others = (synth.RAW, synth.RAW_FLAT, synth.TYPED_L1, synth.AWS_CUSTOM_RESOURCE)
    return [
        Row(
            what="kernel round trips for each algorithm",
            unit="",
            ours=synth.round_trips_for_each(synth.OURS),
            peers={name: synth.round_trips_for_each(name) for name in others},
            budget=11,
        ),
        Row(
            what="template bytes for each algorithm",
            unit="bytes",
            ours=synth.bytes_for_each(synth.OURS),
            peers={name: synth.bytes_for_each(name) for name in others},
            budget=12 * 1024,
        ),
    ]


def _memory_rows() -> list[Row]:
    most = _SIZES[-1]
    ways = (synth.OURS, synth.RAW, synth.TYPED_L1, synth.AWS_CUSTOM_RESOURCE)
    peaks: dict[str, dict[str, float]] = {way: child("tests.benchmarks.synth", "peak", way, str(most)) for way in ways}
    return [
        Row(
            what=f"peak memory of {process}, {most} algorithms",
            unit="MiB",
            ours=peaks[synth.OURS][key],
            peers={way: peaks[way][key] for way in ways[1:]},
        )
        for process, key in (("Python", "python"), ("the kernel in Node", "node"))
    ]


def _provider_rows(rounds: int) -> list[Row]:
    found, loaded = provider.wall(2 * rounds), provider.wall(2 * rounds, imported=True)
    return [
        Row(
            what="stack with a provider, whole process",
            unit="s",
            ours=found.pop(provider.OURS),
            peers=found,
            against=provider.FRAMEWORK,
            budget=1.05,
        ),
        Row(
            what="the same in an app that imports aws_lambda",
            unit="s",
            ours=loaded.pop(provider.OURS),
            peers=loaded,
            against=provider.RAW,
            budget=1.15,
        ),
        Row(
            what="kernel round trips of the provider",
            unit="",
            ours=provider.round_trips_of(provider.OURS),
            peers={name: provider.round_trips_of(name) for name in (provider.RAW, provider.FRAMEWORK)},
        ),
        Row(
            what="resources of the provider",
            unit="",
            ours=provider.resources(),
            peers={provider.FRAMEWORK: provider.resources_of_framework()},
            budget=10,
        ),
    ]


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


def _start_rows(rounds: int) -> list[Row]:
    imported = start.imports(2 * rounds)
    rows = [
        Row(
            what="import of Algorithm and AlgorithmProvider",
            unit="s",
            ours=imported.pop(start.OURS),
            peers=imported,
            against=start.AWS_CDK,
        )
    ]
    for command, found in start.commands(2 * rounds).items():
        rows.append(
            Row(
                what=f"cdk-sagemaker-algorithm {command}",
                unit="s",
                ours=found.pop(start.OURS),
                peers=found,
                against=start.AWS_CDK,
                budget=0.5,
            )
        )
    most = _SIZES[-1]
    compared = start.diff(max(3, rounds // 2), most)
    rows.append(
        Row(
            what=f"cdk-sagemaker-algorithm diff, 2 x {most} algorithms",
            unit="s",
            ours=compared.pop(start.OURS),
            peers=compared,
        )
    )
    return rows


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


_PARTS: dict[str, Callable[[int], list[Row]]] = {
    "account": _account_rows,
    "containers": _container_rows,
    "synth": _synth_rows,
    "provider": _provider_rows,
    "handler": _handler_rows,
    "start": _start_rows,
}


def versions() -> dict[str, str]:
    """What it was measured with."""
    packages = ("aws-cdk-lib", "constructs", "jsii", "boto3", "botocore", "cdk-sagemaker-algorithm")
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    return {
        "python": platform.python_version(),
        "node": node.stdout.strip(),
        "platform": platform.platform(),
        **{name: version(name) for name in packages},
    }


def write_json(rows: list[Row], measured: dict[str, str]) -> None:
    """Keep what was measured, for whoever compares."""
    folder = ROOT / ".bench"
    folder.mkdir(exist_ok=True)
    found: dict[str, Any] = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": measured,
        "definition": {"bytes": len(json.dumps(definition.as_request())), "slices": definition.SLICES},
        "rows": [row.to_json() for row in rows],
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
    """Measure, print, and exit with 1 where a budget does not hold."""
    rounds = 3 if "--quick" in arguments else 7
    wanted = [each for each in arguments if each in _PARTS] or list(_PARTS)
    rows: list[Row] = []
    for name in wanted:
        sys.stderr.write(f"measuring {name} …\n")
        rows += _PARTS[name](rounds)
    measured = versions()
    table = markdown(rows)
    sys.stdout.write(table + "\n")
    write_json(rows, measured)
    if "--docs" in arguments:
        write_docs(table, measured)
    return int(any(row.holds is False for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
