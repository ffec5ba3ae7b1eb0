"""`make bench` on a machine that lacks what a part needs: it says so, and measures the others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as benchmarks
from tests.benchmarks.report import Row
from tests.benchmarks.timing import ROOT


def two_rows(_: int) -> list[Row]:
    return [Row(what=what, unit="s", ours=1.0, budget=2.0) for what in ("first", "second")]


def no_engine() -> str | None:
    return "no container engine responds"


PARTS = {
    "there": benchmarks.Part(two_rows, "what is there"),
    "away": benchmarks.Part(lambda _: [], "what is away", no_engine),
}


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A benchmark of two parts, one of which this machine cannot measure, in a folder of its own."""
    monkeypatch.setattr(benchmarks, "PARTS", PARTS)
    monkeypatch.setattr(benchmarks, "ROOT", tmp_path)
    return tmp_path


def test_a_part_that_cannot_be_measured_is_named_with_the_reason(
    bench: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert benchmarks.main([]) == 0

    printed = capsys.readouterr().out
    assert "| first" in printed
    assert printed.endswith("not measured: away (what is away): no container engine responds\n")
    kept = json.loads((bench / ".bench/results.json").read_text())
    assert [row["what"] for row in kept["rows"]] == ["first", "second"]
    assert kept["skipped"] == ["not measured: away (what is away): no container engine responds"]


@pytest.mark.parametrize("arguments", [["--docs"], ["--docs", "there"]], ids=["skipped", "chosen"])
def test_the_page_is_not_written_without_all_parts(
    arguments: list[str], bench: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = bench / "docs/performance.md"
    page.parent.mkdir()
    page.write_text("as it was")

    assert benchmarks.main(arguments) == 2

    assert page.read_text() == "as it was"
    assert "docs/performance.md is left as it is" in capsys.readouterr().out


def test_without_node_and_an_engine_it_says_so_and_ends() -> None:
    bare = {name: value for name, value in os.environ.items() if name not in ("JSII_NODE", "DOCKER_HOST")}
    wanted = ["containers", "synth", "provider", "start"]
    program = (
        "import sys; from tests.benchmarks import __main__ as b; b.write_json = lambda *_: None; "
        f"sys.exit(b.main({wanted!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**bare, "PATH": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert [line.split()[2] for line in done.stdout.splitlines() if line.startswith("not measured: ")] == wanted
    assert "there is no node on PATH" in done.stdout
