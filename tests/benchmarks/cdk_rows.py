"""The rows of what runs in the CDK's kernel, which is a program in Node.js: importing this module starts it."""

from __future__ import annotations

from tests.benchmarks import provider, start, synth
from tests.benchmarks.report import Row
from tests.benchmarks.timing import child

_SIZES = (1, 10, 50, 95)


def synth_rows(rounds: int) -> list[Row]:
    """What each algorithm takes to synthesize."""
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


def provider_rows(rounds: int) -> list[Row]:
    """What a provider takes, once for a stack."""
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


def start_rows(rounds: int) -> list[Row]:
    """How long imports and commands take."""
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
