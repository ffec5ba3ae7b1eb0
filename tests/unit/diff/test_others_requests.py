"""Requests that other people wrote, where they are at hand."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_algorithm.diff import Impact, Verdict, compare, load
from tests.support.templates import as_strings, backwards, write

Json = Any

SHARED = Path(__file__).parents[3].parent / "shared" / "requests" / "valid"
PATHS = sorted(SHARED.glob("*.json")) if SHARED.is_dir() else []


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_same_written_otherwise_is_unchanged(path: Path, tmp_path: Path) -> None:
    request = json.loads(path.read_text(encoding="utf-8"))
    other = write(tmp_path / "other.json", as_strings(backwards(request)))
    (entry,) = compare(load(path), load(other)).algorithms
    assert (entry.verdict, entry.changes) == (Verdict.UNCHANGED, ())


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_channel_less_breaks(path: Path, tmp_path: Path) -> None:
    request = json.loads(path.read_text(encoding="utf-8"))
    changed = copy.deepcopy(request)
    gone = changed["TrainingSpecification"]["TrainingChannels"].pop()
    # A generated name, so that the change is not refused.
    bodies = [{key: value for key, value in side.items() if key != "AlgorithmName"} for side in (request, changed)]
    sides = [load(write(tmp_path / f"{index}.json", body)) for index, body in enumerate(bodies)]
    (entry,) = compare(*sides).algorithms
    assert entry.verdict is Verdict.REPLACED
    assert [(change.text, change.impact) for change in entry.changes] == [
        (f"channel {gone['Name']}: removed", Impact.BREAKING)
    ]
